"""Whether a desk keeps up with what waits at it, so that a delay is seen before it is a scandal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Warning(StrEnum):
    """Why a desk is warned of: cases are late, or at its own pace those that wait will be."""

    LATE = "late"
    FILLING = "filling"


@dataclass(frozen=True)
class WarningRule:
    """From how many late cases on a desk is warned of, and from how many waiting ones on its pace is looked at.

    The pace is that of the last `window_days` days.
    """

    least_late: int
    least_waiting: int
    window_days: int


@dataclass(frozen=True, kw_only=True)
class DeskHealth:
    """One step of a type in one district, at an instant: what waits, and what it decided in the rule's days.

    `by_officer` has how many of these each officer decided. `told` counts the events about the desk.
    """

    type_code: str
    step: str
    district_code: str
    department: str
    limit_days: int
    waiting: int
    late: int
    oldest_since: datetime | None
    by_officer: Mapping[str, int]
    working_days: int
    as_of: datetime
    warning: Warning | None = None
    told: int = 0

    @property
    def id(self) -> str:
        """Names the desk in events and rows."""
        # As long as the subject of an event may be.
        return f"{self.district_code}_{self.type_code}_{self.step}"[:80]

    @property
    def decided(self) -> int:
        """How many it decided in the rule's days."""
        return sum(self.by_officer.values())


@dataclass(frozen=True)
class DeskDelayed:
    """Becomes `desk.delayed.v1`."""

    type: ClassVar[str] = "desk.delayed.v1"

    event_id: str
    desk: DeskHealth


def warning_of(desk: DeskHealth, rule: WarningRule) -> Warning | None:
    """What is to be said of it. LATE before FILLING: what has happened before what will."""
    if desk.late >= rule.least_late:
        return Warning.LATE
    # At its pace it needs waiting × working_days ÷ decided days for what waits.
    if desk.waiting >= rule.least_waiting and desk.waiting * desk.working_days > desk.limit_days * desk.decided:
        return Warning.FILLING
    return None
