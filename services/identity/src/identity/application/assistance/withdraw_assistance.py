"""End an assistance before its time, because the person withdraws it."""

from dataclasses import dataclass

from identity.application.assistance.ports import Assistances, Ending
from identity.domain.assistance.assistance import Assistance


@dataclass(frozen=True, kw_only=True)
class WithdrawAssistance:
    """`assistance` as who may end it read it: who asked for it, or the person by their notice's code."""

    assistance: Assistance
    ending: Ending


@dataclass(frozen=True, kw_only=True)
class WithdrawAssistanceHandler:
    """Its tokens count no more from then on: here at once, at the gateway when the event is there."""

    assistances: Assistances

    def __call__(self, command: WithdrawAssistance) -> Assistance:
        """The assistance, ended; a repeat, and the end of one that is over, changes nothing."""
        self.assistances.withdraw(command.assistance.id, command.ending)
        return self.assistances.get(command.assistance.id) or command.assistance
