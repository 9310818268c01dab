"""Counts the districts' centres, and tells when a district went dark or is back."""

from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.live.ports import Lives
from kiosk_registry.domain.live.district_state import DistrictState, Turn, turned
from servicekit.faults import crash_point


@dataclass(frozen=True)
class WatchDistricts:
    """At this instant."""

    at: datetime


@dataclass(frozen=True)
class WatchDistrictsHandler:
    """May be cut off anywhere, and run beside itself: a turn is told once."""

    lives: Lives

    def __call__(self, command: WatchDistricts) -> dict[str, Turn]:
        """The districts that turned, by LGD code."""
        states = self.lives.states()
        turns: dict[str, Turn] = {}
        for district_code, counts in self.lives.counted(command.at).items():
            before = states.get(district_code, DistrictState(district_code))
            after, turn = turned(before, counts, command.at)
            if turn is None:
                continue
            crash_point("L1")
            if self.lives.turn(before, after, turn, counts, command.at):
                turns[district_code] = turn
        return turns
