"""Fetch bills: ask a biller what a customer owes, and keep the answer so that it can be paid as quoted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing.application.bills.errors import FeeDemandNotFound
from billing.application.bills.ports import BillerNetwork, BillFetch, Bills, FeeDemands, FetchedBill, LeftOut, PaidBills
from billing.application.centres.require_trading import RequireTrading, RequireTradingHandler
from billing.domain.payer import Payer
from billing.domain.tariff.billers import Biller, Exactness
from billing.domain.tariff.bills import Bill
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once

# A quote binds for a day; after that the biller is asked again.
BILL_VALID_FOR = timedelta(hours=24)
# The event that raises a fee demand normally arrives within this of the application's own answer.
FEE_DEMAND_RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class FetchBills:
    """`bill_fetch_id` and `at` are minted by the caller; bill ids come from `new_bill_id`."""

    bill_fetch_id: str
    biller_id: str
    customer_params: Mapping[str, str]
    payer: Payer
    claim: Claim
    at: datetime


@dataclass(frozen=True)
class FetchBillsHandler:
    """A repeat with the same claim gives the first answer and asks nobody."""

    billers: Mapping[str, Biller]
    require_trading: RequireTradingHandler
    network: BillerNetwork
    demands: FeeDemands
    bills: Bills
    paid_bills: PaidBills
    new_bill_id: Callable[[], str]

    def __call__(self, command: FetchBills) -> Once[BillFetch]:
        """The bills, kept so that they can be paid as quoted.

        Raises CentreSuspended, CentreClosed, ValidationFailed (biller, parameters), CustomerNotKnown,
        FeeDemandNotFound, BillerUnavailable, BillerTimeout, IdempotencyKeyReused.
        """
        earlier = self.bills.find_claim(command.claim)
        if earlier and (fetch := self.bills.get_fetch(earlier.value)):
            return Once(fetch, replayed=True)
        self.require_trading(RequireTrading(command.payer.kiosk_id, command.at))
        biller = self.billers.get(command.biller_id)
        if biller is None:
            raise ValidationFailed(
                "There is no such biller; GET /v1/billers lists those that can be paid.",
                errors=[FieldProblem("/biller_id", "unknown", "Take a biller_id from GET /v1/billers.")],
            )
        command = replace(command, customer_params=biller.read(command.customer_params))
        if problems := biller.problems_with(command.customer_params):
            raise ValidationFailed(
                f"{biller.biller_id} cannot look this customer up.",
                errors=[FieldProblem(f"/customer_params/{p.field}", p.code, p.detail) for p in problems],
            )
        if biller.internal:
            bills: list[Bill] = self._fee_bills(command)
            left_out: tuple[LeftOut, ...] = ()
        else:
            listed = self.network.fetch(biller, command.customer_params)
            bills, left_out = [self._bill(command, told) for told in listed.bills], listed.left_out
        fetch = BillFetch(command.bill_fetch_id, biller.biller_id, command.payer, tuple(bills), command.at, left_out)
        kept = self.bills.add(command.claim, fetch)
        if kept.replayed and (first := self.bills.get_fetch(kept.value)):
            return Once(first, replayed=True)
        return Once(fetch, kept.replayed)

    def _fee_bills(self, command: FetchBills) -> list[Bill]:
        application_id = command.customer_params["application_id"]
        demand = self.demands.of_application(application_id)
        if demand is None:
            raise FeeDemandNotFound(
                "No fee is known for this application yet; if it was submitted just now, try again in a second.",
                retry_after_seconds=FEE_DEMAND_RETRY_AFTER_SECONDS,
            )
        if self.paid_bills.is_paid(demand.demand_id):
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
        bill = self._bill(command, told)
        return [
            replace(
                bill,
                application_id=application_id,
                fee_order=demand.fee_order,
                fee_order_hi=demand.fee_order_hi,
            )
        ]

    def _bill(self, command: FetchBills, told: FetchedBill) -> Bill:
        return Bill(
            bill_id=self.new_bill_id(),
            biller_id=command.biller_id,
            bill_ref=told.bill_ref,
            customer_params=command.customer_params,
            amount_paise=told.amount_paise,
            exactness=told.exactness,
            minimum_paise=told.minimum_paise,
            multiple_paise=told.multiple_paise,
            due_on=told.due_on,
            bill_period=told.bill_period,
            fetched_at=command.at,
            expires_at=command.at + BILL_VALID_FOR,
        )
