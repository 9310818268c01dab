"""A citizen reported by a receipt that a centre took too much: a case is opened."""

from dataclasses import dataclass

from kiosk_registry.application.discipline.ports import Report, ReportedCases


@dataclass(frozen=True)
class TakeReport:
    """The report; the case's id is minted by the caller."""

    case_id: str
    report: Report


@dataclass(frozen=True)
class TakeReportHandler:
    """Opens it, and decides nothing."""

    cases: ReportedCases

    def __call__(self, command: TakeReport) -> bool:
        """Safe to repeat: one case per report. False where the register has no such centre, or the case is there."""
        return self.cases.open_reported(command.case_id, command.report)
