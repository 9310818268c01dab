"""What is shown of disputes: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from billing.domain.disputes.causes import Cause, CauseKind
from billing.domain.disputes.dispute import Dispute, DisputeCode
from servicekit.money import money

_SAYS = {
    CauseKind.IN_DOUBT: (
        "It is not known yet whether the biller has the money; it is being found out.",
        "अभी यह पता नहीं है कि बिलर को राशि मिली या नहीं; पता किया जा रहा है।",
    ),
    CauseKind.PAID_BY_ANOTHER: (
        "The money of this payment went back; another payment has the bill.",
        "इस भुगतान की राशि वापस हो गई; बिल किसी दूसरे भुगतान में है।",
    ),
    CauseKind.NOT_PAID: (
        "The bill was not paid by this payment; the money was given back.",
        "इस भुगतान से बिल जमा नहीं हुआ; राशि वापस कर दी गई।",
    ),
    CauseKind.REVERSED: (
        "The bill was paid, and money of the payment went back afterwards.",
        "बिल जमा हुआ था, पर बाद में भुगतान की राशि वापस हुई।",
    ),
    CauseKind.OLD_NUMBER: (
        "The bill was paid under a number that the account no longer has.",
        "बिल ऐसी संख्या पर जमा हुआ जो अब इस खाते की नहीं है।",
    ),
    CauseKind.PART_PAID: ("A part of the bill was paid.", "बिल का एक भाग ही जमा हुआ।"),
    CauseKind.TENDERED_LATE: (
        "The money was given after the bill's last day.",
        "राशि बिल की अंतिम तिथि के बाद दी गई।",
    ),
    CauseKind.POSTED_LATE: (
        "The money was given in time, and the biller had it after the last day.",
        "राशि समय पर दी गई, पर बिलर को अंतिम तिथि के बाद मिली।",
    ),
    CauseKind.BILLER_HAD_IT: (
        "The biller said in time that it has the payment: its own record is behind.",
        "बिलर ने समय पर भुगतान मिलने की पुष्टि की थी: उसका अपना रिकॉर्ड पीछे है।",
    ),
}


def codes_view(codes: Mapping[str, DisputeCode], day: date) -> dict[str, Any]:
    """All codes as they are on a day."""
    return {"items": [_code_view(code, day) for code in codes.values()]}


def _code_view(code: DisputeCode, day: date) -> dict[str, Any]:
    order = code.turn_around_on(day)
    return {
        "code": code.code,
        "name": code.name,
        "name_hi": code.name_hi,
        "turn_around_hours": order.limit // timedelta(hours=1) if order else None,
        "turn_around_order": order.source if order else None,
    }


def summary_view(dispute: Dispute, codes: Mapping[str, DisputeCode], at: datetime) -> dict[str, Any]:
    """A dispute in a list. Its code may have gone from the file since."""
    code = codes.get(dispute.code)
    ended_at = at if dispute.is_open else dispute.history[-1].at
    return {
        "dispute_id": dispute.dispute_id,
        "payment_id": dispute.payment_id,
        "code": dispute.code,
        "name": code.name if code else dispute.code,
        "name_hi": code.name_hi if code else dispute.code,
        "state": dispute.state.value,
        "opened_at": dispute.opened.at,
        "due_at": dispute.due_at,
        "is_late": ended_at > dispute.due_at if dispute.due_at else None,
        "refund_id": dispute.refund_id,
        "history": [
            {"state": move.state.value, "at": move.at, "by": move.by, "reason": move.reason} for move in dispute.history
        ],
    }


def dispute_view(
    dispute: Dispute, codes: Mapping[str, DisputeCode], cause: Cause | None, at: datetime
) -> dict[str, Any]:
    """A dispute, with its evidence and its cause."""
    return {
        **summary_view(dispute, codes, at),
        "evidence": [
            {"kind": piece.kind.value, "value": piece.value, "added_by": piece.by, "added_at": piece.at}
            for piece in dispute.evidence
        ],
        "cause": _cause_view(cause) if cause else None,
    }


def _cause_view(cause: Cause) -> dict[str, Any]:
    says, says_hi = _SAYS[cause.kind]
    return {
        "kind": cause.kind.value,
        "says": says,
        "says_hi": says_hi,
        "tendered_at": cause.tendered_at,
        "sent_at": cause.sent_at,
        "answered_at": cause.answered_at,
        "due_on": cause.due_on,
        "in_time": cause.in_time,
        "other_payment": cause.other_payment,
        "renumbered_on": cause.renumbered_on,
        "left": money(cause.left_paise),
        "refunded": money(cause.refunded_paise),
    }
