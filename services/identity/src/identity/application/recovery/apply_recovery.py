"""Give somebody their new number, when they first sign in with it after the waiting time."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from identity.application.factors.secret_box import SecretBox
from identity.application.people.ports import NoticeSender, Numbers
from identity.application.recovery.ports import Recoveries, RecoveryChanges
from identity.domain.people.mobile import Mobile
from identity.domain.recovery.recovery import Recovery
from servicekit.faults import crash_point

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class ApplyRecovery:
    """`new_index` is of a number that somebody has just proved to have."""

    new_index: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ApplyRecoveryHandler:
    """The old number is told first: whoever dies between has told of a change that the next sign-in makes."""

    recoveries: Recoveries
    changes: RecoveryChanges
    numbers: Numbers
    notices: NoticeSender | None
    box: SecretBox

    def __call__(self, command: ApplyRecovery) -> Recovery | None:
        """Do it where one is due; otherwise nothing. The approved one that this number still waits for, if any.

        Safe to repeat. Raises DependencyUnavailable.
        """
        self._apply(command)
        return self.recoveries.waiting(command.new_index)

    def _apply(self, command: ApplyRecovery) -> None:
        recovery = self.recoveries.due(command.new_index, command.at)
        if recovery is None or recovery.person_id is None or self.notices is None:
            return
        if self.numbers.owner(recovery.new_index) not in (None, recovery.person_id):
            # Somebody has an account under it: an officer refuses, and the person comes with another number.
            log.warning("recovery_to_a_number_of_somebody_else", recovery_id=recovery.id)
            return
        old = Mobile(self.box.open(recovery.old_sealed, recovery.id))
        self.notices.notify(
            old,
            "ई-मित्र: आपके खाते का नंबर या दूसरा चरण बदला जा रहा है; अब "
            f"{recovery.new_shown} से साइन-इन होगा। यदि यह आप नहीं हैं, तो तुरंत केंद्र पर जाएँ। / "
            f"e-Mitra: your account’s number or second step is being changed; {recovery.new_shown} signs in from now "
            "on. If it was not you, go to a centre at once.",
            command.at,
        )
        crash_point("P6")
        self.changes.recover(recovery, command.at)
