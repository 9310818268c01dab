"""Pay a bill. At each step, what is durable if the process dies there:

1. The bill, the amount and the way of paying are checked.              Nothing.
2. One transaction: key, payment, hold (card: intent to authorise).     The intent; the sweeper goes on with it.
3. The biller is asked, outside any transaction.              As 2; the sweeper inquires first.
4. One transaction: outcome, ledger, receipt, event.                    Everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.application.bills.errors import BillExpired, BillNotFound, renumbered
from billing.application.bills.ports import Bills
from billing.application.centres.require_trading import RequireTrading, RequireTradingHandler
from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.errors import AmountNotAccepted, PaymentNotFound, amount_refused
from billing.application.payments.ports import Payments
from billing.domain.calendar import civil_day
from billing.domain.doubts.limits import DoubtLimits
from billing.domain.payer import Payer
from billing.domain.payments.pace import Pace
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import Move, Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.tariff.billers import Biller, Exactness
from billing.domain.tariff.bills import LISTED_ON_FOR, Bill, following_key
from billing.domain.tariff.fees import FeeSchedule
from billing.domain.tariff.pricing import price
from servicekit.acts import Agreement, permit_act
from servicekit.errors import DependencyTimeout, DependencyUnavailable, FieldProblem, NotPermitted, ValidationFailed
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once

# What somebody agrees to (ADR 0057): a biller or one bill, and how much in all.
PAYMENT = "payment"


@dataclass(frozen=True)
class PayBill:
    """`payment_id`, `transaction_token` and `at` are minted by the caller; `amount_paise` is the bill's part.
    `agreement` is what the person agreed to where somebody pays for them."""

    payment_id: str
    transaction_token: str
    bill_id: str
    amount_paise: int
    mode: str
    instrument: str | None
    payer: Payer
    request_id: str
    claim: Claim
    at: datetime
    agreement: Agreement | None = None


@dataclass(frozen=True)
class PayBillHandler:
    """A repeat with the same claim gives the first payment, as it is by then."""

    billers: Mapping[str, Biller]
    fees: FeeSchedule
    require_trading: RequireTradingHandler
    bills: Bills
    payments: Payments
    drive_payment: DrivePaymentHandler
    pace: Pace
    doubt_limits: DoubtLimits
    queue_limits: DoubtLimits

    def __call__(self, command: PayBill) -> Once[Payment]:
        """The payment as far as it came within the caller's deadline.

        Raises CentreSuspended, CentreClosed, BillNotFound, BillExpired, AccountRenumbered, AmountNotAccepted,
        ActNotAgreed, ActUsedUp, ValidationFailed, BillAlreadyPaid, WalletTooLow, WalletNotOpen, IdempotencyKeyReused.
        Nothing is raised once the intent is stored.
        """
        try:
            payment = self._intent(command)
        except (NotPermitted, BillNotFound, BillExpired, ValidationFailed):
            # A repeat is answered even when what it names is no longer there, its price has changed or the centre is
            # suspended by now.
            if earlier := self.payments.find_claim(command.claim):
                return self._replay(earlier.value)
            raise
        hold = payment.hold_entry(command.at) if payment.by_wallet else None
        begun = self.payments.begin(command.claim, payment, hold)
        if begun.replayed:
            return self._replay(begun.value)
        return Once(self._execute(payment), replayed=False)

    def _execute(self, payment: Payment) -> Payment:
        try:
            after = self.drive_payment(DrivePayment(payment, Attempt.FIRST))
        except (DependencyTimeout, DependencyUnavailable):
            # The intent is stored, so the answer is "accepted": the sweeper finds out how it stands and goes on.
            after = payment
        crash_point("A2")
        return after

    def _replay(self, payment_id: str) -> Once[Payment]:
        payment = self.payments.get(payment_id)
        if payment is None:
            raise PaymentNotFound("The payment made with this key is no longer kept.")
        return Once(payment, replayed=True)

    def _intent(self, command: PayBill) -> Payment:
        centre = self.require_trading(RequireTrading(command.payer.kiosk_id, command.at))
        bill = self.bills.get(command.bill_id, command.payer)
        if bill is None:
            raise BillNotFound("There is no bill with this bill_id; fetch the bill first.")
        if command.at >= bill.expires_at:
            raise BillExpired("This quote no longer holds; fetch the bill again.", bill_id=bill.bill_id)
        biller = self.billers.get(bill.biller_id)
        if biller is None:
            raise BillExpired("This biller is no longer paid here.", bill_id=bill.bill_id)
        if newest := biller.successor(bill.customer_params, civil_day(command.at)):
            raise renumbered(newest, biller)
        # Where it was quoted, it is paid: modes, limits and shares go by that channel.
        channel = bill.channel or command.payer.channel
        self._check(command, biller, bill, channel)
        cost = price(self.fees, biller, bill, channel, command.amount_paise)
        # The limit is of what the payer pays: the charge is a part of it.
        total_paise = command.amount_paise + cost.service_charge_paise
        if problem := biller.problem_with_limit(channel, command.mode, total_paise):
            raise amount_refused(problem)
        about = {name for name in (biller.biller_id, bill.bill_id, bill.application_id) if name}
        agreed_once = permit_act(command.agreement, PAYMENT, about=about, paise=total_paise)
        today = civil_day(command.at)
        in_doubt = self.doubt_limits.of(biller.biller_id, command.mode, today)
        queued = self.queue_limits.of(biller.biller_id, command.mode, today)
        # The hold on a wallet is its authorisation, so such a payment starts where a card's has to get first.
        states = [State.CREATED, State.AUTH_REQUESTED]
        if command.mode == "WALLET":
            states += [State.AUTHORISED, State.POST_REQUESTED]
        return Payment(
            payment_id=command.payment_id,
            transaction_token=command.transaction_token,
            client_id=command.payer.client_id,
            kiosk_id=command.payer.kiosk_id,
            person_id=command.payer.person_id,
            assistance_id=command.payer.assistance_id,
            agreed_once=agreed_once,
            channel=channel,
            mode=command.mode,
            instrument=command.instrument,
            biller_id=biller.biller_id,
            category=biller.category,
            bill_id=bill.bill_id,
            bill_ref=bill.bill_ref,
            bill_key=self._bill_key(bill),
            customer_params=bill.customer_params,
            application_id=bill.application_id,
            bill_paise=command.amount_paise,
            service_charge_paise=cost.service_charge_paise,
            fee_order=cost.order,
            fee_order_hi=cost.order_hi,
            credits=cost.credits,
            request_id=command.request_id,
            state=states[-1],
            version=len(states),
            history=tuple(Move(state, command.at) for state in states),
            created_at=command.at,
            deadline_at=command.at + in_doubt,
            resume_at=command.at + self.pace.grace,
            part=_part_of(bill),
            district_code=centre.district_code if centre else None,
            fee_window=bill.fee_window,
            due_on=bill.due_on,
            # No payment waits for its biller longer than people would leave it to itself.
            queue_until=command.at + min(queued, in_doubt),
        )

    def _bill_key(self, bill: Bill) -> str:
        """The key to pay the bill under: one that is taken means that it is paid or being paid.

        Where a reference comes again, the bill listed long after another was paid is the due that follows.
        """
        # Release 0.1.0 took it under the reference alone; another amount shows that it was another due.
        former = self.payments.paying(bill.former_key) if bill.former_key else None
        if former and former.bill_paise == bill.amount_paise and not bill.is_listed_anew(_paid_at(former)):
            return former.bill_key
        key = bill.bill_key
        while (paid := self.payments.paying(key)) and bill.is_listed_anew(_paid_at(paid)):
            key = following_key(key, paid.payment_id)
        return key

    def _check(self, command: PayBill, biller: Biller, bill: Bill, channel: str) -> None:
        if problem := biller.problem_with_mode(channel, command.mode):
            raise AmountNotAccepted(problem.detail, errors=[FieldProblem("/mode", problem.code, problem.detail)])
        if (command.instrument is None) != (command.mode == "WALLET"):
            rule = "is not used with" if command.mode == "WALLET" else "is required for"
            detail = f"A payment_instrument {rule} mode {command.mode}."
            raise ValidationFailed(detail, errors=[FieldProblem("/payment_instrument", "mode-mismatch", detail)])
        if problem := bill.problem_with_amount(command.amount_paise):
            raise amount_refused(problem)
        if any(self.payments.paying(key) is None for key in bill.older):
            detail = f"{biller.biller_id} has its bills paid in order: pay the older ones first."
            detail_hi = "इस बिलर के बिल क्रम से भरे जाते हैं: पहले पुराने बिल भरें।"
            raise AmountNotAccepted(detail, errors=[FieldProblem("/bill_id", "older-first", detail, detail_hi)])


def _paid_at(payment: Payment) -> datetime | None:
    return payment.receipt.issued_at if payment.receipt else None


def _part_of(bill: Bill) -> Part | None:
    if not bill.is_paid_in_parts:
        return None
    return Part(
        bill.due_key,
        bill.amount_paise,
        counted_from=bill.fetched_at - LISTED_ON_FOR,
        may_exceed=bill.exactness is Exactness.ANY,
    )
