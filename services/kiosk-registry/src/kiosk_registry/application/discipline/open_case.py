"""An officer opens a case against a centre."""

from dataclasses import dataclass
from datetime import date

from kiosk_registry.application.discipline.ports import CaseChanges, Cases
from kiosk_registry.application.running.errors import CentreOfOthers
from kiosk_registry.application.running.read_changes import CentreChangeReader
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.discipline.acts import open_case
from kiosk_registry.domain.discipline.case import Evidence, Source
from kiosk_registry.domain.discipline.rules import DisciplineBook
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """The command; id and time are minted by the route. `observed_on` is the day of the offence, not a future one."""

    case_id: str
    kiosk_id: str
    viewer: CentreViewer
    offence: str
    observed_on: date
    evidence: Evidence
    claim: Claim


@dataclass(frozen=True)
class OpenCaseHandler:
    """Opens it with its first evidence."""

    cases: Cases
    centres: CentreChangeReader
    book: DisciplineBook

    def __call__(self, command: OpenCase) -> Once[str]:
        """Safe to repeat with the same claim. Raises CentreOfOthers, ValidationFailed, IdempotencyKeyReused."""
        if (replay := self.cases.find(command.claim)) is not None:
            return replay
        centre, standing = (
            self.centres.get(command.kiosk_id, command.viewer),
            self.cases.standing(command.kiosk_id),
        )
        if standing is None:
            raise CentreOfOthers("There is no such centre.", detail_hi="ऐसा कोई केंद्र नहीं है।")
        if command.offence not in self.book.offences:
            codes = ", ".join(self.book.offences)
            problem = FieldProblem("/offence", "unknown-offence", f"Must be one of: {codes}.", f"इनमें से एक दें: {codes}।")
            raise ValidationFailed("There is no such offence.", errors=[problem])
        change = open_case(
            case_id=command.case_id,
            standing=standing,
            district_code=centre.district_code,
            lsp_id=centre.lsp_id,
            offence=command.offence,
            source=Source.OFFICER,
            source_id=None,
            observed_on=command.observed_on,
            evidence=command.evidence,
        )

        def effect(changes: CaseChanges) -> None:
            changes.add(change)

        return self.cases.once(command.claim, command.case_id, effect)
