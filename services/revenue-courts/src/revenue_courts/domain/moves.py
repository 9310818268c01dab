"""Which acts move a case where, and whose they are: a table, and the rules beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

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
    Defect,
    Hearing,
    HistoryEntry,
    Office,
    Outcome,
    State,
    Told,
)
from revenue_courts.domain.filing import Filing

# What an abandoned draft holds is personal data: the platform's own choice, no order says a time.
DRAFT_DAYS = timedelta(days=30)
_COURT = frozenset({Office.READER, Office.PRESIDING_OFFICER})
_BENCH = frozenset({Office.PRESIDING_OFFICER})
_FILER = frozenset({Office.FILER})

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
}


class NotNow(Exception):
    """The act is not one of what may be done in this state."""


class NotYours(Exception):
    """The act is another office's; `offices` says whose."""

    def __init__(self, offices: frozenset[Office]) -> None:
        super().__init__(offices)
        self.offices = offices


class NotThatDay(Exception):
    """No hearing can be on that day; `code` says why, `closed_en` and `closed_hi` name the holiday."""

    def __init__(self, code: str, closed_en: str = "", closed_hi: str = "") -> None:
        super().__init__(code)
        self.code, self.closed_en, self.closed_hi = code, closed_en, closed_hi


class NotHeardYet(Exception):
    """The day of the hearing has not come, so nothing can have been heard."""


def allowed(state: State) -> dict[Act, frozenset[Office]]:
    """What may be done with a case in that state, and by whom."""
    return {act: offices for act, (states, offices) in ACTS.items() if state in states}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does. Of the members from `filing` on, an act uses those that are its own; `number` is given to a
    registration in its transaction. `event_ids` are for what is told, at most two.
    """

    act: Act
    by: Actor
    at: datetime
    event_ids: tuple[str, str]
    filing: Filing | None = None
    defects: tuple[Defect, ...] = ()
    cure_by: date | None = None
    number: str | None = None
    on: date | None = None
    purpose: str | None = None
    code: str | None = None
    text: str | None = None


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
    """The case after the deed. Raises NotNow, NotYours, NotThatDay, NotHeardYet; then nothing happened."""
    offices = allowed(case.state)
    if deed.act not in offices:
        raise NotNow
    if deed.by.office not in offices[deed.act]:
        raise NotYours(offices[deed.act])
    state, members, hearings, told = _DEEDS[deed.act](case, deed, calendar)
    events = tuple(
        Told(event_id=event_id, type=event, sequence=case.events_told + place, facts=facts)
        for place, (event_id, (event, facts)) in enumerate(zip(deed.event_ids, told, strict=False), start=1)
    )
    after = replace(
        case,
        state=state,
        version=case.version + 1,
        updated_at=deed.at,
        events_told=case.events_told + len(events),
        **members,
    )
    entry = HistoryEntry(
        case_id=case.id,
        version=after.version,
        act=deed.act,
        at=deed.at,
        by=deed.by,
        state_before=case.state,
        state_after=state,
        code=deed.code,
        text=deed.text,
        on=deed.on or deed.cure_by,
    )
    return Change(after, entry, hearings, events)


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


_Done = tuple[State, dict[str, Any], tuple[Hearing, ...], list[tuple[str, dict[str, str | None]]]]


def _revise(case: Case, deed: Deed, _: Calendar) -> _Done:
    return case.state, {"filing": deed.filing}, (), []


def _submit(case: Case, deed: Deed, _: Calendar) -> _Done:
    first = case.filed_at is None
    members = {"filed_at": case.filed_at or deed.at, "defects": (), "cure_by": None, "forget_at": None}
    return State.SUBMITTED, members, (), [(FILED, {})] if first else []


def _raise_defects(_: Case, deed: Deed, calendar: Calendar) -> _Done:
    if deed.cure_by is None or deed.cure_by <= civil_date(deed.at):
        raise NotThatDay("in-the-past")
    if calendar.closed(deed.cure_by) is not None:
        raise NotThatDay("court-closed")
    return State.DEFECTIVE, {"defects": deed.defects, "cure_by": deed.cure_by}, (), []


def _register(_: Case, deed: Deed, __: Calendar) -> _Done:
    assert deed.number is not None
    members = {"number": deed.number, "registered_at": deed.at}
    return State.REGISTERED, members, (), [(REGISTERED, {"case_number": deed.number})]


def _schedule(case: Case, deed: Deed, calendar: Calendar) -> _Done:
    return _listed(case, deed, calendar, closed=())


def _hear(case: Case, deed: Deed, calendar: Calendar) -> _Done:
    _has_come(case, deed)
    return _listed(case, deed, calendar, closed=_closed(case, Outcome.HELD))


def _adjourn(case: Case, deed: Deed, calendar: Calendar) -> _Done:
    return _listed(case, deed, calendar, closed=_closed(case, Outcome.ADJOURNED))


def _pass_interim_order(case: Case, __: Deed, ___: Calendar) -> _Done:
    return case.state, {}, (), [(PASSED, {"order_kind": "interim"})]


def _reserve(case: Case, deed: Deed, _: Calendar) -> _Done:
    _has_come(case, deed)
    closed = _closed(case, Outcome.HELD)
    return State.RESERVED, {"hearing": closed[0]}, closed, []


def _dispose(case: Case, deed: Deed, _: Calendar) -> _Done:
    members: dict[str, Any] = {"disposal": deed.code}
    closed: tuple[Hearing, ...] = ()
    if case.state is State.LISTED and case.hearing is not None:
        # Who comes on a day that is no longer needed must not find the case on the list.
        held = case.hearing.on <= civil_date(deed.at)
        closed = _closed(case, Outcome.HELD if held else Outcome.VACATED)
        members["hearing"] = closed[0]
    return State.DISPOSED, members, closed, [(PASSED, {"order_kind": "final"}), (DISPOSED, {"disposal": deed.code})]


_DEEDS: Mapping[Act, Callable[[Case, Deed, Calendar], _Done]] = {
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
}


def _listed(case: Case, deed: Deed, calendar: Calendar, *, closed: tuple[Hearing, ...]) -> _Done:
    assert deed.on is not None
    assert deed.purpose is not None
    last = case.hearing
    check_day(deed.on, today=civil_date(deed.at), after=last.on if last else None, calendar=calendar)
    hearing = Hearing(no=last.no + 1 if last else 1, on=deed.on, purpose=deed.purpose)
    facts: dict[str, str | None] = {"hearing_on": hearing.on.isoformat(), "hearing_purpose": hearing.purpose}
    return State.LISTED, {"hearing": hearing}, (*closed, hearing), [(SCHEDULED, facts)]


def _closed(case: Case, outcome: Outcome) -> tuple[Hearing, ...]:
    assert case.hearing is not None
    return (replace(case.hearing, outcome=outcome),)


def _has_come(case: Case, deed: Deed) -> None:
    if case.hearing is not None and case.hearing.on > civil_date(deed.at):
        raise NotHeardYet
