"""A centre was inspected: by its operator, or by an officer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.discipline.ports import Cases
from kiosk_registry.application.inspections.ports import Inspections
from kiosk_registry.application.running.read_changes import CentreChangeReader
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.discipline.acts import open_case
from kiosk_registry.domain.discipline.case import CaseChange, Evidence, Source
from kiosk_registry.domain.inspections.inspection import (
    Checklist,
    Inspection,
    InspectionKind,
    checklist_on,
    inspection_problems,
    offences_seen,
)
from kiosk_registry.domain.places.distances import metres_between
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.running.centre import Office, RunningCentre
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class RecordInspection:
    """The command; ids and time are minted by the route. `answers` and `photographs` are by item of the checklist."""

    inspection_id: str
    kiosk_id: str
    viewer: CentreViewer
    answers: Mapping[str, bool]
    photographs: Mapping[str, str]
    place: Place
    remarks: str | None
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class RecordInspectionHandler:
    """Of an officer's, what is not as it should be opens a case each, from which nothing follows by itself. Of the
    centre's own none is: nobody accuses themselves.
    """

    inspections: Inspections
    cases: Cases
    centres: CentreChangeReader
    checklists: Sequence[Checklist]
    new_case_id: Callable[[], str]

    def __call__(self, command: RecordInspection) -> Once[str]:
        """Safe to repeat with the same claim. Raises CentreOfOthers, InspectionThere, ValidationFailed,
        IdempotencyKeyReused.
        """
        if (replay := self.inspections.find(command.claim)) is not None:
            return replay
        centre = self.centres.get(command.kiosk_id, command.viewer)
        checklist = checklist_on(self.checklists, civil_day(command.at))
        if problems := inspection_problems(checklist, command.answers, command.photographs):
            raise ValidationFailed(
                "The inspection is not complete; `errors` says why.",
                errors=[FieldProblem(problem.pointer, problem.code, problem.en, problem.hi) for problem in problems],
            )
        is_own = command.viewer.actor.office is Office.OPERATOR
        metres = metres_between(command.place, centre.place)
        opened = [] if is_own else self._opened(command, centre, checklist, metres)
        inspection = Inspection(
            id=command.inspection_id,
            kiosk_id=centre.kiosk_id,
            district_code=centre.district_code,
            lsp_id=centre.lsp_id,
            kind=InspectionKind.SELF if is_own else InspectionKind.OFFICIAL,
            on=civil_day(command.at),
            at=command.at,
            by=command.viewer.actor,
            answers=command.answers,
            photographs=command.photographs,
            place=command.place,
            metres=metres,
            remarks=command.remarks,
            cases={change.case.offence: change.case.id for change in opened},
        )
        return self.inspections.record(inspection, opened, command.claim)

    def _opened(
        self, command: RecordInspection, centre: RunningCentre, checklist: Checklist, metres: int
    ) -> list[CaseChange]:
        standing = self.cases.standing(centre.kiosk_id)
        if standing is None:
            return []
        evidence = Evidence(
            at=command.at,
            by=command.viewer.actor,
            text=command.remarks or "",
            photographs=tuple(command.photographs.values()),
            place=command.place,
            facts={"inspection_id": command.inspection_id, "metres_from_premises": metres},
        )
        return [
            open_case(
                case_id=self.new_case_id(),
                standing=standing,
                district_code=centre.district_code,
                lsp_id=centre.lsp_id,
                offence=offence,
                source=Source.INSPECTION,
                source_id=command.inspection_id,
                observed_on=civil_day(command.at),
                evidence=evidence,
            )
            for offence in offences_seen(checklist, command.answers)
        ]
