"""Fetch bills: ask a biller what a customer owes, and keep the answer so that it can be paid as quoted.

Where a biller lists no bills, the payer's amount or the body's order makes one (`quoting`): all that is paid is a bill.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.application.bills.errors import FeeDemandNotFound, renumbered
from billing.application.bills.ports import (
    BillerNetwork,
    BillFetch,
    Bills,
    FeeDemands,
    FetchedBill,
    LeftOut,
    LeftOutReason,
    PaidBills,
)
from billing.application.bills.quoting import BILL_VALID_FOR, Quoting
from billing.application.centres.require_trading import RequireTrading, RequireTradingHandler
from billing.domain.calendar import civil_day
from billing.domain.payer import Payer
from billing.domain.tariff.billers import Biller, Exactness, Fetching, Listing
from billing.domain.tariff.bills import Bill, amount_as_of
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once

# The event that raises a fee demand normally arrives within this of the application's own answer.
FEE_DEMAND_RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True)
class FetchBills:
    """`bill_fetch_id` and `at` are minted by the caller; bill ids come from `new_bill_id`.

    `amount_paise` is what the payer names where no bill does.
    """

    bill_fetch_id: str
    biller_id: str
    customer_params: Mapping[str, str]
    payer: Payer
    claim: Claim
    at: datetime
    amount_paise: int | None = None


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

        Raises CentreSuspended, CentreClosed, ValidationFailed (biller, channel, parameters, amount), AccountRenumbered,
        CustomerNotKnown, BillRequestRefused, FeeDemandNotFound, FeeNotPayable, BillerUnavailable, BillerTimeout,
        IdempotencyKeyReused.
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
        _check(command, biller)
        bills, left_out = self._bills(command, biller)
        fetch = BillFetch(
            command.bill_fetch_id, biller.biller_id, command.payer, tuple(bills), command.at, tuple(left_out)
        )
        kept = self.bills.add(command.claim, fetch)
        if kept.replayed and (first := self.bills.get_fetch(kept.value)):
            return Once(first, replayed=True)
        return Once(fetch, kept.replayed)

    def _bills(self, command: FetchBills, biller: Biller) -> tuple[list[Bill], list[LeftOut]]:
        values, at, channel = command.customer_params, command.at, command.payer.channel
        quoting = Quoting(self.network, self.paid_bills, self.new_bill_id)
        if biller.internal:
            return self._fee_bills(command), []
        if biller.fee_table:
            bill, left_out = quoting.examination(biller, values, at, channel)
            return [bill] if bill else [], [left_out] if left_out else []
        if command.amount_paise is not None or biller.fetch is Fetching.NOT_SUPPORTED:
            return [quoting.named(biller, values, command.amount_paise or 0, at, channel)], []
        listed = self.network.fetch(biller, values)
        return _as_listed(biller, [self._bill(command, told) for told in listed.bills], [*listed.left_out])

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
        amount_paise, until = amount_as_of(command.at, told.amount_paise, told.due_on, told.after_due_paise)
        expires_at = command.at + BILL_VALID_FOR
        return Bill(
            bill_id=self.new_bill_id(),
            biller_id=command.biller_id,
            bill_ref=told.bill_ref,
            customer_params=command.customer_params,
            amount_paise=amount_paise,
            exactness=told.exactness,
            minimum_paise=told.minimum_paise,
            multiple_paise=told.multiple_paise,
            due_on=told.due_on,
            bill_period=told.bill_period,
            fetched_at=command.at,
            expires_at=min(expires_at, until) if until else expires_at,
            channel=command.payer.channel,
        )


def _check(command: FetchBills, biller: Biller) -> None:
    """Raises ValidationFailed or AccountRenumbered."""
    if command.payer.channel not in command.payer.channels:
        detail = f"This client's channel is one of: {', '.join(command.payer.channels)}."
        raise ValidationFailed(detail, errors=[FieldProblem("/channel", "channel-mismatch", detail)])
    problems = [
        FieldProblem(f"/customer_params/{p.field}", p.code, p.detail)
        for p in biller.problems_with(command.customer_params)
    ]
    if problem := biller.problem_with_named_amount(command.amount_paise):
        problems.append(FieldProblem("/amount", problem.code, problem.detail))
    if problems:
        raise ValidationFailed(f"{biller.biller_id} cannot look this customer up.", errors=problems)
    if newest := biller.successor(command.customer_params, civil_day(command.at)):
        raise renumbered(newest, biller)


def _as_listed(biller: Biller, bills: list[Bill], left_out: list[LeftOut]) -> tuple[list[Bill], list[LeftOut]]:
    """What may be paid of several bills, by how the biller wants them paid; the oldest are due first."""
    if biller.listing is Listing.SELECTIVE or len(bills) < 2:
        return bills, left_out
    in_order = sorted(bills, key=lambda bill: (bill.due_on or date.max, bill.bill_period or ""))
    if biller.listing is Listing.SINGLE:
        later = [LeftOut(LeftOutReason.ANOTHER_FIRST, bill.bill_period, bill.due_on) for bill in in_order[1:]]
        return in_order[:1], [*left_out, *later]
    keys = [bill.bill_key for bill in in_order]
    return [replace(bill, older=tuple(keys[:number])) for number, bill in enumerate(in_order)], left_out
