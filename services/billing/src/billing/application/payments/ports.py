"""What the use cases need from outside, named by the need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.payment import Payment
from billing.domain.tariff.billers import Bill, Biller, Exactness
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class Payer:
    """Who calls: a client, and the centre it is bound to, if any. All clients of a centre share its payments."""

    client_id: str
    kiosk_id: str | None

    @property
    def channel(self) -> str:
        """`AGT`, the assisted counter of a centre, or `INT`, the portal (Bharat BillPay's channel names)."""
        return "AGT" if self.kiosk_id else "INT"

    def owns(self, client_id: str, kiosk_id: str | None) -> bool:
        """Whether what `client_id` made, at `kiosk_id` if any, may be seen and used by this caller."""
        return self.kiosk_id == kiosk_id if self.kiosk_id or kiosk_id else self.client_id == client_id


class Outcome(StrEnum):
    """What is known after asking the biller or the provider to do something, or asking what became of it.

    NOT_SENT: certainly nothing arrived. NEVER_SEEN: the other side knows no such request, so sending it (again,
    under the same id) is safe. UNKNOWN: no answer, or one that cannot be read: it may have happened.
    """

    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    REFUSED = "REFUSED"
    NEVER_SEEN = "NEVER_SEEN"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Answer:
    """An outcome with the other side's reference (SUCCESS) or reason (REFUSED)."""

    outcome: Outcome
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True)
class FetchedBill:
    """One bill as a biller told it; amounts in paise."""

    bill_ref: str
    amount_paise: int
    due_on: date | None
    bill_period: str | None
    exactness: Exactness
    minimum_paise: int | None
    multiple_paise: int | None


class BillerNetwork(Protocol):
    """Billers outside. Asking for bills changes nothing; paying is idempotent on the payment's post_request_id."""

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> list[FetchedBill]:
        """The customer's bills, none when nothing is due.

        Raises CustomerNotKnown, BillerUnavailable (down, or an answer that cannot be read), BillerTimeout.
        """

    def pay(self, payment: Payment) -> Answer:
        """Send the payment; never raises for what the network does."""

    def inquire(self, payment: Payment) -> Answer:
        """What became of the payment; NOT_SENT here means only that nobody could be asked."""


class PaymentProvider(Protocol):
    """The payment service provider for cards and UPI. Every call is idempotent on its request id and never raises."""

    def authorise(self, payment: Payment) -> Answer:
        """Ask for the payer's money to be set aside; SUCCESS refers to the authorisation."""

    def find_authorisation(self, payment: Payment) -> Answer:
        """What became of the authorisation."""

    def capture(self, payment: Payment) -> Answer:
        """Take the money that was set aside."""

    def void(self, payment: Payment) -> Answer:
        """Let go of the money that was set aside."""


class BreakKind(StrEnum):
    """Why people have to look at a payment."""

    UNRESOLVED = "unresolved"
    LATE_SUCCESS = "late-success"
    CAPTURE_REFUSED = "capture-refused"
    VOID_REFUSED = "void-refused"
    FEE_REFUSED = "fee-refused"


@dataclass(frozen=True)
class Break:
    """A difference that needs a person; at most one of a kind per payment, which is opened again if need be."""

    payment_id: str
    kind: BreakKind
    detail: str
    opened_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Resolution:
    """A break that needs nobody any more; of one that is not open it says nothing."""

    kind: BreakKind
    resolved_at: datetime
    resolved_by: str


@dataclass(frozen=True)
class Change:
    """What goes into the store together with a payment's move: all of it, or none.

    `event_id` is set when the move ends the payment: its one event (completed or failed) is made from `payment`.
    """

    payment: Payment
    entries: Sequence[JournalEntry] = ()
    event_id: str | None = None
    opened: Break | None = None
    resolved: Resolution | None = None


class Payments(Protocol):
    """The payments, with the journal, wallets, breaks and events that change together with them."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        """Store a new payment with its hold, once per claim. A repeat changes nothing and names the first.

        Raises IdempotencyKeyReused, BillAlreadyPaid, WalletTooLow, WalletNotOpen.
        """

    def record(self, before: Payment, change: Change) -> bool:
        """Store a move, if `before` is still how the payment stands; False when somebody else moved it.

        A change that only waits (same state) also loses against anyone who took or rang for the payment meanwhile.
        """

    def get(self, payment_id: str) -> Payment | None:
        """One payment."""

    def holder_of(self, claim_key: str) -> Payment | None:
        """The payment that holds a bill or fee demand: the one that has not failed."""

    def take_due(self, now: datetime, look_again_at: datetime) -> Payment | None:
        """Take one payment whose time has come and set when it is looked at next; None when there is none.

        The payment still says whether its last attempt was `unsent`; the store forgets that at once, because the
        taker may send now and die. Two callers never take the same one at the same time.
        """

    def ring(self, payment_id: str, now: datetime) -> bool:
        """Have the sweeper look at a payment now: one that has a next action, or has failed. Safe to repeat."""


class Bills(Protocol):
    """Bills as fetched, kept while they may be paid."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def add(self, claim: Claim, fetch: "BillFetch") -> Once[str]:
        """Store a fetch, once per claim. Raises IdempotencyKeyReused."""

    def get_fetch(self, bill_fetch_id: str) -> "BillFetch | None":
        """One fetch with its bills."""

    def get(self, bill_id: str, payer: Payer) -> Bill | None:
        """One bill, if this payer fetched it."""


@dataclass(frozen=True)
class BillFetch:
    """The answer to one request for bills."""

    bill_fetch_id: str
    biller_id: str
    payer: Payer
    bills: tuple[Bill, ...]
    fetched_at: datetime


@dataclass(frozen=True)
class FeeDemand:
    """The fee of an application, as its own service determined it."""

    demand_id: str
    application_id: str
    fee_paise: int
    fee_order: str
    raised_at: datetime


class FeeDemands(Protocol):
    """Fees due for applications, learnt from events."""

    def of_application(self, application_id: str) -> FeeDemand | None:
        """The demand for one application, if its event has arrived and it costs something."""
