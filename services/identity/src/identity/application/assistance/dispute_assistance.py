"""End an assistance before its time, because the person says that it was never theirs."""

from dataclasses import dataclass

from identity.application.assistance.ports import Assistances, Ending
from identity.application.assistance.read_assistances import AssistanceReader
from identity.domain.assistance.cases import Case, Reason


@dataclass(frozen=True, kw_only=True)
class DisputeAssistance:
    """ "Not me": `case_id` is for the case that it opens."""

    notice_code: str
    reason: Reason
    case_id: str
    ending: Ending


@dataclass(frozen=True, kw_only=True)
class DisputeAssistanceHandler:
    """Its tokens count no more from then on: here at once, at the gateway when the event is there."""

    assistances: Assistances
    read: AssistanceReader

    def __call__(self, command: DisputeAssistance) -> Case:
        """The case, which was there before or is new. Raises MessageNotFound."""
        assistance, earlier = self.read.of_notice(command.notice_code)
        if earlier is not None:
            return earlier
        case = Case(
            id=command.case_id,
            assistance_id=assistance.id,
            actor=assistance.actor,
            reason=command.reason,
            opened_at=command.ending.at,
        )
        self.assistances.dispute(case, command.ending)
        _, opened = self.read.of_notice(command.notice_code)
        return opened or case
