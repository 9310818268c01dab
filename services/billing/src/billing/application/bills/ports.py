"""What the use cases of bills need from outside, named by the need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from billing.domain.payer import Payer
from billing.domain.tariff.billers import Biller, Exactness
from billing.domain.tariff.bills import Bill
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class FetchedBill:
    """One bill as a biller told it; amounts in paise. `after_due_paise` is due instead once the due day is over."""

    bill_ref: str
    amount_paise: int
    due_on: date | None
    bill_period: str | None
    exactness: Exactness
    minimum_paise: int | None
    multiple_paise: int | None
    after_due_paise: int | None = None


class LeftOutReason(StrEnum):
    """Why a bill that a biller lists cannot be paid."""

    NOTHING_TO_PAY = "nothing-to-pay"
    NOT_READABLE = "not-readable"
    ANOTHER_FIRST = "another-first"
    PAID = "paid"


@dataclass(frozen=True)
class LeftOut:
    """A bill that a biller lists and that cannot be paid; period and due day as far as they are known."""

    reason: LeftOutReason
    bill_period: str | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class FetchedBills:
    """What a biller lists: the payable bills, and what is left out."""

    bills: tuple[FetchedBill, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A prepaid plan as the biller tells it, paise; `sandbox`: it is none of a real operator's."""

    plan_id: str
    amount_paise: int
    description: str
    validity_days: int | None
    sandbox: bool


class BillerNetwork(Protocol):
    """Billers outside, as they are asked for bills, which changes nothing there."""

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        """The customer's bills, none when nothing is due. One odd bill is left out, and the others are payable.

        Raises CustomerNotKnown, BillerUnavailable (down, or an answer of which nothing can be read), BillerTimeout.
        """

    def validate(self, biller: Biller, customer_params: Mapping[str, str], paise: int) -> str:
        """The biller's reference for a payment of that amount by this customer, which it would take.

        Raises CustomerNotKnown, BillRequestRefused, BillerUnavailable, BillerTimeout.
        """

    def plans(self, biller: Biller, circle: str) -> tuple[Plan, ...]:
        """The plans that the biller offers in a circle now.

        Raises BillRequestRefused, BillerUnavailable, BillerTimeout.
        """


@dataclass(frozen=True)
class BillFetch:
    """The answer to one request for bills."""

    bill_fetch_id: str
    biller_id: str
    payer: Payer
    bills: tuple[Bill, ...]
    fetched_at: datetime
    left_out: tuple[LeftOut, ...] = ()


class Bills(Protocol):
    """Bills as fetched, kept while they may be paid."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def add(self, claim: Claim, fetch: BillFetch) -> Once[str]:
        """Store a fetch, once per claim. Raises IdempotencyKeyReused."""

    def get_fetch(self, bill_fetch_id: str) -> BillFetch | None:
        """One fetch with its bills."""

    def get(self, bill_id: str, payer: Payer) -> Bill | None:
        """One bill, if this payer fetched it."""


@dataclass(frozen=True)
class FeeDemand:
    """The fee of an application, as its own service determined it."""

    demand_id: str
    application_id: str
    fee_paise: int
    fee_order: str
    fee_order_hi: str
    raised_at: datetime


class FeeDemands(Protocol):
    """Fees due for applications."""

    def of_application(self, application_id: str) -> FeeDemand | None:
        """The demand for one application, if its event has arrived and it costs something."""


class PaidBills(Protocol):
    """What is paid for good."""

    def is_paid(self, bill_key: str) -> bool:
        """Whether a payment of this bill or fee demand is completed."""


class NewFeeDemands(Protocol):
    """Fees that become due, inside one transaction."""

    def add(self, demand: FeeDemand) -> None:
        """Keep a demand; a repeat changes nothing: there is one for each application."""
