"""Which acts move an application for a centre where, and whose they are: a table, and the rules beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kiosk_registry.domain.openings.opening import (
    Act,
    Actor,
    Change,
    Form,
    HistoryEntry,
    Moved,
    Office,
    Opening,
    State,
    Submitted,
)
from kiosk_registry.domain.openings.rules import Rules

# Each step, whose it is, by which act it is passed, and what comes then.
STEPS: Mapping[State, tuple[Office, Act, State]] = {
    State.LSP_RECOMMENDATION: (Office.LSP, Act.RECOMMEND, State.FIELD_VERIFICATION),
    State.FIELD_VERIFICATION: (Office.DISTRICT, Act.VERIFY, State.EXAMINATION),
    State.EXAMINATION: (Office.DISTRICT, Act.EXAMINE, State.APPROVAL),
    State.APPROVAL: (Office.STATE, Act.APPROVE, State.DEVICE_BINDING),
    State.DEVICE_BINDING: (Office.LSP, Act.BIND_DEVICE, State.ACTIVE),
}
JUDGED = (State.LSP_RECOMMENDATION, State.FIELD_VERIFICATION, State.EXAMINATION, State.APPROVAL)
REFUSALS = frozenset({Act.SEND_BACK, Act.REJECT, Act.DISMISS_APPEAL})


class NotNow(Exception):
    """The act is not one of what may be done in this state."""


class NotYours(Exception):
    """The act is another office's; `office` says whose."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.office = office


class SamePerson(Exception):
    """Whoever verified does not approve, and whoever refused does not hear the appeal."""


class TooLate(Exception):
    """The days for an appeal are over."""


def allowed(opening: Opening) -> dict[Act, Office]:
    """What may be done with it now, and by whom."""
    acts: dict[Act, Office] = {}
    if opening.state in STEPS:
        office, act, _ = STEPS[opening.state]
        acts[act] = office
        if opening.state in JUDGED:
            acts |= {Act.SEND_BACK: office, Act.REJECT: office}
        acts[Act.WITHDRAW] = Office.APPLICANT
    if opening.state is State.SENT_BACK:
        acts |= {Act.RESUBMIT: Office.APPLICANT, Act.WITHDRAW: Office.APPLICANT}
    if opening.state is State.REJECTED and not opening.appeals:
        acts[Act.APPEAL] = Office.APPLICANT
    if opening.state is State.APPEALED:
        acts |= {Act.UPHOLD_APPEAL: Office.STATE, Act.DISMISS_APPEAL: Office.STATE}
    return acts


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does. `form` is a resubmission's, `device_id` and `kiosk_id` a binding's; `facts` what was seen."""

    act: Act
    by: Actor
    at: datetime
    event_id: str
    reason: str | None = None
    remarks: str | None = None
    facts: Mapping[str, Any]
    form: Form | None = None
    device_id: str | None = None
    kiosk_id: str | None = None


def submit(
    form: Form,
    *,
    opening_id: str,
    transaction_token: str,
    client_id: str,
    by: Actor,
    rules: Rules,
    at: datetime,
    event_id: str,
) -> Change:
    """A new application, before its LSP."""
    opening = Opening(
        id=opening_id,
        transaction_token=transaction_token,
        client_id=client_id,
        person_id=by.person_id,
        form=form,
        rules_from=rules.begins,
        state=State.LSP_RECOMMENDATION,
        submitted_at=at,
        updated_at=at,
        people={},
    )
    entry = HistoryEntry(
        opening_id=opening_id,
        version=1,
        act=Act.SUBMIT,
        at=at,
        by=by,
        state_before=None,
        state_after=opening.state,
        facts={},
    )
    return Change(opening, entry, Submitted(event_id, opening))


def move(opening: Opening, deed: Deed, rules: Rules) -> Change:
    """The application after the deed. Raises NotNow, NotYours, SamePerson, TooLate; then nothing happened."""
    offices = allowed(opening)
    if deed.act not in offices:
        raise NotNow
    if deed.by.office is not offices[deed.act]:
        raise NotYours(offices[deed.act])
    _forbid_the_same_person(opening, deed)
    moved = replace(_moved(opening, deed, rules), updated_at=deed.at, version=opening.version + 1)
    entry = HistoryEntry(
        opening_id=opening.id,
        version=moved.version,
        act=deed.act,
        at=deed.at,
        by=deed.by,
        state_before=opening.state,
        state_after=moved.state,
        reason=deed.reason,
        remarks=deed.remarks,
        facts=deed.facts,
    )
    return Change(moved, entry, Moved(deed.event_id, moved, deed.act, deed.reason))


def _forbid_the_same_person(opening: Opening, deed: Deed) -> None:
    person = deed.by.person_id
    if deed.by.office is not Office.APPLICANT and person == opening.person_id:
        raise SamePerson
    if deed.act is Act.APPROVE and person in (opening.people.get(Act.VERIFY), opening.people.get(Act.RECOMMEND)):
        raise SamePerson
    if deed.act in (Act.UPHOLD_APPEAL, Act.DISMISS_APPEAL) and person == opening.refused_by:
        raise SamePerson


def _moved(opening: Opening, deed: Deed, rules: Rules) -> Opening:
    if deed.act in (Act.SEND_BACK, Act.REJECT):
        moved = replace(
            opening,
            state=State.SENT_BACK if deed.act is Act.SEND_BACK else State.REJECTED,
            returns_to=opening.state,
            refused_at=deed.at,
            refused_by=deed.by.person_id,
        )
    elif deed.act is Act.RESUBMIT:
        moved = _resubmitted(opening, deed.form or opening.form)
    elif deed.act is Act.WITHDRAW:
        moved = replace(opening, state=State.WITHDRAWN, returns_to=None)
    elif deed.act is Act.APPEAL:
        if deed.at > (opening.refused_at or deed.at) + timedelta(days=rules.appeal_days):
            raise TooLate
        moved = replace(opening, state=State.APPEALED, appeals=opening.appeals + 1)
    elif deed.act is Act.UPHOLD_APPEAL:
        moved = _back_at(opening, opening.returns_to)
    elif deed.act is Act.DISMISS_APPEAL:
        moved = replace(opening, state=State.REJECTED)
    else:
        _, act, following = STEPS[opening.state]
        people = {**opening.people, act: deed.by.person_id}
        moved = replace(opening, state=following, people=people)
        if act is Act.BIND_DEVICE:
            moved = replace(moved, device_id=deed.device_id, kiosk_id=deed.kiosk_id)
    return moved


def _resubmitted(opening: Opening, form: Form) -> Opening:
    """Back at the step that sent it back; with another form before that, at the LSP, who judges it first."""
    if form == opening.form:
        return _back_at(opening, opening.returns_to)
    return replace(_back_at(opening, State.LSP_RECOMMENDATION), form=form, people={})


def _back_at(opening: Opening, state: State | None) -> Opening:
    return replace(opening, state=state or State.LSP_RECOMMENDATION, returns_to=None)


def last_day_of_appeal(opening: Opening, rules: Rules) -> date | None:
    """Until when an appeal is heard (a day in UTC, generous by hours); None where there is none to make."""
    if Act.APPEAL not in allowed(opening) or opening.refused_at is None:
        return None
    return (opening.refused_at + timedelta(days=rules.appeal_days)).date()
