"""What is shown of breaks: plain dictionaries for the schemas to dump."""

from datetime import datetime, timedelta
from typing import Any

from billing.application.breaks.read_breaks import BreakShown
from billing.domain.breaks.ending import Booking, Proposal, StoredBreak
from billing.domain.payments.breaks import BreakKind
from servicekit.money import money

_SAYS = {
    BreakKind.UNRESOLVED: (
        "Nobody could say by the deadline whether the partner has it.",
        "समय सीमा तक कोई नहीं बता सका कि साझेदार को राशि मिली या नहीं।",
    ),
    BreakKind.LATE_SUCCESS: (
        "The partner took it after the payer had the money back.",
        "भुगतानकर्ता को राशि लौटाने के बाद साझेदार ने भुगतान ले लिया।",
    ),
    BreakKind.CAPTURE_REFUSED: (
        "The biller is paid, and the provider refused to take the payer's money.",
        "बिलर को भुगतान हो गया, पर भुगतान प्रदाता ने राशि लेने से मना किया।",
    ),
    BreakKind.VOID_REFUSED: (
        "The provider refused to let go of the payer's money.",
        "भुगतान प्रदाता ने भुगतानकर्ता की राशि छोड़ने से मना किया।",
    ),
    BreakKind.FEE_REFUSED: (
        "A fee was refused that could not be given back by itself.",
        "शुल्क अस्वीकार हुआ जो अपने आप वापस नहीं हो सका।",
    ),
    BreakKind.REFUND_REFUSED: ("The provider refused a refund.", "भुगतान प्रदाता ने धन-वापसी अस्वीकार की।"),
    BreakKind.REFUND_UNRESOLVED: (
        "Nobody could say by the deadline whether the refund was made.",
        "समय सीमा तक कोई नहीं बता सका कि धन-वापसी हुई या नहीं।",
    ),
    BreakKind.TOP_UP_UNRESOLVED: (
        "Nobody could say by the deadline whether the centre was charged.",
        "समय सीमा तक कोई नहीं बता सका कि केंद्र से राशि ली गई या नहीं।",
    ),
    BreakKind.NOT_IN_PROVIDER_FILE: (
        "The provider's file of the day does not list what the ledger has.",
        "प्रदाता की उस दिन की फ़ाइल में वह नहीं है जो बही में है।",
    ),
    BreakKind.NOT_IN_BILLER_FILE: (
        "The biller's file of the day does not list what the ledger has.",
        "बिलर की उस दिन की फ़ाइल में वह नहीं है जो बही में है।",
    ),
    BreakKind.NOT_IN_BOOKS_OF_PROVIDER: (
        "The provider lists what the ledger does not have.",
        "प्रदाता की फ़ाइल में वह है जो बही में नहीं है।",
    ),
    BreakKind.NOT_IN_BOOKS_OF_BILLER: (
        "The biller lists what the ledger does not have.",
        "बिलर की फ़ाइल में वह है जो बही में नहीं है।",
    ),
    BreakKind.PROVIDER_AMOUNT: (
        "The provider lists another amount than the ledger has.",
        "प्रदाता की फ़ाइल में राशि बही से अलग है।",
    ),
    BreakKind.BILLER_AMOUNT: (
        "The biller lists another amount than the ledger has.",
        "बिलर की फ़ाइल में राशि बही से अलग है।",
    ),
    BreakKind.FILE_NOT_USABLE: (
        "A partner's file of a day cannot be used, or has not come.",
        "साझेदार की किसी दिन की फ़ाइल काम की नहीं है, या आई ही नहीं।",
    ),
    BreakKind.FILE_TOTALS: (
        "The totals of a partner's file are not those of its lines.",
        "साझेदार की फ़ाइल के कुल योग उसकी पंक्तियों से मेल नहीं खाते।",
    ),
    BreakKind.ROWS_PARKED: (
        "Lines of a partner's file cannot be read, and wait.",
        "साझेदार की फ़ाइल की कुछ पंक्तियाँ पढ़ी नहीं जा सकीं, और रुकी हैं।",
    ),
}


def summary_view(row: StoredBreak, at: datetime) -> dict[str, Any]:
    """A break in a list."""
    says, says_hi = _SAYS[row.kind]
    until = row.resolved_at or at
    return {
        "break_id": row.break_id,
        "kind": row.kind.value,
        "status": "open" if row.is_open else "resolved",
        "payment_id": row.payment_id,
        "refund_id": row.refund_id,
        "top_up_id": row.top_up_id,
        "detail": row.detail,
        "owner": row.owner,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "age_hours": max(until - row.opened_at, timedelta()) // timedelta(hours=1),
        "is_late": row.is_open and at > row.due_at,
        "says": says,
        "says_hi": says_hi,
        "resolved_at": row.resolved_at,
        "resolved_by": row.resolved_by,
    }


def break_view(shown: BreakShown, at: datetime) -> dict[str, Any]:
    """A break, with what can be done."""
    proposal = shown.row.proposal
    return {
        **summary_view(shown.row, at),
        "endings": [ending.value for ending in shown.endings],
        "proposal": _proposal_view(proposal, shown.booking) if proposal else None,
        "approved_by": shown.row.approved_by,
    }


def _proposal_view(proposal: Proposal, booking: Booking | None) -> dict[str, Any]:
    legs = [leg for entry in booking.entries for leg in entry.legs] if booking else []
    return {
        "proposal_id": proposal.proposal_id,
        "ending": proposal.ending.value,
        "reference": proposal.reference,
        "evidence": proposal.evidence,
        "proposed_by": proposal.proposed_by,
        "proposed_at": proposal.proposed_at,
        "stands": booking is not None,
        "becomes": booking.state if booking else None,
        "books": [{"account": leg.account, "amount": money(leg.paise)} for leg in legs],
    }
