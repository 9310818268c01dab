"""What clients are shown of payments: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from billing.application.bills.errors import of_field
from billing.domain.calendar import IST
from billing.domain.disputes.dispute import Dispute
from billing.domain.payments.form import Form
from billing.domain.payments.payment import FAILED, Failure, Payment, State
from billing.domain.receipts.printed_receipt import notice_of
from billing.domain.refunds.refund import Refund, RefundState
from billing.domain.tariff.billers import Biller
from servicekit.money import money

_IN_DOUBT = frozenset({State.AUTH_UNKNOWN, State.POST_UNKNOWN, State.MANUAL})

# By the failure's code: what the payer is told in both languages.
_FAILURES = {
    "biller-refused": ("The biller did not accept the payment.", "बिलर ने भुगतान स्वीकार नहीं किया।"),
    "authorisation-declined": ("The payment was not authorised.", "भुगतान की अनुमति नहीं मिली।"),
    "expired": ("The payment could not be made in time.", "भुगतान समय पर नहीं हो सका।"),
}


# What a refund adds to its payment's steps.
_REFUND_STEPS = {
    RefundState.REQUESTED: "REFUND_REQUESTED",
    RefundState.UNKNOWN: "REFUND_UNKNOWN",
    RefundState.REFUNDED: "REFUNDED",
    RefundState.REFUSED: "REFUND_REFUSED",
    RefundState.MANUAL: "REFUND_MANUAL",
}
_SOURCES = {"biller-refused": "biller", "authorisation-declined": "customer", "expired": "gateway"}
# By what the body says of the form: what the candidate does next.
_NEXT_STEPS: dict[Form, tuple[str | None, str | None]] = {
    Form.COMPLETE: (None, None),
    Form.INCOMPLETE: (
        "The fee is paid and counts; the form is not complete. Finish it at the body, with the receipt number, before "
        "its last day. Do not pay again.",
        "शुल्क जमा हो गया है और मान्य है; फ़ॉर्म अधूरा है। अंतिम तिथि से पहले रसीद संख्या के साथ संस्था के पोर्टल पर फ़ॉर्म पूरा करें। "
        "दोबारा भुगतान न करें।",
    ),
}


# By status: what the payer is told. A time is India's.
_SAYS = {
    "PROCESSING": (
        "The payment is being made. By {until} at the latest it is paid, or the money is given back.",
        "भुगतान किया जा रहा है। अधिक से अधिक {until} तक भुगतान हो जाएगा या राशि वापस कर दी जाएगी।",
    ),
    "QUEUED": (
        "The biller cannot be reached. Your money was tendered on {tendered}, of which there is a signed proof; it is "
        "paid when the biller is back, or given back by {until}. Do not pay again.",
        "बिलर से संपर्क नहीं हो पा रहा है। आपकी राशि {tendered} को जमा हुई, जिसका हस्ताक्षरित प्रमाण उपलब्ध है; बिलर के लौटते ही "
        "भुगतान हो जाएगा, नहीं तो {until} तक राशि वापस कर दी जाएगी। दोबारा भुगतान न करें।",
    ),
    "IN_DOUBT": (
        "It is not known yet whether the biller has the money; it is being found out. By {until} it is paid, given "
        "back, or with people who find out. Do not pay again.",
        "अभी यह पता नहीं है कि बिलर को राशि मिली या नहीं; पता किया जा रहा है। {until} तक भुगतान हो जाएगा, "
        "राशि वापस होगी, या कर्मचारी पता करेंगे। दोबारा भुगतान न करें।",
    ),
    "LATE": (
        "The answer did not come in time; people are finding out. The money is held and not lost. Do not pay again.",
        "समय पर उत्तर नहीं आया; कर्मचारी पता कर रहे हैं। राशि सुरक्षित रोकी गई है। दोबारा भुगतान न करें।",
    ),
    "COMPLETED": ("The bill is paid.", "बिल का भुगतान हो गया है।"),
    "FAILED": ("The bill is not paid; the money is given back.", "बिल का भुगतान नहीं हुआ; राशि वापस कर दी गई है।"),
}


def _says(payment: Payment) -> tuple[str, str]:
    told, until = status_of(payment), payment.deadline_at
    if payment.state is State.MANUAL:
        told = "LATE"
    elif payment.is_queued and payment.queue_until:
        told, until = "QUEUED", payment.queue_until
    times = {"until": _of_clock(until), "tendered": _of_clock(payment.created_at)}
    says, says_hi = _SAYS[told]
    return says.format(**times), says_hi.format(**times)


def _of_clock(at: datetime) -> str:
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M IST")


def status_of(payment: Payment) -> str:
    """PROCESSING, COMPLETED, FAILED or IN_DOUBT: what a client acts on."""
    if payment.state is State.COMPLETED:
        return "COMPLETED"
    if payment.state in FAILED:
        return "FAILED"
    return "IN_DOUBT" if payment.state in _IN_DOUBT else "PROCESSING"


def receipt_view(billers: Mapping[str, Biller], payment: Payment, account_ending: str) -> dict[str, Any] | None:
    """The receipt of a completed payment, or None. `account_ending` is what it shows of the customer's number."""
    receipt = payment.receipt
    if receipt is None:
        return None
    biller, notice = billers.get(payment.biller_id), notice_of(payment)
    return {
        "receipt_number": receipt.number,
        "issued_at": receipt.issued_at,
        "transaction_token": payment.transaction_token,
        "payment_id": payment.payment_id,
        "biller_id": payment.biller_id,
        # A biller may have been withdrawn since; its receipts stay valid.
        "biller_name": biller.name if biller else payment.biller_id,
        "biller_name_hi": biller.name_hi if biller else payment.biller_id,
        "biller_reference": payment.biller_reference,
        "kiosk_id": payment.kiosk_id,
        "mode": payment.mode,
        "amount": money(payment.bill_paise),
        "service_charge": money(payment.service_charge_paise),
        "total": money(payment.total_paise),
        "fee_order": payment.fee_order,
        "fee_order_hi": payment.fee_order_hi,
        "account_ends_with": account_ending,
        "notice": notice.en,
        "notice_hi": notice.hi,
        "tendered_at": payment.created_at,
        "fee_window": payment.fee_window,
        "refunded": money(payment.refunded_paise),
    }


def payment_view(billers: Mapping[str, Biller], payment: Payment, account_ending: str) -> dict[str, Any]:
    """A payment as it stands."""
    failure, (says, says_hi) = payment.failure, _says(payment)
    return {
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "status": status_of(payment),
        "says": says,
        "says_hi": says_hi,
        "state": payment.state.value,
        "bill_id": payment.bill_id,
        "biller_id": payment.biller_id,
        "amount": money(payment.bill_paise),
        "service_charge": money(payment.service_charge_paise),
        "total": money(payment.total_paise),
        "mode": payment.mode,
        "channel": payment.channel,
        "kiosk_id": payment.kiosk_id,
        "receipt": receipt_view(billers, payment, account_ending),
        "application_id": payment.application_id,
        "failure": _failure_view(failure) if failure else None,
        "fee_window": payment.fee_window,
        "form": _form_view(payment.form) if payment.form else None,
        "created_at": payment.created_at,
        "deadline_at": payment.deadline_at,
        "queued_until": payment.queue_until if payment.is_queued else None,
        "refunded": money(payment.refunded_paise),
        "refundable": money(payment.refundable_paise),
        "completed_at": payment.receipt.issued_at if payment.receipt else None,
    }


def _failure_view(failure: Failure) -> dict[str, Any]:
    reason, reason_hi = _FAILURES[failure.code]
    refused = failure.code != "expired"  # in the other side's own words, which are a slug
    return {
        "code": failure.code,
        "detail": failure.detail,
        "reason": reason,
        "reason_hi": reason_hi,
        "money_returned": failure.money_returned,
        "error": of_field(_SOURCES[failure.code], "bill_payment", failure.detail if refused else failure.code),
    }


def _form_view(form: Form) -> dict[str, Any]:
    next_step, next_step_hi = _NEXT_STEPS[form]
    return {"status": form.value, "next_step": next_step, "next_step_hi": next_step_hi}


def transaction_view(payment: Payment, refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> dict[str, Any]:
    """A payment, with its refunds and disputes, as the gateway's transactions view shows it."""
    steps = [(move.at, move.state.value) for move in payment.history]
    steps += [(move.at, _REFUND_STEPS[move.state]) for refund in refunds for move in refund.history]
    steps += [(move.at, f"DISPUTE_{move.state.value}") for dispute in disputes for move in dispute.history]
    steps.sort(key=lambda step: step[0])
    return {
        "token": payment.transaction_token,
        "kind": "payment",
        "reference_id": payment.payment_id,
        "status": status_of(payment),
        "owner_client_id": payment.client_id,
        "kiosk_id": payment.kiosk_id,
        "updated_at": steps[-1][0],
        "events": [{"type": step, "at": at} for at, step in steps],
    }
