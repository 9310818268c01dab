"""Reading where an application stands, for those who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from certificates.application.applications.errors import UnknownApplicationType
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.standing.ports import Desk, DeskTimes, Median
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import (
    ACTS_OF_APPLICANTS,
    ACTS_OF_OFFICERS,
    Act,
    Application,
    Happening,
    HistoryEntry,
    State,
    last_sent_back,
)
from certificates.domain.applications.expire import last_day
from certificates.domain.applications.resubmit import Opened, days_left, opened
from certificates.domain.applications.withdraw import refund_on_withdrawal
from certificates.domain.certificates.certificate import District
from certificates.domain.label import Label
from certificates.domain.officers.officer import Officer
from certificates.domain.rulebook import MedianRule, Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.sla.penalty import Penalty, penalty_of
from certificates.domain.types.application_type import ApplicationType, Step, WithdrawalRule
from servicekit.errors import FieldProblem, ValidationFailed


@dataclass(frozen=True)
class DeskStanding:
    """A desk, and how long it takes: `median` is None where it decided too few for `rule` to tell one."""

    step: Step
    district: District
    median: Median | None
    rule: MedianRule


@dataclass(frozen=True)
class Asked:
    """What the officer asked for when it was sent back, and what is open now."""

    line: HistoryEntry
    opened: Opened


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an application stands.

    `desk` is that of the step in hand, None after the end. `until` is the last day of whoever has it, with what sets
    it; None where nothing does. `days_left` are the office's working days while the clock stands. `withdrawal` has the
    paise that would go back today, and the rule; None where it cannot be withdrawn. `refund_due` are the paise that the
    withdrawal gives back; `returned` are the lines of what came back. `penalty` is that of the step in hand by today.
    """

    application: Application
    application_type: ApplicationType
    history: Sequence[HistoryEntry]
    acts: Sequence[Act]
    desk: DeskStanding | None
    until: date | None
    until_order: Label | None
    days_left: int | None
    asked: Asked | None
    withdrawal: tuple[int, WithdrawalRule | None] | None
    refund_due: int
    returned: Sequence[HistoryEntry]
    escalated_at: datetime | None
    penalty: Penalty | None


@dataclass(frozen=True)
class StandingReader:
    """Answers where an application stands, as far as the viewer may see it."""

    rulebook: Rulebook
    applications: ApplicationReader
    desk_times: DeskTimes

    def get(self, application_id: str, viewer: Viewer, *, applicant: bool, at: datetime) -> Standing:
        """`applicant`: the caller may act for the applicant. Raises ApplicationNotFound."""
        application, history = self.applications.get(application_id, viewer)
        application_type = self.rulebook.types[application.type_code]
        step = application_type.step(application.step)
        own = ACTS_OF_APPLICANTS.get(application.state, ())
        open_still = bool(own)
        line = last_sent_back(history)
        sent_back = application.state is State.SENT_BACK
        beside = self.applications.beside(application_id)
        until, until_order = self._until(application, step)
        return Standing(
            application=application,
            application_type=application_type,
            history=history,
            acts=own if applicant else _officers_acts(viewer.officer, application, step),
            desk=self._desk(application_type, step, application.district_code) if open_still else None,
            until=until,
            until_order=until_order,
            days_left=(
                days_left(history, application.due_on, self.rulebook.calendar)
                if sent_back and application.due_on
                else None
            ),
            asked=Asked(line, opened(application_type, line.asks)) if sent_back and line is not None else None,
            withdrawal=(
                refund_on_withdrawal(application, history, application_type, civil_date(at)) if open_still else None
            ),
            refund_due=next((line.paise or 0 for line in history if line.what is Happening.WITHDRAWN), 0),
            returned=[line for line in beside if line.what is Happening.MONEY_RETURNED],
            escalated_at=_escalated_at(beside, history),
            penalty=(
                penalty_of(application.due_on, civil_date(at), self.rulebook.penalties)
                if application.state is State.IN_VERIFICATION and application.due_on
                else None
            ),
        )

    def desks(self, type_code: str, district_code: str) -> list[DeskStanding]:
        """The desks of a type in a district, in order of work. Raises UnknownApplicationType, ValidationFailed."""
        application_type = self.rulebook.types.get(type_code)
        if application_type is None:
            raise UnknownApplicationType("There is no application type of that code.")
        if district_code not in self.rulebook.districts:
            problem = FieldProblem("?district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            raise ValidationFailed("There is no such district.", errors=[problem])
        return [self._desk(application_type, step, district_code) for step in application_type.steps]

    def _desk(self, application_type: ApplicationType, step: Step, district_code: str) -> DeskStanding:
        rule = self.rulebook.medians
        median = self.desk_times.median(Desk(application_type.code, step.name, district_code))
        told = median if median and median.decisions >= rule.least_decisions else None
        return DeskStanding(step, self.rulebook.districts[district_code], told, rule)

    def _until(self, application: Application, step: Step) -> tuple[date | None, Label | None]:
        if application.state is State.IN_VERIFICATION:
            return application.due_on, step.working_days_order
        end = last_day(self.rulebook.terms.get(application.state, ()), application.updated_at)
        return (None, None) if end is None else (end[0], end[1].order)


def _holds_a_post(officer: Officer, application: Application, step: Step) -> bool:
    return officer.holds_a_post_of(step, application.district_code)


def _escalated_at(beside: Sequence[HistoryEntry], history: Sequence[HistoryEntry]) -> datetime | None:
    """When the step in hand was escalated: since the application moved last."""
    since = history[-1].at
    lines = (line.at for line in beside if line.what is Happening.ESCALATED and line.at >= since)
    return next(lines, None)


def _officers_acts(officer: Officer | None, application: Application, step: Step) -> Sequence[Act]:
    if (
        officer is None
        or not officer.may_decide(step, application.district_code)
        or not _holds_a_post(officer, application, step)
    ):
        return ()
    return ACTS_OF_OFFICERS.get(application.state, ())
