"""Pay a bill. At each step, what is durable if the process dies there:

1. The bill, the amount and the way of paying are checked.              Nothing.
2. One transaction: key, payment, hold (card: intent to authorise).     The intent; the sweeper goes on with it.
3. The biller is asked, outside any transaction.              As 2; the sweeper inquires first.
4. One transaction: outcome, ledger, receipt, event.                    Everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.application.bills.errors import BillExpired, BillNotFound
from billing.application.bills.ports import Bills
from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.errors import AmountNotAccepted, PaymentNotFound
from billing.application.payments.ports import Payments
from billing.domain.payer import Payer
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Move, Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.fees import FeeSchedule
from billing.domain.tariff.pricing import price
from servicekit.errors import DependencyTimeout, DependencyUnavailable, FieldProblem, ValidationFailed
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class PayBill:
    """`payment_id`, `transaction_token` and `at` are minted by the caller; `amount_paise` is the bill's part."""

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


@dataclass(frozen=True)
class PayBillHandler:
    """A repeat with the same claim gives the first payment, as it is by then."""

    billers: Mapping[str, Biller]
    fees: FeeSchedule
    bills: Bills
    payments: Payments
    drive_payment: DrivePaymentHandler
    pace: Pace

    def __call__(self, command: PayBill) -> Once[Payment]:
        """The payment as far as it came within the caller's deadline.

        Raises BillNotFound, BillExpired, AmountNotAccepted, ValidationFailed, BillAlreadyPaid, WalletTooLow,
        WalletNotOpen, IdempotencyKeyReused. Nothing is raised once the intent is stored.
        """
        try:
            payment = self._intent(command)
        except (BillNotFound, BillExpired, ValidationFailed):
            # A repeat is answered even when what it names is no longer there, or its price has changed.
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
        bill = self.bills.get(command.bill_id, command.payer)
        if bill is None:
            raise BillNotFound("There is no bill with this bill_id; fetch the bill first.")
        if command.at >= bill.expires_at:
            raise BillExpired("This bill was fetched more than a day ago; fetch it again.", bill_id=bill.bill_id)
        biller = self.billers[bill.biller_id]
        self._check(command, biller, bill)
        cost = price(self.fees, biller, bill, command.payer.channel, command.amount_paise)
        # The hold on a wallet is its authorisation, so such a payment starts where a card's has to get first.
        states = [State.CREATED, State.AUTH_REQUESTED]
        if command.mode == "WALLET":
            states += [State.AUTHORISED, State.POST_REQUESTED]
        return Payment(
            payment_id=command.payment_id,
            transaction_token=command.transaction_token,
            client_id=command.payer.client_id,
            kiosk_id=command.payer.kiosk_id,
            channel=command.payer.channel,
            mode=command.mode,
            instrument=command.instrument,
            biller_id=biller.biller_id,
            category=biller.category,
            bill_id=bill.bill_id,
            bill_ref=bill.bill_ref,
            bill_key=bill.bill_key,
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
            deadline_at=command.at + self.pace.deadline,
            resume_at=command.at + self.pace.grace,
        )

    @staticmethod
    def _check(command: PayBill, biller: Biller, bill: Bill) -> None:
        channel = command.payer.channel
        if problem := biller.problem_with_mode(channel, command.mode):
            raise AmountNotAccepted(problem.detail, errors=[FieldProblem("/mode", problem.code, problem.detail)])
        if (command.instrument is None) != (command.mode == "WALLET"):
            rule = "is not used with" if command.mode == "WALLET" else "is required for"
            detail = f"A payment_instrument {rule} mode {command.mode}."
            raise ValidationFailed(detail, errors=[FieldProblem("/payment_instrument", "mode-mismatch", detail)])
        problem = biller.problem_with_limit(channel, command.mode, command.amount_paise)
        if problem := problem or bill.problem_with_amount(command.amount_paise):
            raise AmountNotAccepted(
                problem.detail, errors=[FieldProblem("/amount/amount", problem.code, problem.detail)]
            )
