"""What the use cases of centres that trade need from outside."""

from collections.abc import Callable, Sequence
from typing import Protocol

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.running.centre import Change, HistoryLine, RunningCentre
from servicekit.idempotency import Claim, Once


class CentreMoved(Exception):
    """Somebody else changed the centre since it was read; nothing was written."""


class CentreChanges(Protocol):
    """The store inside one transaction, which may be run several times: ids and instants are handed in."""

    def save(self, change: Change, request_id: str) -> None:
        """Writes the centre, its history line and its event. Raises CentreMoved, SiteTaken."""


class RunningCentres(Protocol):
    """All centres."""

    def get(self, kiosk_id: str) -> RunningCentre | None:
        """The centre as it is now."""

    def history(self, kiosk_id: str, after: int, limit: int) -> Sequence[HistoryLine]:
        """At most `limit` of its lines with a version above `after`, the oldest first."""

    def neighbour_within(self, place: Place, metres: int, kiosk_id: str) -> bool:
        """Whether another centre that is not closed lies so near."""

    def once(self, claim: Claim, kiosk_id: str, effect: Callable[[CentreChanges], object]) -> Once[str]:
        """Runs `effect` in one transaction with the claim, at most once; a repeat gives the first id.

        Raises IdempotencyKeyReused, and whatever the effect raises; then nothing was written.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None."""
