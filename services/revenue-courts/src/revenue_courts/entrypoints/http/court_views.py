"""Courts, kinds and what is public of cases, as plain dictionaries for the schemas to dump."""

from collections.abc import Mapping, Sequence
from typing import Any

from revenue_courts.application.ports import Listed
from revenue_courts.domain.case import Act, Case, HistoryEntry, State
from revenue_courts.domain.case_kinds import CaseKind, Codes
from revenue_courts.domain.courts import LEVELS, Court
from revenue_courts.domain.label import Label
from revenue_courts.domain.pendency import Pendency, disposal_rate
from servicekit.instants import rfc3339

FEE_UNSET = Label(
    "No order on the court fee was found: it is unset, and none is demanded here. The court may ask for it.",
    "न्यायालय शुल्क का कोई आदेश नहीं मिला: यह निर्धारित नहीं है और यहाँ नहीं माँगा जाता। न्यायालय इसे माँग सकता है।",
)
_LIMITATION_UNSET = Label(
    "The days of limitation were not found: they are unset, and nothing is refused as late.",
    "परिसीमा के दिन नहीं मिले: ये निर्धारित नहीं हैं और विलंब के कारण कुछ अस्वीकार नहीं होता।",
)
_LIMITATION_SET = Label(
    "Days from the order. Later it is taken in with an application for condonation of the delay.",
    "आदेश से दिन। बाद में विलंब क्षमा के आवेदन के साथ लिया जाता है।",
)
STATES: Mapping[State, Label] = {
    State.DRAFT: Label("Draft, not submitted yet", "प्रारूप, अभी प्रस्तुत नहीं"),
    State.SUBMITTED: Label("With the court for scrutiny", "न्यायालय में जाँच हेतु"),
    State.DEFECTIVE: Label("Sent back to cure defects", "कमियाँ दूर करने के लिए लौटाया गया"),
    State.REGISTERED: Label("Registered, no hearing set yet", "दर्ज, सुनवाई की तिथि अभी नहीं"),
    State.LISTED: Label("A hearing is set", "सुनवाई की तिथि तय है"),
    State.RESERVED: Label("Heard, the judgment is reserved", "सुनवाई पूर्ण, निर्णय सुरक्षित"),
    State.DISPOSED: Label("Disposed of", "निस्तारित"),
}
_IN_CAMERA = Label("In camera", "बंद कमरे में सुनवाई")
_STEPS: Mapping[Act, Label] = {
    Act.REGISTER: Label("Registered", "दर्ज किया गया"),
    Act.SCHEDULE: Label("A hearing was set", "सुनवाई की तिथि तय हुई"),
    Act.HEAR: Label("Heard, and the next date set", "सुनवाई हुई, अगली तिथि तय हुई"),
    Act.ADJOURN: Label("Adjourned", "स्थगित"),
    Act.PASS_INTERIM_ORDER: Label("An interim order was passed", "अंतरिम आदेश पारित हुआ"),
    Act.RESERVE: Label("Judgment reserved", "निर्णय सुरक्षित रखा गया"),
    Act.DISPOSE: Label("Judgment given", "निर्णय सुनाया गया"),
    Act.APPEAR: Label("An advocate appeared", "अधिवक्ता उपस्थित हुआ"),
    Act.END_APPEARANCE: Label("An advocate left the case", "अधिवक्ता प्रकरण से हटा"),
    Act.HOLD_IN_CAMERA: Label("To be heard in camera", "बंद कमरे में सुनवाई का आदेश"),
    Act.TAKE_EVIDENCE: Label("Evidence was taken", "साक्ष्य लिया गया"),
    Act.DRAW_DECREE: Label("The decree was drawn up", "डिक्री जारी हुई"),
    Act.RESTORE: Label("Restored, and a hearing set", "पुनः स्थापित, सुनवाई की तिथि तय हुई"),
    Act.TRANSFER: Label("Transferred to another court", "दूसरे न्यायालय को अंतरित"),
    Act.SEND_RECORD: Label("The record went to a higher court", "अभिलेख उच्च न्यायालय को भेजा गया"),
    Act.RETURN_RECORD: Label("The record came back from the higher court", "अभिलेख उच्च न्यायालय से वापस आया"),
    Act.ISSUE_NOTICES: Label("Notices were issued", "नोटिस जारी हुए"),
    Act.RECORD_SERVICE: Label("The service of a notice was reported", "नोटिस की तामील रिपोर्ट दर्ज हुई"),
    Act.JOIN: Label("A party follows the case here", "पक्षकार यहाँ प्रकरण से जुड़ा"),
    Act.HOLD_IN_PUBLIC: Label("To be heard in public again", "पुनः खुली सुनवाई का आदेश"),
}


def label(text: Label) -> dict[str, str]:
    """Both languages."""
    return {"en": text.en, "hi": text.hi}


def coded(code: str, texts: Mapping[str, Label]) -> dict[str, str]:
    """A code with what it is called; one that the list has no more is shown as it is."""
    text = texts.get(code, Label(code, code))
    return {"code": code, "en": text.en, "hi": text.hi}


def court(shown: Court) -> dict[str, Any]:
    """A court."""
    return {
        "court_code": shown.code,
        "level": shown.level.value,
        "level_name": label(LEVELS[shown.level]),
        "name": label(shown.name),
        "districts": sorted(shown.districts),
        "tehsils": sorted(shown.tehsils),
        "kinds": sorted(shown.kinds),
        "begins": shown.begins and shown.begins.isoformat(),
        "ends": shown.ends and shown.ends.isoformat(),
        "source": label(shown.source),
        "sandbox": shown.sandbox,
    }


def kind(shown: CaseKind) -> dict[str, Any]:
    """A kind of case, and what of it is unset."""
    days = shown.limitation_days
    note = _LIMITATION_UNSET if days is None else _LIMITATION_SET
    return {
        "kind_code": shown.code,
        "form": shown.form.value,
        "act": label(shown.act),
        "section": shown.section,
        "subject": label(shown.subject),
        "reliefs": [coded(code, shown.reliefs) for code in shown.reliefs],
        "limitation": {"state": "unset" if days is None else "set", "days": days, "note": label(note)},
        "court_fee": {"state": "unset", "note": label(FEE_UNSET)},
    }


def codes(lists: Codes) -> dict[str, Any]:
    """The lists that officers choose from."""
    return {
        name: [coded(code, texts) for code in texts]
        for name, texts in (
            ("purposes", lists.purposes),
            ("adjournments", lists.adjournments),
            ("defects", lists.defects),
            ("disposals", lists.disposals),
            ("services", {code: outcome.label for code, outcome in lists.services.items()}),
        )
    }


def listed(line: Listed, kinds: Mapping[str, CaseKind], lists: Codes) -> dict[str, Any]:
    """A line of a day's list."""
    return {
        "case_number": line.case_number,
        "kind_code": line.kind_code,
        "subject": label(_IN_CAMERA if line.kind_code is None else kinds[line.kind_code].subject),
        "in_camera": line.in_camera,
        "purpose": coded(line.purpose, lists.purposes),
        "outcome": line.outcome,
    }


def standing(case: Case, lines: Sequence[HistoryEntry], kinds: Mapping[str, CaseKind], lists: Codes) -> dict[str, Any]:
    """What anybody may know of a registered case."""
    hearing = case.hearing if case.state is State.LISTED else None
    return {
        "case_number": case.number,
        "court_code": case.court_code,
        "kind_code": case.filing.kind_code,
        "subject": label(kinds[case.filing.kind_code].subject),
        "status": case.state.value,
        "status_text": label(STATES[case.state]),
        "next_hearing_on": hearing and hearing.on.isoformat(),
        "next_purpose": hearing and coded(hearing.purpose, lists.purposes),
        "disposal": case.disposal and coded(case.disposal, lists.disposals),
        "steps": [
            {
                "text": label(_STEPS[line.act]),
                "at": rfc3339(line.at),
                "on": line.on and line.on.isoformat(),
                "reason": _reason(line, lists),
            }
            for line in lines
        ],
    }


def pendency(counts: Pendency, months: Sequence[str]) -> dict[str, Any]:
    """What is before a court or the courts, and how fast it goes; the last of `months` is not over."""
    return {
        "court_code": counts.court_code,
        "pending": sum(counts.pending.values()),
        "by_year": [{"year": int(year), "cases": cases} for year, cases in counts.pending.items()],
        "months": [
            {
                "month": month,
                "registered": counts.registered.get(month, 0),
                "disposed": counts.disposed.get(month, 0),
            }
            for month in months
        ],
        "disposal_rate": disposal_rate(counts, months[:-1]),
    }


def _reason(line: HistoryEntry, lists: Codes) -> dict[str, str] | None:
    if line.act is not Act.ADJOURN or line.code is None:
        return None
    return label(lists.adjournments.get(line.code, Label(line.code, line.code)))
