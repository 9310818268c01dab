"""What is told, in both languages, to whoever may not move a case against a centre as they want to."""

from collections.abc import Collection
from datetime import datetime

from kiosk_registry.application.discipline.errors import (
    CentreCaseMoveNotPossible,
    CentreCaseNeedsAnother,
    CentreCaseOfOthers,
    CentreNotTrading,
    HearFirst,
    SuspendedElsewhere,
    TimeIsOver,
)
from kiosk_registry.domain.discipline.acts import allowed
from kiosk_registry.domain.discipline.case import Act, Case, Standing, Suspension
from kiosk_registry.domain.discipline.rules import CaseRules, Slab
from kiosk_registry.domain.running.centre import Office
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.instants import rfc3339

OFFICES = {
    Office.OPERATOR: ("the centre's operator", "केंद्र संचालक"),
    Office.LSP: ("the local service provider", "स्थानीय सेवा प्रदाता"),
    Office.DISTRICT: ("the district administration", "ज़िला प्रशासन"),
    Office.STATE: ("the state administration", "राज्य प्रशासन"),
    Office.CLOCK: ("nobody; it happens by itself", "कोई नहीं; यह स्वतः होता है"),
}


def not_possible(case: Case, standing: Standing, at: datetime) -> CentreCaseMoveNotPossible:
    """What can be done with it now."""
    now = allowed(case, standing, at)
    listed = ", ".join(act.value for act in now) or "nothing"
    listed_hi = ", ".join(act.value for act in now) or "कुछ नहीं"
    return CentreCaseMoveNotPossible(
        f"The case is {case.state.value}; what can be done now: {listed}.",
        detail_hi=f"प्रकरण की स्थिति {case.state.value} है; अब ये हो सकते हैं: {listed_hi}।",
        state=case.state.value,
        allowed=[
            {"act": act.value, "offices": sorted(office.value for office in offices)} for act, offices in now.items()
        ],
    )


def of_others(offices: frozenset[Office]) -> CentreCaseOfOthers:
    """Whose act it is."""
    names = [OFFICES[office] for office in sorted(offices)]
    return CentreCaseOfOthers(
        f"This is for {' or '.join(en for en, _ in names)}.",
        detail_hi=f"यह कार्य इनका है: {' या '.join(hi for _, hi in names)}।",
        offices=sorted(office.value for office in offices),
    )


def same_person(act: Act) -> CentreCaseNeedsAnother:
    """Who it must not be."""
    done, done_hi = {
        Act.DECIDE: ("opened the case", "प्रकरण खोला"),
        Act.CONFIRM_SUSPENSION: ("suspended the centre", "केंद्र को निलंबित किया"),
    }.get(act, ("decided", "निर्णय दिया"))
    return CentreCaseNeedsAnother(
        f"You {done}; another person must do this.", detail_hi=f"आपने {done_hi}; यह किसी अन्य व्यक्ति को करना होगा।"
    )


def too_late(case: Case, act: Act, rules: CaseRules) -> TimeIsOver:
    """Until when it was, and the way out."""
    if act is Act.REPLY and case.reply_until is not None:
        until = rfc3339(case.reply_until)
        return TimeIsOver(
            f"The reply was due by {until}. Against the decision you can appeal, within {rules.appeal_days} days of "
            "it; say there what you wanted to reply.",
            detail_hi=f"उत्तर की अवधि {until} तक थी। निर्णय के {rules.appeal_days} दिनों के भीतर आप अपील कर सकते हैं; "
            "अपना उत्तर उसमें लिखें।",
            until=until,
        )
    until = rfc3339(case.appeal_until) if case.appeal_until else ""
    return TimeIsOver(
        f"The decision could be appealed until {until}, and is final since.",
        detail_hi=f"निर्णय के विरुद्ध अपील {until} तक हो सकती थी; अब निर्णय अंतिम है।",
        until=until,
    )


def notice_first() -> HearFirst:
    """A dismissal is possible, nothing else."""
    return HearFirst(
        "The centre was not given notice: give_notice first. Only a dismissal needs none.",
        detail_hi="केंद्र को नोटिस नहीं दिया गया: पहले give_notice करें। केवल खारिज करने के लिए नोटिस आवश्यक नहीं है।",
    )


def not_trading() -> CentreNotTrading:
    """What can be decided instead."""
    return CentreNotTrading(
        "The centre does not trade, so it cannot be suspended: decide warned, or a slab without a suspension.",
        detail_hi="केंद्र कार्यरत नहीं है, इसलिए निलंबित नहीं हो सकता: चेतावनी दें, या बिना निलंबन वाला स्लैब चुनें।",
    )


def suspended_elsewhere(suspension: Suspension) -> SuspendedElsewhere:
    """In which case, and until when."""
    until = rfc3339(suspension.until)
    return SuspendedElsewhere(
        f"The centre is suspended in case {suspension.case_id} until {until}; decide after that, or without a "
        "suspension.",
        detail_hi=f"केंद्र प्रकरण {suspension.case_id} में {until} तक निलंबित है; उसके बाद, या बिना निलंबन के निर्णय दें।",
        case_id=suspension.case_id,
        until=until,
    )


def unknown_slab(times: int, ids: Collection[str]) -> ValidationFailed:
    """Which ones fit."""
    listed = ", ".join(ids)
    return _refused(
        "/slab",
        "not-a-slab-of-this-case",
        f"Must be one for this offence, this district, that day and time number {times}: {listed or 'none is'}.",
        f"इस अपराध, ज़िले, तिथि और {times}वीं बार के लिए लागू स्लैब दें: {listed or 'कोई नहीं है'}।",
    )


def unset_figure(slab: Slab) -> ValidationFailed:
    """An order whose figure nobody knows sets nothing."""
    return _refused(
        "/slab",
        "figure-unset",
        f"What {slab.order} sets is not known: decide warned, or dismissed.",
        f"{slab.order_hi} में निर्धारित दंड ज्ञात नहीं है: चेतावनी दें, या खारिज करें।",
    )


def suspension_days_needed(longest: int) -> ValidationFailed:
    """The order tells no length."""
    return _refused(
        "/suspension_days",
        "required",
        f"The order tells no length: give one of 1 to {longest} days.",
        f"आदेश में अवधि नहीं बताई गई है: 1 से {longest} दिन दें।",
    )


def suspension_days_not_allowed() -> ValidationFailed:
    """The slab says it, or there is none."""
    return _refused(
        "/suspension_days", "not-allowed", "What is decided sets it; leave it out.", "निर्णय ही इसे तय करता है; इसे न दें।"
    )


def _refused(pointer: str, code: str, en: str, hi: str) -> ValidationFailed:
    return ValidationFailed("The decision is not acceptable.", errors=[FieldProblem(pointer, code, en, hi)])
