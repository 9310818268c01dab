"""Who filed it, the reader or the presiding officer moves a case."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from revenue_courts.application.check_filing import FilingCheck
from revenue_courts.application.errors import (
    ActDoesNotFit,
    ActNotPossible,
    CourtCaseNotFound,
    DayNotPossible,
    NotOfThisCourt,
)
from revenue_courts.application.not_fitting import NOT_FITTING
from revenue_courts.application.ports import Cases, Changes, Closures, VersionMoved
from revenue_courts.application.records import record_moved
from revenue_courts.application.viewer import Viewer
from revenue_courts.domain.calendar import Calendar, civil_date
from revenue_courts.domain.case import Act, Case, Defect, Office
from revenue_courts.domain.case_kinds import Codes
from revenue_courts.domain.closure import without
from revenue_courts.domain.deed import Deed, DoesNotFit, Matter, NotHeardYet, NotNow, NotThatDay, NotYours, Transfer
from revenue_courts.domain.filing import Earlier, Filing, lacks_of_court
from revenue_courts.domain.moves import ACTS, may_be_asked_for, move
from revenue_courts.domain.notice import Notice, NoticeOrder, ServiceReport
from servicekit.errors import FieldProblem
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

_OFFICES: Mapping[Office, tuple[str, str]] = {
    Office.FILER: ("who filed the case", "प्रकरण प्रस्तुत करने वाला"),
    Office.READER: ("the reader of the court", "न्यायालय का रीडर"),
    Office.PRESIDING_OFFICER: ("the presiding officer", "पीठासीन अधिकारी"),
    Office.PROCESS_SERVER: ("the process server of the court", "न्यायालय का आदेशिका वाहक"),
    Office.HIGHER_COURT: ("the court that hears the appeal", "अपील सुनने वाला न्यायालय"),
    Office.PARTY: ("a party, by the code on its notice", "पक्षकार, अपने नोटिस के कोड से"),
}
# These take a number in their transaction.
_NUMBERED = frozenset({Act.REGISTER, Act.TRANSFER})
# What an appeal, a revision or a review may be against.
_ORDERS = frozenset({Act.DISPOSE, Act.PASS_INTERIM_ORDER, Act.DRAW_DECREE, Act.RESTORE})
_DAYS: Mapping[str, tuple[str, str]] = {
    "in-the-past": ("Choose a day that is still to come.", "आगे की कोई तिथि चुनें।"),
    "beyond-the-calendar": (
        "The holidays of that year are not known yet; choose an earlier day.",
        "उस वर्ष के अवकाश अभी ज्ञात नहीं हैं; पहले की तिथि चुनें।",
    ),
    "court-closed": ("No court sits on that day; choose a working day.", "उस दिन न्यायालय बंद है; कोई कार्य दिवस चुनें।"),
    "not-after-the-last": (
        "It must be after the hearing before it.",
        "यह पिछली सुनवाई के बाद की तिथि होनी चाहिए।",
    ),
}


@dataclass(frozen=True, kw_only=True)
class MoveCase:
    """The command; ids and time are minted by the route. `day_at` is where in the request the day stands;
    `record_event_ids` are for what is told of a case that this one is against.

    Of the members from `filing` on, an act has those that are its own (see domain.moves.Deed).
    """

    case_id: str
    viewer: Viewer
    act: Act
    precondition: Precondition
    event_ids: tuple[str, str]
    record_event_ids: tuple[str, str]
    at: datetime
    request_id: str
    claim: Claim
    day_at: str = ""
    filing: Filing | None = None
    defects: tuple[Defect, ...] = ()
    cure_by: date | None = None
    on: date | None = None
    purpose: str | None = None
    code: str | None = None
    text: str | None = None
    matter: Matter | None = None


@dataclass(frozen=True)
class MoveCaseHandler:
    """Moves by compare-and-set: of two who act at once, exactly one does."""

    cases: Cases
    check: FilingCheck
    calendar: Calendar
    codes: Codes
    closures: Closures

    def __call__(self, command: MoveCase) -> Once[str]:
        """Safe to repeat with the same claim: the first move stands.

        Raises CourtCaseNotFound, ActNotPossible, NotOfThisCourt, DayNotPossible, ActDoesNotFit, FilingNotComplete,
        ValidationFailed, StaleVersion, IdempotencyKeyReused.
        """
        if (replay := self.cases.find(command.claim)) is not None:
            return replay
        read = self.cases.get(command.case_id)
        if read is None or not command.viewer.may_see(read, self.check.before(read)[0]):
            raise CourtCaseNotFound("There is no such case that you may see.")
        notice_no = _notice_of(command.matter)
        deed = self._deed(command, read, self.cases.notice(read.id, notice_no) if notice_no is not None else None)
        # Whose it is and whether it may be is told before what is missing; a number is not taken for it.
        calendar = self._calendar(read)
        self._try(read, replace(deed, number="") if command.act in _NUMBERED else deed, calendar, command.day_at)
        command.precondition.check(read.version)
        if command.act is Act.REVISE and command.filing is not None:
            self.check.known(command.filing)
        if command.act is Act.SUBMIT:
            self.check.complete(read.filing, civil_date(command.at), self._earlier(read.filing.against))
        if isinstance(command.matter, Transfer):
            self._may_go(read, command)

        def effect(changes: Changes) -> None:
            case = changes.get(command.case_id)
            if case is None or case.version != read.version:
                raise VersionMoved
            numbered = deed
            if notice_no is not None:
                numbered = replace(deed, notice=changes.notice(case.id, notice_no))
            if command.act in _NUMBERED:
                court_code = command.matter.court_code if isinstance(command.matter, Transfer) else case.court_code
                year = civil_date(command.at).year
                number = changes.next_number(court_code, case.filing.kind_code, year)
                numbered = replace(deed, number=number)
            change = move(case, numbered, calendar)
            changes.save(change, command.request_id)
            earlier = record_moved(changes, change.case, deed, command.record_event_ids, calendar)
            if earlier is not None:
                crash_point("J3")
                changes.save(earlier, command.request_id)

        try:
            return self.cases.once(command.claim, command.case_id, effect)
        except VersionMoved:
            raise not_possible(self.cases.get(command.case_id) or read) from None

    def _earlier(self, number: str | None) -> Earlier | None:
        """The case of that number, as far as an appeal looks at it."""
        case = self.cases.by_number(number) if number is not None else None
        if case is None:
            return None
        days = {civil_date(line.at) for line in self.cases.history(case.id) if line.act in _ORDERS}
        return Earlier(court=self.check.before(case)[0], order_days=frozenset(days))

    def _may_go(self, case: Case, command: MoveCase) -> None:
        """Raises ActDoesNotFit unless the other court may hear the case."""
        assert isinstance(command.matter, Transfer)
        there = replace(case.filing, court_code=command.matter.court_code)
        court, _ = self.check.known(there)
        if any(lacks_of_court(there, court, civil_date(command.at))):
            raise not_fitting(DoesNotFit("/court_code", "not-heard-by-that-court"))

    def _deed(self, command: MoveCase, case: Case, notice: Notice | None) -> Deed:
        viewer = command.viewer
        court, kind = self.check.before(case)
        offices = ACTS[command.act][1]
        permitted = viewer.serves(case, court) or (Office.FILER in offices and viewer.owns(case))
        if not permitted:
            raise _not_yours(offices)
        return Deed(
            act=command.act,
            by=viewer.acting_in(court),
            at=command.at,
            event_ids=command.event_ids,
            filing=command.filing,
            defects=command.defects,
            cure_by=command.cure_by,
            on=command.on,
            purpose=command.purpose,
            code=command.code,
            text=command.text,
            matter=command.matter,
            notice=notice,
            form=kind.form,
            outcome=self.codes.services.get(command.matter.outcome)
            if isinstance(command.matter, ServiceReport)
            else None,
        )

    def _calendar(self, case: Case) -> Calendar:
        """That of the court, some of whose days fell away."""
        return without(self.calendar, self.closures.of(case.court_code), dict(self.codes.adjournments))

    def _try(self, case: Case, deed: Deed, calendar: Calendar, day_at: str) -> None:
        try:
            move(case, deed, calendar)
        except NotNow:
            raise not_possible(case) from None
        except NotYours as error:
            raise _not_yours(error.offices) from None
        except NotHeardYet:
            raise ActNotPossible(
                "The day of the hearing has not come: adjourn it, or record it on the day.",
                detail_hi="सुनवाई की तिथि अभी नहीं आई है: स्थगित करें, या उसी दिन कार्यवाही लिखें।",
                case_status=case.state.value,
                allowed_actions=[Act.ADJOURN.value],
            ) from None
        except NotThatDay as error:
            raise not_that_day(error, day_at) from None
        except DoesNotFit as error:
            raise not_fitting(error) from None


def not_fitting(error: DoesNotFit) -> ActDoesNotFit:
    """As it is told to people."""
    problem = FieldProblem(error.pointer, error.code, *NOT_FITTING[error.code])
    return ActDoesNotFit("That does not fit the case; nothing was changed.", errors=[problem])


def _notice_of(matter: Matter | None) -> int | None:
    """The number of the notice that is named."""
    if isinstance(matter, ServiceReport):
        return matter.no
    return matter.instead_of if isinstance(matter, NoticeOrder) else None


def not_that_day(error: NotThatDay, day_at: str) -> DayNotPossible:
    """As it is told to people; `day_at` is where in the request the day stands."""
    en, hi = _DAYS[error.code]
    closed = bool(error.closed_en)
    problem = FieldProblem(
        day_at,
        error.code,
        f"{en} ({error.closed_en})" if closed else en,
        f"{hi} ({error.closed_hi})" if closed else hi,
    )
    return DayNotPossible("The day is not possible.", errors=[problem])


def not_possible(case: Case) -> ActNotPossible:
    """As it is told to people, with what can be done."""
    return ActNotPossible(
        "That cannot be done with the case as it stands; read it again.",
        detail_hi="प्रकरण की वर्तमान स्थिति में यह नहीं हो सकता; उसे फिर से पढ़ें।",
        case_status=case.state.value,
        allowed_actions=[act.value for act in may_be_asked_for(case)],
    )


def _not_yours(offices: frozenset[Office]) -> NotOfThisCourt:
    named = [office for office in Office if office in offices]
    en, hi = (", ".join(_OFFICES[office][language] for office in named) for language in (0, 1))
    return NotOfThisCourt(
        f"This is for: {en}.", detail_hi=f"यह कार्य इनका है: {hi}।", offices=[office.value for office in named]
    )
