"""A centre's sign of life: what a heartbeat says, and what is known of the centre by the last one.

A centre is one small record, whatever it sent: a month of heartbeats is 43,000 for each of 40,000 centres, and nobody
asks for the one before the last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kiosk_registry.domain.register.centres import Status

# One a minute. With two of them missing a centre is no longer online: one alone is a lost packet and no alarm.
BEAT_SECONDS = 60
ONLINE_FOR = timedelta(seconds=150)
# A router that is started again, or a change of lines, takes minutes; ten are more than that.
STALE_FOR = timedelta(minutes=10)
# What a machine's clock may be off: then its beats, receipts and logs still lie in the right order.
CLOCK_TOLERANCE = timedelta(minutes=10)
MOST_COMPONENTS = 20
MOST_RETIRED = 20  # machines of one centre that are remembered as such


class Liveness(StrEnum):
    """ONLINE: heard lately. STALE: missing for minutes. DARK: missing for longer. NEVER: not once heard."""

    ONLINE = "ONLINE"
    STALE = "STALE"
    DARK = "DARK"
    NEVER = "NEVER"


class Refusal(StrEnum):
    """Why a heartbeat does not count."""

    UNKNOWN_CENTRE = "unknown-centre"
    CLOSED_CENTRE = "closed-centre"
    RETIRED_MACHINE = "retired-machine"
    OTHER_MACHINE = "other-machine"


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat: from which machine of which centre, with which versions of what runs on it, received `at`."""

    kiosk_id: str
    machine: str
    components: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is known of a centre by its heartbeats.

    `machine` is the one that it is bound to; `retired` were it before. `other_machine` sent a heartbeat since, at
    `other_at`, without being bound.
    """

    kiosk_id: str
    district_code: str
    machine: str
    at: datetime | None
    components: Mapping[str, str]
    retired: tuple[str, ...] = ()
    other_machine: str | None = None
    other_at: datetime | None = None

    def beaten(self, beat: Beat) -> "Life":
        """After a heartbeat that counts."""
        return replace(self, at=beat.at, components=beat.components)

    def bound(self, machine: str) -> "Life":
        """Bound to another machine: the one before is retired, and nothing is heard of the new one yet."""
        if machine == self.machine:
            return self
        retired = [*(name for name in self.retired if name != machine), self.machine][-MOST_RETIRED:]
        return replace(
            self, machine=machine, retired=tuple(retired), at=None, components={}, other_machine=None, other_at=None
        )


def liveness(last_at: datetime | None, at: datetime) -> Liveness:
    """Of a centre that was last heard at `last_at`."""
    if last_at is None:
        return Liveness.NEVER
    silent_for = at - last_at
    if silent_for <= ONLINE_FOR:
        return Liveness.ONLINE
    return Liveness.STALE if silent_for <= STALE_FOR else Liveness.DARK


def judge(beat: Beat, life: Life | None, standing: Status | None) -> Refusal | None:
    """Why a heartbeat does not count. `standing` is the centre's; None where there is no such centre.

    The first machine that a centre's own client speaks from is the centre's; another one is bound by the
    administration. What never was approved, or is closed for good, has no machine.
    """
    if standing is None or standing is Status.UNDER_VERIFICATION:
        return Refusal.UNKNOWN_CENTRE
    if standing is Status.CLOSED:
        return Refusal.CLOSED_CENTRE
    if life is None or life.machine == beat.machine:
        return None
    return Refusal.RETIRED_MACHINE if beat.machine in life.retired else Refusal.OTHER_MACHINE


def clock_difference(sent_at: datetime, at: datetime) -> timedelta | None:
    """How far a machine's clock is ahead (below zero: behind), where that is more than may be; else None."""
    ahead = sent_at - at
    return ahead if abs(ahead) > CLOCK_TOLERANCE else None
