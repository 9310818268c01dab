"""Which acts move a case against a centre, and whose they are: a table, and the rules beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kiosk_registry.domain.discipline.case import (
    Act,
    Case,
    CaseChange,
    CaseLine,
    Decision,
    Evidence,
    Outcome,
    Penalty,
    Source,
    Standing,
    State,
    Stood,
    Suspension,
    SuspensionKind,
)
from kiosk_registry.domain.discipline.rules import CaseRules
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor, Office

OFFICERS = frozenset({Office.DISTRICT, Office.STATE})
OPERATOR = frozenset({Office.OPERATOR})
STATE = frozenset({Office.STATE})
CLOCK = frozenset({Office.CLOCK})
BY_ITSELF = Actor(None, Office.CLOCK)
UNDECIDED = frozenset({State.OPEN, State.NOTICED, State.REPLIED})


class NotNow(Exception):
    """The act is not one of what may be done with the case as it stands."""


class NotYours(Exception):
    """The act is other offices'; `offices` says whose."""

    def __init__(self, offices: frozenset[Office]) -> None:
        super().__init__(offices)
        self.offices = offices


class SamePerson(Exception):
    """Whoever opened it does not decide, whoever suspended not confirm, whoever decided not hear the appeal."""


class TooLate(Exception):
    """The time for a reply or an appeal is over."""


class NoticeFirst(Exception):
    """Before the centre was heard nothing is decided against it."""


class NotTrading(Exception):
    """The centre does not trade, so that no decision suspends it."""


class SuspendedInAnother(Exception):
    """The centre is suspended in another case: `suspension` says in which and until when."""

    def __init__(self, suspension: Suspension) -> None:
        super().__init__(suspension.case_id)
        self.suspension = suspension


def allowed(case: Case, standing: Standing, at: datetime) -> dict[Act, frozenset[Office]]:
    """What may be done with the case at an instant, and by whom."""
    acts: dict[Act, frozenset[Office]] = {}
    if case.state is State.OPEN:
        acts |= {Act.ADD_EVIDENCE: OFFICERS, Act.GIVE_NOTICE: OFFICERS, Act.DECIDE: OFFICERS}
    if case.state is State.NOTICED:
        # The centre is heard, or had its time: before that nobody decides.
        acts |= {Act.DECIDE: OFFICERS} if _is_over(case.reply_until, at) else {Act.REPLY: OPERATOR}
    if case.state is State.REPLIED:
        acts[Act.DECIDE] = OFFICERS
    if case.state in UNDECIDED and standing.status is Status.ACTIVE and not case.was_suspended_at_once:
        acts[Act.SUSPEND_AT_ONCE] = OFFICERS
    if case.state is State.DECIDED:
        if _is_over(case.appeal_until, at):
            acts[Act.BECOME_FINAL] = CLOCK
        else:
            acts |= {Act.ACCEPT: OPERATOR, Act.APPEAL: OPERATOR}
    if case.state is State.APPEALED:
        acts |= {Act.UPHOLD_APPEAL: STATE, Act.DISMISS_APPEAL: STATE}
    return acts | _of_its_suspension(case, standing, at)


def _of_its_suspension(case: Case, standing: Standing, at: datetime) -> dict[Act, frozenset[Office]]:
    suspension = own_suspension(case, standing)
    if suspension is None:
        return {}
    if _is_over(suspension.until, at):
        return {Act.END_SUSPENSION: CLOCK}
    acts: dict[Act, frozenset[Office]] = {}
    if case.state in UNDECIDED:
        acts[Act.LIFT_SUSPENSION] = OFFICERS
        if suspension.kind is SuspensionKind.AT_ONCE:
            acts[Act.CONFIRM_SUSPENSION] = OFFICERS
    return acts


def own_suspension(case: Case, standing: Standing) -> Suspension | None:
    """The centre's suspension if this case made it."""
    suspension = standing.suspension
    return suspension if suspension is not None and suspension.case_id == case.id else None


def _is_over(until: datetime | None, at: datetime) -> bool:
    return until is not None and at > until


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does. `evidence` and `decision` are those of their acts; `penalty_id` is that of a penalty, if one
    becomes final by it.
    """

    act: Act
    by: Actor
    at: datetime
    penalty_id: str
    remarks: str | None = None
    evidence: Evidence | None = None
    decision: Decision | None = None


def open_case(
    *,
    case_id: str,
    standing: Standing,
    district_code: str,
    lsp_id: str,
    offence: str,
    source: Source,
    source_id: str | None,
    observed_on: date,
    evidence: Evidence,
) -> CaseChange:
    """A new case, with what it is opened upon."""
    case = Case(
        id=case_id,
        kiosk_id=standing.kiosk_id,
        district_code=district_code,
        lsp_id=lsp_id,
        offence=offence,
        source=source,
        source_id=source_id,
        observed_on=observed_on,
        opened_at=evidence.at,
        opened_by=evidence.by,
        state=State.OPEN,
        evidence=(evidence,),
        updated_at=evidence.at,
    )
    line = CaseLine(
        case_id=case_id,
        version=1,
        act=Act.OPEN,
        at=evidence.at,
        by=evidence.by,
        state_before=None,
        state_after=State.OPEN,
        remarks=None,
        facts={"source": source.value},
    )
    return CaseChange(case=case, line=line)


def require_allowed(case: Case, standing: Standing, act: Act, by: Actor, at: datetime) -> None:
    """Raises TooLate, NotNow, NotYours, SamePerson."""
    acts = allowed(case, standing, at)
    if act not in acts:
        late = {Act.REPLY: State.NOTICED, Act.ACCEPT: State.DECIDED, Act.APPEAL: State.DECIDED}
        if late.get(act) is case.state and by.office is Office.OPERATOR:
            raise TooLate
        raise NotNow
    if by.office not in acts[act]:
        raise NotYours(acts[act])
    suspension = own_suspension(case, standing)
    decided_by = case.decision.by.person_id if case.decision else None
    others = {
        Act.DECIDE: case.opened_by.person_id,
        Act.CONFIRM_SUSPENSION: suspension.by_person if suspension else None,
        Act.UPHOLD_APPEAL: decided_by,
        Act.DISMISS_APPEAL: decided_by,
    }
    if act in others and by.person_id is not None and by.person_id == others[act]:
        raise SamePerson


def move(case: Case, standing: Standing, deed: Deed, rules: CaseRules) -> CaseChange:
    """The case and its centre after the deed.

    Raises TooLate, NotNow, NotYours, SamePerson, NoticeFirst, NotTrading, SuspendedInAnother; then nothing happened.
    """
    require_allowed(case, standing, deed.act, deed.by, deed.at)
    moved, stood, penalty = _moved(case, standing, deed, rules)
    moved = replace(moved, updated_at=deed.at, version=case.version + 1)
    line = CaseLine(
        case_id=case.id,
        version=moved.version,
        act=deed.act,
        at=deed.at,
        by=deed.by,
        state_before=case.state,
        state_after=moved.state,
        remarks=deed.remarks,
        facts=_facts(deed, stood, penalty),
    )
    return CaseChange(case=moved, line=line, stood=stood, penalty=penalty)


_Moved = tuple[Case, Stood | None, Penalty | None]


def _moved(case: Case, standing: Standing, deed: Deed, rules: CaseRules) -> _Moved:
    match deed.act:
        case Act.DECIDE:
            return _decided(case, standing, deed, rules)
        case Act.ACCEPT | Act.DISMISS_APPEAL | Act.BECOME_FINAL:
            return _final(case, standing, deed)
    return _gone_on(case, deed, rules), _stood(case, standing, deed, rules), None


def _gone_on(case: Case, deed: Deed, rules: CaseRules) -> Case:
    moved = replace(case, evidence=(*case.evidence, deed.evidence)) if deed.evidence else case
    match deed.act:
        case Act.GIVE_NOTICE:
            moved = replace(moved, state=State.NOTICED, reply_until=deed.at + timedelta(days=rules.reply_days))
        case Act.REPLY:
            moved = replace(moved, state=State.REPLIED)
        case Act.SUSPEND_AT_ONCE:
            moved = replace(moved, was_suspended_at_once=True)
        case Act.APPEAL:
            moved = replace(moved, state=State.APPEALED)
        case Act.UPHOLD_APPEAL:
            moved = replace(moved, state=State.ENDED, overturned=True)
    return moved


def _stood(case: Case, standing: Standing, deed: Deed, rules: CaseRules) -> Stood | None:
    own, stood = own_suspension(case, standing), None
    match deed.act:
        case Act.SUSPEND_AT_ONCE:
            suspension = _suspension(case, deed, SuspensionKind.AT_ONCE, deed.at, rules.confirm_days)
            stood = _suspended(standing, suspension, case.offence)
        case Act.CONFIRM_SUSPENSION:
            since = own.since if own else deed.at
            suspension = _suspension(case, deed, SuspensionKind.CONFIRMED, since, rules.interim_days)
            stood = _suspended(standing, suspension, case.offence)
        case Act.LIFT_SUSPENSION:
            stood = _reinstated(standing, "suspension-lifted")
        case Act.END_SUSPENSION:
            is_unconfirmed = own is not None and own.kind is SuspensionKind.AT_ONCE
            stood = _reinstated(standing, "not-confirmed" if is_unconfirmed else "suspension-ended")
        case Act.UPHOLD_APPEAL if own:
            stood = _reinstated(standing, "appeal-upheld")
    return stood


def _decided(case: Case, standing: Standing, deed: Deed, rules: CaseRules) -> _Moved:
    """A suspension takes effect now; a penalty and a closure when the decision is final."""
    decision = deed.decision
    if decision is None or (decision.outcome is not Outcome.DISMISSED and case.state is State.OPEN):
        raise NoticeFirst
    is_dismissed = decision.outcome is Outcome.DISMISSED
    moved = replace(
        case,
        state=State.ENDED if is_dismissed else State.DECIDED,
        decision=decision,
        appeal_until=None if is_dismissed else deed.at + timedelta(days=rules.appeal_days),
    )
    own = own_suspension(case, standing)
    days = rules.appeal_days if decision.outcome is Outcome.CLOSED else decision.suspension_days
    if days is None:
        return moved, _reinstated(standing, "case-decided") if own else None, None
    if standing.suspension is not None and own is None:
        raise SuspendedInAnother(standing.suspension)
    if standing.status is not Status.ACTIVE and own is None:
        # Its suspension would end in trading, which it may not: it is not verified, or was suspended before cases were.
        if decision.outcome is Outcome.CLOSED:
            return moved, None, None
        raise NotTrading
    suspension = _suspension(case, deed, SuspensionKind.DECIDED, deed.at, days)
    return moved, _suspended(standing, suspension, case.offence), None


def _final(case: Case, standing: Standing, deed: Deed) -> _Moved:
    """What was decided is carried out: it was accepted, nobody appealed in time, or the appeal was dismissed."""
    decision, stood, penalty = case.decision, None, None
    if decision is not None and decision.penalty_paise:
        penalty = Penalty(
            deed.penalty_id, decision.penalty_paise - decision.lsp_paise, decision.lsp_paise, decision.order or ""
        )
    if decision is not None and decision.outcome is Outcome.CLOSED and standing.status is not Status.CLOSED:
        closed = replace(standing, status=Status.CLOSED, suspension=None, version=standing.version + 1)
        stood = Stood(closed, "inactivity" if case.offence == "inactivity" else "discipline")
    return replace(case, state=State.ENDED, penalty_id=penalty.penalty_id if penalty else None), stood, penalty


def _suspension(case: Case, deed: Deed, kind: SuspensionKind, since: datetime, days: int) -> Suspension:
    until = since + timedelta(days=days)
    return Suspension(case_id=case.id, kind=kind, by_person=deed.by.person_id, since=since, until=until)


def _suspended(standing: Standing, suspension: Suspension, offence: str) -> Stood:
    version = standing.version + 1
    return Stood(replace(standing, status=Status.SUSPENDED, suspension=suspension, version=version), offence)


def _reinstated(standing: Standing, reason: str) -> Stood:
    return Stood(replace(standing, status=Status.ACTIVE, suspension=None, version=standing.version + 1), reason)


def _facts(deed: Deed, stood: Stood | None, penalty: Penalty | None) -> Mapping[str, Any]:
    facts: dict[str, Any] = {}
    if deed.decision is not None:
        facts |= {"outcome": deed.decision.outcome.value, "times": deed.decision.times}
    if stood is not None:
        facts |= {"centre": stood.standing.status.value, "because": stood.reason}
    if penalty is not None:
        facts |= {"penalty_id": penalty.penalty_id}
    return facts
