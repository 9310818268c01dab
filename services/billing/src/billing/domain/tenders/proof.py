"""What a proof of tendering says: who paid what for whom, when, and by when it was due."""

from datetime import datetime

from billing.domain.breaks.ending import FOUND_NOT_DONE
from billing.domain.calendar import civil_day
from billing.domain.payments.payment import Payment, State
from billing.domain.timeline.chain import instant_text

# The version of the form of what is signed: a proof is kept for years by whoever got it.
FORM = 1


def is_tendered(payment: Payment) -> bool:
    """Whether the payer's money was set aside for the biller, and neither of the two refused it.

    What was given back because the biller was never reached was tendered all the same, as was what people found that it
    never had. What was refused is not, whether or not its money is back by now.
    """
    set_aside = any(move.state is State.AUTHORISED for move in payment.history)
    failure = payment.failure
    return set_aside and (failure is None or payment.gave_up or failure.detail == FOUND_NOT_DONE)


def in_time(payment: Payment) -> bool | None:
    """Whether the money was tendered on the due day, in India, or before; None where the biller names none."""
    return None if payment.due_on is None else civil_day(payment.created_at) <= payment.due_on


def statement_of(payment: Payment, account_ends_with: str, at: datetime) -> dict[str, str | int | bool | None]:
    """What is signed at this instant. Amounts are paise, instants UTC; `state` is the payment's own then."""
    return {
        "form": FORM,
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "kiosk_id": payment.kiosk_id,
        "biller_id": payment.biller_id,
        "account_ends_with": account_ends_with,
        "bill_paise": payment.bill_paise,
        "tendered_at": instant_text(payment.created_at),
        "due_on": payment.due_on.isoformat() if payment.due_on else None,
        "in_time": in_time(payment),
        "fee_window": payment.fee_window,
        "biller_down_at": instant_text(payment.queued_at) if payment.queued_at else None,
        "biller_reference": payment.biller_reference,
        "state": payment.state.value,
        "signed_at": instant_text(at),
    }
