"""Fetch bills: ask a biller what a customer owes, and keep the answer so that it can be paid as quoted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.application.payments.errors import FeeDemandNotFound
from billing.application.payments.ports import (
    BillerNetwork,
    BillFetch,
    Bills,
    FeeDemands,
    FetchedBill,
    Payer,
    Payments,
)
from billing.domain.payments.payment import State
from billing.domain.tariff.billers import Bill, Biller, Exactness, claim_on
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim

# A quote binds for a day; after that the biller is asked again.
BILL_VALID_FOR = timedelta(hours=24)
# The event that raises a fee demand normally arrives within this of the application's own answer.
FEE_DEMAND_RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class FetchBills:
    """`bill_fetch_id` and `now` are minted by the caller; bill ids come from `new_bill_id`."""

    bill_fetch_id: str
    biller_id: str
    customer_params: Mapping[str, str]
    payer: Payer
    now: datetime


class FetchBillsHandler:
    """Handles FetchBills. A repeat with the same claim gives the first answer and asks nobody."""

    def __init__(
        self,
        billers: Mapping[str, Biller],
        network: BillerNetwork,
        demands: FeeDemands,
        bills: Bills,
        payments: Payments,
        new_bill_id: Callable[[], str],
    ) -> None:
        self._billers = billers
        self._network = network
        self._demands = demands
        self._bills = bills
        self._payments = payments
        self._new_bill_id = new_bill_id

    def __call__(self, command: FetchBills, claim: Claim) -> tuple[BillFetch, bool]:
        """The fetch, and whether it is a replay.

        Raises ValidationFailed (biller, parameters), CustomerNotKnown, FeeDemandNotFound,
        BillerUnavailable, BillerTimeout, IdempotencyKeyReused.
        """
        if (earlier := self._bills.find_claim(claim)) and (fetch := self._bills.get_fetch(earlier.value)):
            return fetch, True
        biller = self._billers.get(command.biller_id)
        if biller is None:
            raise ValidationFailed(
                "There is no such biller; GET /v1/billers lists those that can be paid.",
                errors=[FieldProblem("/biller_id", "unknown", "Take a biller_id from GET /v1/billers.")],
            )
        if problems := biller.problems_with(command.customer_params):
            raise ValidationFailed(
                f"{biller.biller_id} cannot look this customer up.",
                errors=[FieldProblem(f"/customer_params/{p.field}", p.code, p.detail) for p in problems],
            )
        bills = self._fee_bills(command) if biller.internal else self._outside_bills(biller, command)
        fetch = BillFetch(command.bill_fetch_id, biller.biller_id, command.payer, tuple(bills), command.now)
        stored = self._bills.add(claim, fetch)
        if stored.replayed and (first := self._bills.get_fetch(stored.value)):
            return first, True
        return fetch, stored.replayed

    def _outside_bills(self, biller: Biller, command: FetchBills) -> list[Bill]:
        fetched = self._network.fetch(biller, command.customer_params)
        bills = []
        for told in fetched:
            bill_id = self._new_bill_id()
            # What may be paid in part is paid under one reference more than once; there each fetch is claimed.
            claim_key = bill_id
            if told.exactness is Exactness.EXACT:
                claim_key = claim_on(command.biller_id, command.customer_params, told.bill_ref, told.bill_period)
            bills.append(self._bill(command, told, bill_id, claim_key))
        return bills

    def _fee_bills(self, command: FetchBills) -> list[Bill]:
        application_id = command.customer_params["application_id"]
        demand = self._demands.of_application(application_id)
        if demand is None:
            raise FeeDemandNotFound(
                "No fee is known for this application yet; if it was submitted just now, try again in a second.",
                retry_after_seconds=FEE_DEMAND_RETRY_AFTER_SECONDS,
            )
        paid_by = self._payments.holder_of(demand.demand_id)
        if paid_by is not None and paid_by.state is State.COMPLETED:
            return []
        told = FetchedBill(
            bill_ref=demand.demand_id,
            amount_paise=demand.fee_paise,
            due_on=None,
            bill_period=None,
            exactness=Exactness.EXACT,
            minimum_paise=None,
            multiple_paise=None,
        )
        bill_id = self._new_bill_id()
        return [self._bill(command, told, bill_id, demand.demand_id, application_id, demand.fee_order)]

    @staticmethod
    def _bill(
        command: FetchBills,
        told: FetchedBill,
        bill_id: str,
        claim_key: str,
        application_id: str | None = None,
        fee_order: str | None = None,
    ) -> Bill:
        return Bill(
            bill_id=bill_id,
            biller_id=command.biller_id,
            bill_ref=told.bill_ref,
            customer_params=command.customer_params,
            amount_paise=told.amount_paise,
            exactness=told.exactness,
            minimum_paise=told.minimum_paise,
            multiple_paise=told.multiple_paise,
            due_on=told.due_on,
            bill_period=told.bill_period,
            fetched_at=command.now,
            expires_at=command.now + BILL_VALID_FOR,
            claim_key=claim_key,
            application_id=application_id,
            fee_order=fee_order,
        )
