"""Standing as plain dictionaries for the schemas to dump, and its words in both languages."""

from collections.abc import Mapping, Sequence
from typing import Any

from certificates.application.standing.read_standing import Asked, DeskStanding, Standing
from certificates.domain.applications.application import Ask, Decision, HistoryEntry, RefusalReason, State
from certificates.domain.label import Label
from certificates.domain.sla.desk_health import DeskHealth
from certificates.domain.types.application_type import ApplicationType, OfficeLevel
from servicekit.instants import rfc3339
from servicekit.money import money

_WITH_WHOM = {State.FEE_DUE: "applicant", State.SENT_BACK: "applicant", State.IN_VERIFICATION: "office"}
_OFFICES: Mapping[OfficeLevel | None, Label] = {
    OfficeLevel.STATE: Label("Office of the state", "राज्य स्तरीय कार्यालय"),
    OfficeLevel.DIVISION: Label("Office of the division", "संभाग कार्यालय"),
    OfficeLevel.DISTRICT: Label("Office of the district", "ज़िला कार्यालय"),
    OfficeLevel.SUBDIVISION: Label("Office of the subdivision", "उपखण्ड कार्यालय"),
    OfficeLevel.TEHSIL: Label("Office of the tehsil", "तहसील कार्यालय"),
    OfficeLevel.BLOCK: Label("Office of the block", "ब्लॉक कार्यालय"),
    OfficeLevel.POLICE_STATION: Label("Police station", "पुलिस थाना"),
    OfficeLevel.LOCAL: Label("Local office", "स्थानीय कार्यालय"),
    None: Label("Office of the department", "विभाग का कार्यालय"),
}
_OWN_TARGET = Label("The office's own target; no order was found", "कार्यालय का अपना लक्ष्य; कोई आदेश ज्ञात नहीं हुआ")
_PAUSED = Label(
    "It was sent back: no day counts until it is answered", "आवेदन लौटाया गया है: उत्तर मिलने तक कोई दिन नहीं गिना जाता"
)
_NOTHING_PAID = Label("Nothing was paid", "कुछ भी जमा नहीं किया गया है")
_NO_ORDER = Label(
    "No order was found that gives the fee back: it is not returned",
    "शुल्क लौटाने का कोई आदेश ज्ञात नहीं हुआ: शुल्क वापस नहीं होगा",
)


def standing(shown: Standing) -> dict[str, Any]:
    """Where it stands, for whom it concerns."""
    application = shown.application
    with_whom = _WITH_WHOM.get(application.state, "nobody")
    return {
        "application_id": application.id,
        "status": application.state.value,
        "with_whom": with_whom,
        # Each change sets it, and whoever has it now has it since the last one.
        "since": rfc3339(application.updated_at),
        "until": shown.until,
        "until_why": shown.until_order or (_OWN_TARGET if shown.until else None),
        "allowed_actions": [act.value for act in shown.acts],
        "desk": shown.desk and desk(shown.desk),
        "clock": _clock(shown),
        "asked": shown.asked and _asked(shown.asked, shown.application_type),
        "withdrawal": _withdrawal(shown),
        "refund_due": _refund_due(shown),
        "returned": [
            {"payment_id": line.payment_id, "amount": money(line.paise or 0), "at": rfc3339(line.at)}
            for line in shown.returned
        ],
        "course": [_line(line) for line in shown.history],
    }


def desk(shown: DeskStanding) -> dict[str, Any]:
    """An office, and how long it takes."""
    step, district, median, rule = shown.step, shown.district, shown.median, shown.rule
    office = _OFFICES[step.office_level]
    return {
        "step": step.name,
        "label": step.label,
        "office": Label(f"{office.en}, {district.name.en} district", f"{office.hi}, ज़िला {district.name.hi}"),
        "posts": [post.name for post in step.posts],
        "department": step.department,
        "office_level": step.office_level,
        "jurisdiction": step.jurisdiction,
        "district": {"code": district.code, "en": district.name.en, "hi": district.name.hi},
        "working_days": step.working_days,
        "working_days_order": step.working_days_order,
        "median": {
            "working_days": median and median.working_days,
            "decisions": median and median.decisions,
            "window_days": rule.window_days,
            "least_decisions": rule.least_decisions,
            "as_of": median and rfc3339(median.as_of),
            "why_none": None
            if median
            else Label(
                f"Fewer than {rule.least_decisions} decisions in {rule.window_days} days: too few for a median",
                f"{rule.window_days} दिनों में {rule.least_decisions} से कम निर्णय: माध्यिका के लिए कम हैं",
            ),
        },
    }


def _clock(shown: Standing) -> dict[str, Any]:
    paused = shown.application.state is State.SENT_BACK
    ends: Sequence[HistoryEntry | None] = [*shown.history[1:], None]
    return {
        "law": shown.application_type.legal_basis,
        "paused": paused,
        "why": _PAUSED if paused else None,
        "working_days_left": shown.days_left,
        "pauses": [
            {"since": rfc3339(line.at), "until": following and rfc3339(following.at)}
            for line, following in zip(shown.history, ends, strict=True)
            if line.decision is Decision.SENT_BACK
        ],
        "escalated_at": rfc3339(shown.escalated_at) if shown.escalated_at else None,
        "penalty": shown.penalty
        and {
            "days": shown.penalty.days,
            "amount": money(shown.penalty.paise),
            "law": shown.penalty.rule.order,
            "compensation": None,
        },
    }


def desk_health(health: DeskHealth) -> dict[str, Any]:
    """How a desk keeps up, for everybody."""
    return {
        "application_type": health.type_code,
        "step": health.step,
        "district_code": health.district_code,
        "department": health.department,
        "working_days": health.limit_days,
        "waiting": health.waiting,
        "late": health.late,
        "oldest_since": rfc3339(health.oldest_since) if health.oldest_since else None,
        "decided": health.decided,
        "warning": health.warning and health.warning.value,
        "as_of": rfc3339(health.as_of),
    }


def officer_desk_health(health: DeskHealth) -> dict[str, Any]:
    """How a desk keeps up, for who works there or is above."""
    officers = [{"officer_id": id_ or None, "decided": count} for id_, count in health.by_officer.items()]
    return {**desk_health(health), "officers": officers}


def _asked(asked: Asked, application_type: ApplicationType) -> dict[str, Any]:
    line = asked.line
    return {
        "reason": line.reason and _reason(line.reason),
        "remarks": line.remarks,
        "items": [
            {
                "field": ask.field,
                "document": ask.document,
                "label": _name(ask, application_type),
                "reason": _reason(ask.reason),
            }
            for ask in line.asks
        ],
        "open_fields": sorted(asked.opened.fields),
        "open_documents": sorted(asked.opened.documents),
    }


def _name(ask: Ask, application_type: ApplicationType) -> Label:
    fields = {asked.name: asked.label for asked in application_type.asked}
    documents = {document.code: document.label for document in application_type.documents}
    name = ask.field or ask.document or ""
    # A document may leave a type's file while somebody is asked for it.
    return (fields if ask.field else documents).get(name, Label(name, name))


def _reason(reason: RefusalReason) -> dict[str, str]:
    return {"code": reason.code, "en": reason.label.en, "hi": reason.label.hi}


def _withdrawal(shown: Standing) -> dict[str, Any] | None:
    if shown.withdrawal is None:
        return None
    refund, rule = shown.withdrawal
    if shown.application.payment_id is None:
        why = _NOTHING_PAID
    else:
        why = Label(rule.order, rule.order_hi) if rule else _NO_ORDER
    return {"fee_returned": refund > 0, "refund": money(refund), "why": why}


def _refund_due(shown: Standing) -> dict[str, Any] | None:
    own = shown.application.payment_id
    left = shown.refund_due - sum(line.paise or 0 for line in shown.returned if line.payment_id == own)
    return money(left) if left > 0 else None


def _line(line: HistoryEntry) -> dict[str, Any]:
    return {
        "what": line.what.value,
        "at": rfc3339(line.at),
        "status": line.state_after.value,
        "step": line.step,
        "decision": line.decision and line.decision.value,
        "decided_by": line.designation,
    }
