"""Stop a recovery, by the code that the old number was sent."""

from dataclasses import dataclass, field

from identity.application.recovery.errors import RecoveryNotFound
from identity.application.recovery.ports import Recoveries
from identity.domain.factors.factors import stored_recovery_code


@dataclass(frozen=True, kw_only=True)
class StopRecovery:
    """`code` as typed."""

    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StopRecoveryHandler:
    """Whoever has the old phone needs no proof but the code, and a stopped recovery does not go on."""

    recoveries: Recoveries

    def __call__(self, command: StopRecovery) -> None:
        """Stop it. Raises RecoveryNotFound, for one that was done or stopped before too."""
        if not self.recoveries.stop(stored_recovery_code(command.code)):
            raise RecoveryNotFound(
                "No running recovery has this code. Look at the latest message, or ask at a centre.",
                "इस कोड से कोई चालू अनुरोध नहीं है। नवीनतम संदेश देखें, या केंद्र पर पूछें।",
            )
