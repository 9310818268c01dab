"""The acts between the first hearing and what comes after the judgment: evidence, decree, restoration, transfer, and
the record that goes to a higher court and comes back.
"""

from dataclasses import replace
from typing import Any

from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import PASSED, REGISTERED, Case, Hearing, Outcome, RecordAway, State
from revenue_courts.domain.case_kinds import Form
from revenue_courts.domain.deed import Deed, DoesNotFit, Done, NotHeardYet, Transfer
from revenue_courts.domain.evidence import Evidence, Offered, mark_of

EVIDENCE, IN_DEFAULT, REMANDED = "evidence", "dismissed-in-default", "remanded"
MOST_EVIDENCE = 500
# A judgment in a suit is followed by a decree; what ends without a judgment on the claim has none.
_DECREED = frozenset({"allowed", "partly-allowed", "dismissed", "compromised"})


def take_evidence(case: Case, deed: Deed, _: Calendar) -> Done:
    """A witness or a document, at a hearing for evidence. Raises DoesNotFit, NotHeardYet."""
    offered, hearing = deed.matter, case.hearing
    assert isinstance(offered, Offered)
    assert hearing is not None
    if hearing.on > civil_date(deed.at):
        raise NotHeardYet
    if hearing.purpose != EVIDENCE:
        raise DoesNotFit("", "not-a-hearing-for-evidence")
    if len(case.evidence) >= MOST_EVIDENCE:
        raise DoesNotFit("", "too-many")
    taken = Evidence(mark=mark_of(offered, case.evidence), hearing_no=hearing.no, offered=offered)
    return Done(case.state, {"evidence": (*case.evidence, taken)})


def draw_decree(case: Case, deed: Deed, _: Calendar) -> Done:
    """The decree of a suit, after its judgment. Raises DoesNotFit."""
    if deed.form is not Form.PLAINT or case.disposal not in _DECREED:
        raise DoesNotFit("/kind", "no-decree-of-this")
    return Done(case.state, {"decreed_at": deed.at}, told=[(PASSED, {"order_kind": "decree"})])


def may_be_restored(case: Case) -> bool:
    """What was dismissed because nobody appeared, and nothing else."""
    return case.disposal == IN_DEFAULT


def transfer(case: Case, deed: Deed, _: Calendar) -> Done:
    """The case goes to another court with its record, and gets a number there; it is found by the old one too."""
    order = deed.matter
    assert isinstance(order, Transfer)
    assert deed.number is not None
    if order.court_code == case.court_code:
        raise DoesNotFit("/court_code", "there-already")
    members: dict[str, Any] = {
        "court_code": order.court_code,
        "number": deed.number,
        "former_numbers": (*case.former_numbers, case.number),
    }
    vacated: tuple[Hearing, ...] = ()
    if case.state is State.LISTED and case.hearing is not None:
        vacated = (replace(case.hearing, outcome=Outcome.VACATED),)
        members["hearing"] = vacated[0]
    told = [(PASSED, {"order_kind": "transfer"}), (REGISTERED, {"case_number": deed.number})]
    return Done(State.REGISTERED, members, hearings=vacated, told=told)


def send_record(case: Case, deed: Deed, _: Calendar) -> Done:
    """The record goes to the court that hears the appeal."""
    away = deed.matter
    assert isinstance(away, RecordAway)
    return Done(case.state, {"record_away": away})


def return_record(case: Case, deed: Deed, _: Calendar) -> Done:
    """The record comes back; with a remand the case is open again, and its court sets the next hearing."""
    if deed.code != REMANDED or case.state is not State.DISPOSED:
        return Done(case.state, {"record_away": None})
    members = {"record_away": None, "disposal": None, "decreed_at": None}
    return Done(State.REGISTERED, members, told=[(PASSED, {"order_kind": "remand"})])
