"""Reading cases, as far as the caller may see them; and what of them is everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict, Unpack

from revenue_courts.application.errors import CourtCaseNotFound, CourtNotFound
from revenue_courts.application.ports import Cases, Courts, Listed, PublishedEvent, Selection
from revenue_courts.application.viewer import Viewer
from revenue_courts.domain.case import (
    DISPOSED,
    FILED,
    PASSED,
    REGISTERED,
    SCHEDULED,
    Act,
    Case,
    Hearing,
    HistoryEntry,
    State,
)
from revenue_courts.domain.courts import Court
from revenue_courts.domain.notice import Notice
from servicekit.access import Role

_EVENTS = {
    Act.REGISTER: (REGISTERED,),
    Act.SCHEDULE: (SCHEDULED,),
    Act.HEAR: (SCHEDULED,),
    Act.ADJOURN: (SCHEDULED,),
    Act.PASS_INTERIM_ORDER: (PASSED,),
    Act.DISPOSE: (PASSED, DISPOSED),
    Act.DRAW_DECREE: (PASSED,),
    Act.RESTORE: (PASSED, SCHEDULED),
    Act.TRANSFER: (PASSED, REGISTERED),
    Act.HOLD_IN_CAMERA: (PASSED,),
    Act.HOLD_IN_PUBLIC: (PASSED,),
}
# What a draft, its changes and its objections say is between who filed it and the office.
_BEFORE_THE_COURT = frozenset({Act.BEGIN, Act.REVISE, Act.SUBMIT, Act.RAISE_DEFECTS})
FILERS = frozenset({Role.CITIZEN, Role.OPERATOR, Role.STAFF, Role.MACHINE})


class Sought(TypedDict, total=False):
    """By what cases are looked up; see Selection."""

    state: State | None
    court_code: str | None
    district_code: str | None
    number: str | None
    party: frozenset[str]
    land_key: str | None
    enrolment: str | None


@dataclass(frozen=True)
class CaseReader:
    """Answers questions about cases."""

    cases: Cases
    courts: Courts

    def get(self, case_id: str, viewer: Viewer) -> tuple[Case, Sequence[HistoryEntry]]:
        """The case and its lines. Raises CourtCaseNotFound, also when the viewer may not see it."""
        case = self.cases.get(case_id)
        if case is None or not viewer.may_see(case, self.court(case.court_code)):
            raise CourtCaseNotFound("There is no such case that you may see.")
        # A line of a later version than the one that was read is left out: the ETag stands for both.
        return case, self.cases.history(case_id)[: case.version]

    def hearings(self, case_id: str, viewer: Viewer) -> tuple[Case, Sequence[Hearing]]:
        """The case and its hearings, the first one first. Raises CourtCaseNotFound."""
        case, _ = self.get(case_id, viewer)
        return case, self.cases.hearings(case_id)

    def notices(self, case_id: str, viewer: Viewer) -> tuple[Case, Sequence[Notice], bool]:
        """The case, its notices, and whether the viewer may see their secrets: who prints them may, nobody else.

        Raises CourtCaseNotFound.
        """
        case, _ = self.get(case_id, viewer)
        return case, self.cases.notices(case_id), viewer.serves(case, self.court(case.court_code))

    def page(
        self,
        viewer: Viewer,
        *,
        role: str,
        after: str | None,
        limit: int,
        **members: Unpack[Sought],
    ) -> tuple[Sequence[Case], str | None]:
        """One page of what the viewer may see, the youngest first, and after which id the next begins.

        Cases in camera are for who filed them, and for an officer who names the court in which they sit.
        """
        court_code, own = members.get("court_code"), role in FILERS
        court = self.courts.get(court_code) if court_code is not None else None
        in_camera = own or (court is not None and viewer.sits_in(court))
        selection = Selection(reach=viewer.reach, own_drafts=own, in_camera=in_camera, **members)
        cases = self.cases.page(selection, after, limit + 1)
        return cases[:limit], cases[limit - 1].id if len(cases) > limit else None

    def by_number(self, number: str) -> tuple[Case, Sequence[HistoryEntry]]:
        """What anybody may know of a registered case: its lines since it came before the court.

        Raises CourtCaseNotFound.
        """
        case = self.cases.by_number(number)
        if case is None or case.in_camera:
            raise CourtCaseNotFound("No case has this number; compare it with the notice or the order.")
        lines = self.cases.history(case.id)[: case.version]
        return case, [line for line in lines if line.act not in _BEFORE_THE_COURT]

    def cause_list(
        self, court_code: str, on: date, after: str | None, limit: int
    ) -> tuple[Court, Sequence[Listed], str | None]:
        """The court, one page of its list of the day, and after which place the next begins. Raises CourtNotFound."""
        court = self.court(court_code)
        listed = self.cases.cause_list(court_code, on, after, limit + 1)
        return court, listed[:limit], listed[limit - 1].place if len(listed) > limit else None

    def court(self, code: str) -> Court:
        """The court. Raises CourtNotFound."""
        court = self.courts.get(code)
        if court is None:
            raise CourtNotFound("There is no court of that code.")
        return court

    def transaction(self, token: str) -> tuple[Case, list[PublishedEvent]]:
        """The case with this transaction token, and the events published about it, oldest first.

        For the gateway, which checks itself whose it is. Raises CourtCaseNotFound; a draft is no transaction yet.
        """
        case = self.cases.by_token(token)
        if case is None or case.filed_at is None:
            raise CourtCaseNotFound("No case has this token.")
        events = [PublishedEvent(FILED, case.filed_at)]
        for line in self.cases.history(case.id):
            events += [PublishedEvent(event, line.at) for event in _EVENTS.get(line.act, ())]
        return case, events
