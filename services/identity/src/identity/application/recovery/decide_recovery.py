"""Approve or refuse a recovery, by an officer who is neither who opened it nor whom it is for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.application.recovery.errors import (
    NotForThisOfficer,
    RecoveryDecided,
    RecoveryNotFound,
    RecoveryNotSetUp,
)
from identity.application.recovery.ports import Recoveries
from identity.domain.recovery.recovery import By, Recovery, State


@dataclass(frozen=True, kw_only=True)
class DecideRecovery:
    """Whose decision it is, and which."""

    recovery_id: str
    approves: bool
    by: By
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DecideRecoveryHandler:
    """The new number counts `wait` after the approval, so that the old one's owner has time to stop it."""

    recoveries: Recoveries
    wait: timedelta | None

    def __call__(self, command: DecideRecovery) -> Recovery:
        """The recovery, decided; the same decision again by the same officer changes nothing.

        Raises RecoveryNotFound, NotForThisOfficer, RecoveryDecided, RecoveryNotSetUp.
        """
        recovery = self.read(command.recovery_id)
        by_themselves = recovery.person_id is not None and recovery.person_id == command.by.person_id
        if command.by.person_id is None or by_themselves or command.by.is_also(recovery.opened_by):
            raise NotForThisOfficer(
                "It takes an officer who neither opened it nor gets the new number.",
                "इसके लिए ऐसे अधिकारी चाहिए जिन्होंने न इसे खोला हो, न जिन्हें नया नंबर मिलना हो।",
            )
        if command.approves and self.wait is None:
            raise RecoveryNotSetUp(
                "How long a new number waits is not set (RECOVERY_WAIT_HOURS).", "नए नंबर की प्रतीक्षा-अवधि तय नहीं है।"
            )
        if (recovery.state is (State.APPROVED if command.approves else State.REFUSED)) and (
            recovery.decided_by == command.by
        ):
            return recovery
        if command.approves and not recovery.notified:
            raise RecoveryDecided(
                "The old number has not been told yet; have the centre open the recovery again.",
                "पुराने नंबर को अभी सूचना नहीं मिली है; केंद्र इसे फिर से खोले।",
            )
        effective_at = command.at + self.wait if command.approves and self.wait is not None else None
        decided = self.recoveries.decide(recovery.id, command.by, command.at, effective_at)
        if decided is None:
            raise RecoveryDecided(
                "It was decided, stopped or done before.", "इसका निर्णय पहले हो चुका है, या इसे रोका जा चुका है।"
            )
        return decided

    def read(self, recovery_id: str) -> Recovery:
        """The recovery. Raises RecoveryNotFound."""
        recovery = self.recoveries.get(recovery_id)
        if recovery is None:
            raise RecoveryNotFound("Nothing is known under this id.", "इस संख्या से कुछ ज्ञात नहीं है।")
        return recovery
