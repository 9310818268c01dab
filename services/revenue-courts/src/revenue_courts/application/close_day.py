"""A day falls away: every case on its list gets another one, and who is in it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from revenue_courts.application.errors import CourtNotFound, DayNotPossible, NotOfThisCourt
from revenue_courts.application.move_case import MoveCase, MoveCaseHandler, not_that_day
from revenue_courts.application.ports import Cases, Closures, Courts
from revenue_courts.application.viewer import Viewer
from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import Act, Office
from revenue_courts.domain.closure import Closure, day_for, without
from revenue_courts.domain.deed import NotThatDay
from revenue_courts.domain.label import Label
from revenue_courts.domain.moves import check_day
from servicekit.errors import ServiceError
from servicekit.faults import crash_point
from servicekit.idempotency import Claim
from servicekit.ids import event_id
from servicekit.versions import Precondition

# In one request, so that it is answered in seconds; whoever asks goes on asking while cases are left.
AT_ONCE = 50
CLAIM_KEPT = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class CloseDay:
    """The command. The cases are spread over `days`; `reason` is a code of adjournments."""

    court_code: str
    on: date
    days: Sequence[date]
    reason: str
    text: str
    viewer: Viewer
    client_id: str
    request_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """How far it is: cases moved by this request, those that could not be, with the code of why, and those left."""

    moved: int
    refused: Mapping[str, str]
    left: int


@dataclass(frozen=True)
class CloseDayHandler:
    """May be cut off anywhere and asked again: what is still listed on the day is what is left to do."""

    cases: Cases
    courts: Courts
    closures: Closures
    move_case: MoveCaseHandler
    calendar: Calendar
    reasons: dict[str, Label]

    def __call__(self, command: CloseDay) -> ClosedDay:
        """Safe to repeat: no case is moved twice. Raises CourtNotFound, NotOfThisCourt, DayNotPossible."""
        court = self.courts.get(command.court_code)
        if court is None:
            raise CourtNotFound("There is no court of that code.")
        viewer = command.viewer
        officer = viewer.officer
        may = (Office.READER, Office.PRESIDING_OFFICER)
        if officer is None or not viewer.sits_in(court) or viewer.acting_in(court).office not in may:
            raise NotOfThisCourt(
                "This is for: the reader of the court, the presiding officer.",
                detail_hi="यह कार्य न्यायालय के रीडर या पीठासीन अधिकारी का है।",
                offices=[office.value for office in may],
            )
        closure = Closure(court_code=court.code, on=command.on, reason=command.reason, by=officer.id, at=command.at)
        self._check_days(command, closure)
        # First nothing new is set for the day, then what stands there goes: so it comes to an end.
        self.closures.add(closure)
        moved, refused, after = 0, dict[str, str](), ""
        while moved < AT_ONCE and (listed := self.cases.listed_on(court.code, command.on, after, AT_ONCE - moved)):
            for case_id, place in listed:
                after = place
                try:
                    self.move_case(self._move(command, case_id, day_for(place, command.days)))
                    moved += 1
                except ServiceError as error:
                    if error.retryable:
                        raise
                    refused[case_id] = error.slug
                crash_point("J4")
        return ClosedDay(moved=moved, refused=refused, left=self.cases.count_listed_on(court.code, command.on))

    def _check_days(self, command: CloseDay, closure: Closure) -> None:
        known = [*self.closures.of(command.court_code), closure]
        calendar = without(self.calendar, known, self.reasons)
        for place, day in enumerate(command.days):
            try:
                check_day(day, today=civil_date(command.at), after=command.on, calendar=calendar)
            except NotThatDay as error:
                raise not_that_day(error, f"/days/{place}") from None
        if command.on > self.calendar.known_until:
            raise DayNotPossible("The holidays of that year are not known yet.")

    def _move(self, command: CloseDay, case_id: str, day: date) -> MoveCase:
        case = self.cases.get(case_id)
        purpose = case.hearing.purpose if case is not None and case.hearing is not None else ""
        key = f"{case_id}:{command.on.isoformat()}"
        return MoveCase(
            case_id=case_id,
            viewer=command.viewer,
            act=Act.ADJOURN,
            precondition=Precondition(),
            event_ids=(event_id(), event_id()),
            record_event_ids=(event_id(), event_id()),
            at=command.at,
            request_id=command.request_id,
            claim=Claim(command.client_id, "close-court-day", key, key, command.at + CLAIM_KEPT),
            on=day,
            purpose=purpose,
            code=command.reason,
            text=command.text,
        )
