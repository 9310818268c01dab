"""Takes a heartbeat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.live.errors import (
    HeartbeatCentreClosed,
    HeartbeatCentreUnknown,
    MachineClockWrong,
    MachineNotBound,
    MachineRetired,
)
from kiosk_registry.application.live.ports import Lives
from kiosk_registry.domain.live.components import Outdated, outdated
from kiosk_registry.domain.live.life import Beat, Refusal, clock_difference
from servicekit.errors import FieldProblem, ServiceError
from servicekit.instants import rfc3339

_REFUSALS: Mapping[Refusal, tuple[type[ServiceError], str]] = {
    Refusal.UNKNOWN_CENTRE: (HeartbeatCentreUnknown, "Send heartbeats of the centre that this token is bound to."),
    Refusal.CLOSED_CENTRE: (HeartbeatCentreClosed, "The centre is closed for good; stop sending heartbeats."),
    Refusal.RETIRED_MACHINE: (MachineRetired, "This machine was replaced; stop sending, or have the district bind it."),
    Refusal.OTHER_MACHINE: (MachineNotBound, "The centre has another machine; have the district bind this one."),
}


@dataclass(frozen=True)
class RecordHeartbeat:
    """`bound_to` is the centre of the caller's token, `sent_at` by the machine's clock and `at` by ours."""

    kiosk_id: str
    bound_to: str | None
    machine: str
    components: Mapping[str, str]
    sent_at: datetime
    at: datetime


@dataclass(frozen=True)
class RecordHeartbeatHandler:
    """A heartbeat takes the place of the one before; twice is as good as once."""

    lives: Lives

    def __call__(self, command: RecordHeartbeat) -> Sequence[Outdated]:
        """What is older than it should be on the machine.

        Raises MachineClockWrong, HeartbeatCentreUnknown, HeartbeatCentreClosed, MachineRetired, MachineNotBound.
        """
        if command.kiosk_id != command.bound_to:
            raise _refused(Refusal.UNKNOWN_CENTRE)
        if ahead := clock_difference(command.sent_at, command.at):
            seconds = round(ahead.total_seconds())
            which = "ahead" if seconds > 0 else "behind"
            which_hi = "आगे" if seconds > 0 else "पीछे"
            raise MachineClockWrong(
                f"The machine's clock is {abs(seconds)} seconds {which}. Set it by a time server.",
                errors=[
                    FieldProblem(
                        "/sent_at",
                        "clock-wrong",
                        f"{abs(seconds)} seconds {which} of {rfc3339(command.at)}.",
                        f"घड़ी {rfc3339(command.at)} से {abs(seconds)} सेकंड {which_hi} है; उसे समय सर्वर से मिलाएँ।",
                    )
                ],
                ahead_seconds=seconds,
                server_at=rfc3339(command.at),
            )
        beat = Beat(command.kiosk_id, command.machine, command.components, command.at)
        if refusal := self.lives.record(beat):
            raise _refused(refusal)
        return outdated(command.components, self.lives.floors())


def _refused(refusal: Refusal) -> ServiceError:
    kind, detail = _REFUSALS[refusal]
    return kind(detail)
