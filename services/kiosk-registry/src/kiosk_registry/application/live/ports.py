"""What heartbeats need of the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kiosk_registry.domain.live.components import Floor
from kiosk_registry.domain.live.district_state import Counts, DistrictState, Turn
from kiosk_registry.domain.live.life import Beat, Life, Refusal


class Lives(Protocol):
    """What is known of centres by their heartbeats: one record each."""

    def record(self, beat: Beat) -> Refusal | None:
        """Keeps the heartbeat if it counts; else keeps that another machine tried, and says why it does not.

        Beats that come together are written together. Safe to repeat.
        """

    def bind(self, kiosk_id: str, machine: str) -> Life | None:
        """Binds a centre to a machine; None where there is no such centre. Safe to repeat."""

    def floors(self) -> Sequence[Floor]:
        """The least versions that are asked for."""

    def require(self, floor: Floor) -> None:
        """Asks for a least version, in place of the one before."""

    def counted(self, at: datetime) -> dict[str, Counts]:
        """The centres of each district as they are at this instant, by LGD code."""

    def states(self) -> dict[str, DistrictState]:
        """The districts that ever turned, by LGD code."""

    def turn(self, before: DistrictState, after: DistrictState, turn: Turn, counts: Counts, at: datetime) -> bool:
        """Keeps a district's state with its event, in one transaction; False where it is no longer as `before`."""
