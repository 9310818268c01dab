"""What clients are shown of refunds: plain dictionaries for the schemas to dump."""

from collections.abc import Sequence
from typing import Any

from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund, RefundState
from servicekit.money import money

# By state: what a client acts on, and what the payer is told in both languages.
_TOLD = {
    RefundState.REQUESTED: ("PROCESSING", "The refund is being made.", "राशि वापस की जा रही है।"),
    RefundState.UNKNOWN: (
        "IN_DOUBT",
        "The bank has not confirmed the refund yet; it is being found out. Nothing need be done.",
        "बैंक ने धन-वापसी की पुष्टि अभी नहीं की है; पता किया जा रहा है। आपको कुछ करने की आवश्यकता नहीं है।",
    ),
    RefundState.REFUNDED: ("REFUNDED", "The money went back.", "राशि वापस कर दी गई है।"),
    RefundState.REFUSED: (
        "REFUSED",
        "The bank refused the refund; nothing went back.",
        "बैंक ने धन-वापसी अस्वीकार कर दी; कोई राशि वापस नहीं गई।",
    ),
    RefundState.MANUAL: (
        "IN_DOUBT",
        "The bank has not confirmed the refund in time; people are finding out.",
        "बैंक ने समय पर धन-वापसी की पुष्टि नहीं की; कर्मचारी पता कर रहे हैं।",
    ),
}


def refund_view(refund: Refund) -> dict[str, Any]:
    """A refund as it stands."""
    status, says, says_hi = _TOLD[refund.state]
    return {
        "refund_id": refund.refund_id,
        "payment_id": refund.payment_id,
        "status": status,
        "state": refund.state.value,
        "amount": money(refund.paise),
        "destination": refund.destination.value,
        "reason": refund.reason,
        "says": says,
        "says_hi": says_hi,
        "refusal": refund.refusal,
        "created_at": refund.created_at,
        "deadline_at": refund.deadline_at,
        "refunded_at": refund.history[-1].at if refund.state is RefundState.REFUNDED else None,
    }


def refunds_view(payment: Payment, refunds: Sequence[Refund]) -> dict[str, Any]:
    """A payment's refunds."""
    return {
        "items": [refund_view(refund) for refund in refunds],
        "next": None,
        "refunded": money(payment.refunded_paise),
        "refundable": money(payment.refundable_paise),
    }
