"""End an assistance before its time: the person withdraws it, or says that it was never theirs."""

from dataclasses import dataclass

from identity.application.assistance.ports import Assistances, Ending
from identity.application.assistance.read_assistances import AssistanceReader
from identity.domain.assistance.assistance import Assistance
from identity.domain.assistance.cases import Case, Reason


@dataclass(frozen=True, kw_only=True)
class Withdraw:
    """`assistance` as who may end it read it: who asked for it, or the person by their notice's code."""

    assistance: Assistance
    ending: Ending


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """ "Not me": `case_id` is for the case that it opens."""

    notice_code: str
    reason: Reason
    case_id: str
    ending: Ending


@dataclass(frozen=True, kw_only=True)
class EndAssistanceHandler:
    """Its tokens count no more from then on: here at once, at the gateway when the event is there."""

    assistances: Assistances
    read: AssistanceReader

    def withdraw(self, command: Withdraw) -> Assistance:
        """The assistance, ended; a repeat, and the end of one that is over, changes nothing."""
        self.assistances.withdraw(command.assistance.id, command.ending)
        return self.assistances.get(command.assistance.id) or command.assistance

    def dispute(self, command: Dispute) -> Case:
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
