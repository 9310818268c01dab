"""Which acts move a case where, and whose they are: a table, and the rules beside it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from revenue_courts.domain.appearances import appear, end_appearance
from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import (
    DISPOSED,
    FILED,
    PASSED,
    REGISTERED,
    SCHEDULED,
    Act,
    Actor,
    Case,
    Change,
    Hearing,
    HistoryEntry,
    Office,
    Outcome,
    State,
    Told,
)
from revenue_courts.domain.deed import Deed, Done, NotHeardYet, NotNow, NotThatDay, NotYours
from revenue_courts.domain.filing import Filing
from revenue_courts.domain.notices import issue_notices, join, record_service
from revenue_courts.domain.trial import (
    draw_decree,
    may_be_restored,
    return_record,
    send_record,
    take_evidence,
    transfer,
)

# What an abandoned draft holds is personal data: the platform's own choice, no order says a time.
DRAFT_DAYS = timedelta(days=30)
_COURT = frozenset({Office.READER, Office.PRESIDING_OFFICER})
_BENCH = frozenset({Office.PRESIDING_OFFICER})
_FILER = frozenset({Office.FILER})
_HIGHER_COURT = frozenset({Office.HIGHER_COURT})
_INTERIM: tuple[str, Mapping[str, str | None]] = (PASSED, {"order_kind": "interim"})
_BEFORE_THE_COURT = frozenset({State.REGISTERED, State.LISTED, State.RESERVED})
_REGISTERED = _BEFORE_THE_COURT | {State.DISPOSED}

# In which states an act may be done, and whose it is.
ACTS: Mapping[Act, tuple[frozenset[State], frozenset[Office]]] = {
    Act.REVISE: (frozenset({State.DRAFT, State.DEFECTIVE}), _FILER),
    Act.SUBMIT: (frozenset({State.DRAFT, State.DEFECTIVE}), _FILER),
    Act.RAISE_DEFECTS: (frozenset({State.SUBMITTED}), _COURT),
    Act.REGISTER: (frozenset({State.SUBMITTED}), _COURT),
    Act.SCHEDULE: (frozenset({State.REGISTERED, State.RESERVED}), _COURT),
    Act.HEAR: (frozenset({State.LISTED}), _COURT),
    Act.ADJOURN: (frozenset({State.LISTED}), _COURT),
    Act.PASS_INTERIM_ORDER: (frozenset({State.REGISTERED, State.LISTED}), _BENCH),
    Act.RESERVE: (frozenset({State.LISTED}), _BENCH),
    Act.DISPOSE: (frozenset({State.REGISTERED, State.LISTED, State.RESERVED}), _BENCH),
    Act.APPEAR: (_BEFORE_THE_COURT, _COURT),
    Act.END_APPEARANCE: (_BEFORE_THE_COURT, _COURT),
    Act.HOLD_IN_CAMERA: (_REGISTERED, _BENCH),
    Act.HOLD_IN_PUBLIC: (_REGISTERED, _BENCH),
    Act.ISSUE_NOTICES: (frozenset({State.LISTED}), _COURT),
    Act.RECORD_SERVICE: (_BEFORE_THE_COURT, _COURT | {Office.PROCESS_SERVER}),
    Act.JOIN: (_REGISTERED, frozenset({Office.PARTY})),
    Act.TAKE_EVIDENCE: (frozenset({State.LISTED}), _COURT),
    Act.DRAW_DECREE: (frozenset({State.DISPOSED}), _BENCH),
    Act.RESTORE: (frozenset({State.DISPOSED}), _BENCH),
    Act.TRANSFER: (_BEFORE_THE_COURT, _BENCH),
    Act.SEND_RECORD: (_REGISTERED, _HIGHER_COURT),
    Act.RETURN_RECORD: (_REGISTERED, _HIGHER_COURT),
}

# What a case must be beside its state; an act that is not here asks no more.
_ONLY_IF: Mapping[Act, Callable[[Case], bool]] = {
    Act.END_APPEARANCE: lambda case: any(one.ends is None for one in case.vakalatnamas),
    Act.DRAW_DECREE: lambda case: case.decreed_at is None,
    Act.RESTORE: may_be_restored,
    Act.SEND_RECORD: lambda case: case.record_away is None,
    Act.RETURN_RECORD: lambda case: case.record_away is not None,
    Act.RECORD_SERVICE: lambda case: case.notices_issued > 0,
    Act.JOIN: lambda case: case.notices_issued > 0,
    Act.HOLD_IN_CAMERA: lambda case: not case.in_camera,
    Act.HOLD_IN_PUBLIC: lambda case: case.in_camera,
}


def allowed(case: Case) -> dict[Act, frozenset[Office]]:
    """What may be done with a case as it stands, and by whom."""
    return {
        act: offices
        for act, (states, offices) in ACTS.items()
        if case.state in states and (act not in _ONLY_IF or _ONLY_IF[act](case))
    }


def may_be_asked_for(case: Case) -> list[Act]:
    """What of that somebody may ask for; what a higher court does to a case comes with its own act."""
    return [act for act, offices in allowed(case).items() if offices != _HIGHER_COURT]


def begin(
    filing: Filing,
    *,
    case_id: str,
    transaction_token: str,
    client_id: str,
    kiosk_id: str | None,
    person_id: str | None,
    assistance_id: str | None,
    agreed_once: str | None,
    by: Actor,
    at: datetime,
) -> Change:
    """A new draft."""
    case = Case(
        id=case_id,
        transaction_token=transaction_token,
        client_id=client_id,
        kiosk_id=kiosk_id,
        person_id=person_id,
        assistance_id=assistance_id,
        agreed_once=agreed_once,
        filing=filing,
        court_code=filing.court_code,
        state=State.DRAFT,
        version=1,
        begun_at=at,
        updated_at=at,
        forget_at=at + DRAFT_DAYS,
    )
    entry = HistoryEntry(
        case_id=case_id, version=1, act=Act.BEGIN, at=at, by=by, state_before=None, state_after=State.DRAFT
    )
    return Change(case, entry)


def move(case: Case, deed: Deed, calendar: Calendar) -> Change:
    """The case after the deed. Raises NotNow, NotYours, NotThatDay, NotHeardYet, DoesNotFit; then nothing happened."""
    offices = allowed(case)
    if deed.act not in offices:
        raise NotNow
    if deed.by.office not in offices[deed.act]:
        raise NotYours(offices[deed.act])
    done = _DEEDS[deed.act](case, deed, calendar)
    events = tuple(
        Told(event_id=event_id, type=event, sequence=case.events_told + place, facts=facts)
        for place, (event_id, (event, facts)) in enumerate(zip(deed.event_ids, done.told, strict=False), start=1)
    )
    after = replace(
        case,
        state=done.state,
        version=case.version + 1,
        updated_at=deed.at,
        events_told=case.events_told + len(events),
        **done.members,
    )
    entry = HistoryEntry(
        case_id=case.id,
        version=after.version,
        act=deed.act,
        at=deed.at,
        by=deed.by,
        state_before=case.state,
        state_after=done.state,
        code=deed.code,
        text=deed.text,
        on=deed.on or deed.cure_by,
    )
    return Change(after, entry, done.hearings, done.notices, events, before=case)


def check_day(day: date, *, today: date, after: date | None, calendar: Calendar) -> None:
    """Raises NotThatDay unless a hearing can be set for that day; `after` is the hearing before it."""
    if day < today:
        raise NotThatDay("in-the-past")
    if day > calendar.known_until:
        raise NotThatDay("beyond-the-calendar")
    if (closed := calendar.closed(day)) is not None:
        raise NotThatDay("court-closed", closed.en, closed.hi)
    if after is not None and day <= after:
        raise NotThatDay("not-after-the-last")


def _revise(case: Case, deed: Deed, _: Calendar) -> Done:
    assert deed.filing is not None
    return Done(case.state, {"filing": deed.filing, "court_code": deed.filing.court_code})


def _submit(case: Case, deed: Deed, _: Calendar) -> Done:
    first = case.filed_at is None
    members = {"filed_at": case.filed_at or deed.at, "defects": (), "cure_by": None, "forget_at": None}
    return Done(State.SUBMITTED, members, told=[(FILED, {})] if first else [])


def _raise_defects(_: Case, deed: Deed, calendar: Calendar) -> Done:
    if deed.cure_by is None or deed.cure_by <= civil_date(deed.at):
        raise NotThatDay("in-the-past")
    if calendar.closed(deed.cure_by) is not None:
        raise NotThatDay("court-closed")
    return Done(State.DEFECTIVE, {"defects": deed.defects, "cure_by": deed.cure_by})


def _register(_: Case, deed: Deed, __: Calendar) -> Done:
    assert deed.number is not None
    members = {"number": deed.number, "registered_at": deed.at}
    return Done(State.REGISTERED, members, told=[(REGISTERED, {"case_number": deed.number})])


def _schedule(case: Case, deed: Deed, calendar: Calendar) -> Done:
    return _listed(case, deed, calendar, closed=())


def _hear(case: Case, deed: Deed, calendar: Calendar) -> Done:
    _has_come(case, deed)
    return _listed(case, deed, calendar, closed=_closed(case, Outcome.HELD))


def _adjourn(case: Case, deed: Deed, calendar: Calendar) -> Done:
    return _listed(case, deed, calendar, closed=_closed(case, Outcome.ADJOURNED))


def _pass_interim_order(case: Case, __: Deed, ___: Calendar) -> Done:
    return Done(case.state, told=[_INTERIM])


def _reserve(case: Case, deed: Deed, _: Calendar) -> Done:
    _has_come(case, deed)
    closed = _closed(case, Outcome.HELD)
    return Done(State.RESERVED, {"hearing": closed[0]}, hearings=closed)


def _dispose(case: Case, deed: Deed, _: Calendar) -> Done:
    members: dict[str, Any] = {"disposal": deed.code}
    closed: tuple[Hearing, ...] = ()
    if case.state is State.LISTED and case.hearing is not None:
        # Who comes on a day that is no longer needed must not find the case on the list.
        held = case.hearing.on <= civil_date(deed.at)
        closed = _closed(case, Outcome.HELD if held else Outcome.VACATED)
        members["hearing"] = closed[0]
    told: list[tuple[str, Mapping[str, str | None]]] = [
        (PASSED, {"order_kind": "final"}),
        (DISPOSED, {"disposal": deed.code}),
    ]
    return Done(State.DISPOSED, members, hearings=closed, told=told)


def _restore(case: Case, deed: Deed, calendar: Calendar) -> Done:
    listed = _listed(case, deed, calendar, closed=())
    told: list[tuple[str, Mapping[str, str | None]]] = [(PASSED, {"order_kind": "restoration"}), *listed.told]
    return replace(listed, members={**listed.members, "disposal": None, "decreed_at": None}, told=told)


def _hold_in_camera(case: Case, _: Deed, __: Calendar) -> Done:
    return Done(case.state, {"in_camera": True}, told=[_INTERIM])


def _hold_in_public(case: Case, _: Deed, __: Calendar) -> Done:
    return Done(case.state, {"in_camera": False}, told=[_INTERIM])


_DEEDS: Mapping[Act, Callable[[Case, Deed, Calendar], Done]] = {
    Act.REVISE: _revise,
    Act.SUBMIT: _submit,
    Act.RAISE_DEFECTS: _raise_defects,
    Act.REGISTER: _register,
    Act.SCHEDULE: _schedule,
    Act.HEAR: _hear,
    Act.ADJOURN: _adjourn,
    Act.PASS_INTERIM_ORDER: _pass_interim_order,
    Act.RESERVE: _reserve,
    Act.DISPOSE: _dispose,
    Act.APPEAR: appear,
    Act.END_APPEARANCE: end_appearance,
    Act.HOLD_IN_CAMERA: _hold_in_camera,
    Act.HOLD_IN_PUBLIC: _hold_in_public,
    Act.ISSUE_NOTICES: issue_notices,
    Act.RECORD_SERVICE: record_service,
    Act.JOIN: join,
    Act.TAKE_EVIDENCE: take_evidence,
    Act.DRAW_DECREE: draw_decree,
    Act.RESTORE: _restore,
    Act.TRANSFER: transfer,
    Act.SEND_RECORD: send_record,
    Act.RETURN_RECORD: return_record,
}


def _listed(case: Case, deed: Deed, calendar: Calendar, *, closed: tuple[Hearing, ...]) -> Done:
    assert deed.on is not None
    assert deed.purpose is not None
    last = case.hearing
    check_day(deed.on, today=civil_date(deed.at), after=last.on if last else None, calendar=calendar)
    assert case.number is not None
    hearing = Hearing(
        no=last.no + 1 if last else 1,
        on=deed.on,
        purpose=deed.purpose,
        court_code=case.court_code,
        case_number=case.number,
    )
    facts: dict[str, str | None] = {"hearing_on": hearing.on.isoformat(), "hearing_purpose": hearing.purpose}
    return Done(State.LISTED, {"hearing": hearing}, hearings=(*closed, hearing), told=[(SCHEDULED, facts)])


def _closed(case: Case, outcome: Outcome) -> tuple[Hearing, ...]:
    assert case.hearing is not None
    return (replace(case.hearing, outcome=outcome),)


def _has_come(case: Case, deed: Deed) -> None:
    if case.hearing is not None and case.hearing.on > civil_date(deed.at):
        raise NotHeardYet
