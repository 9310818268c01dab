"""Why a payer is told that a bill is not paid: computed from what the payment's own record says, and never guessed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.domain.calendar import civil_day
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.tenders.proof import in_time


class CauseKind(StrEnum):
    """What the record shows, that which says most first."""

    IN_DOUBT = "in-doubt"
    PAID_BY_ANOTHER = "paid-by-another"
    NOT_PAID = "not-paid"
    REVERSED = "reversed"
    OLD_NUMBER = "old-number"
    PART_PAID = "part-paid"
    TENDERED_LATE = "tendered-late"
    POSTED_LATE = "posted-late"
    BILLER_HAD_IT = "biller-had-it-in-time"


@dataclass(frozen=True)
class Cause:
    """The cause, and the facts that it follows from. Amounts are paise.

    `sent_at` is when the payment was first to be sent to its biller, `answered_at` when the biller said that it has it.
    `other_payment` says that the same bill is held by another payment. `renumbered_on` is since when the account has
    another number, known by now. `left_paise` is what a payment in parts left open, as far as it alone goes.
    """

    kind: CauseKind
    tendered_at: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    due_on: date | None
    in_time: bool | None
    other_payment: bool
    renumbered_on: date | None
    left_paise: int
    refunded_paise: int


def cause_of(payment: Payment, *, other_payment: bool, renumbered_on: date | None) -> Cause:
    """What the record of a payment shows. Days are India's."""
    first = {move.state: move.at for move in reversed(payment.history)}
    answered_at, timely = first.get(State.POSTED), in_time(payment)
    left = max(payment.part.due_paise - payment.bill_paise, 0) if payment.part else 0
    return Cause(
        kind=_kind(payment, answered_at, timely, other_payment, renumbered_on, left),
        tendered_at=payment.created_at,
        sent_at=first.get(State.POST_REQUESTED),
        answered_at=answered_at,
        due_on=payment.due_on,
        in_time=timely,
        other_payment=other_payment,
        renumbered_on=renumbered_on,
        left_paise=left,
        refunded_paise=payment.refunded_paise,
    )


def _kind(
    payment: Payment,
    answered_at: datetime | None,
    timely: bool | None,
    other_payment: bool,
    renumbered_on: date | None,
    left_paise: int,
) -> CauseKind:
    # What the biller refused is not paid, while the payer's money is still on its way back.
    failed = payment.state in FAILED or payment.state is State.POST_FAILED
    # A biller that names no due day expects what was paid on the day on which it was.
    last_day = payment.due_on or civil_day(payment.created_at)
    # The first that is so: each says more than those after it.
    shown = {
        CauseKind.IN_DOUBT: not failed and payment.state is not State.COMPLETED,
        CauseKind.PAID_BY_ANOTHER: other_payment and (failed or payment.refunded_paise > 0),
        CauseKind.NOT_PAID: failed,
        CauseKind.REVERSED: payment.refunded_paise > 0,
        CauseKind.OLD_NUMBER: renumbered_on is not None,
        CauseKind.PART_PAID: left_paise > 0,
        CauseKind.TENDERED_LATE: timely is False,
        CauseKind.POSTED_LATE: answered_at is not None and civil_day(answered_at) > last_day,
    }
    return next((kind for kind, so in shown.items() if so), CauseKind.BILLER_HAD_IT)
