"""What the counting of coverage needs of the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kiosk_registry.domain.coverage.summary import Region, Summary
from kiosk_registry.domain.places.districts import Place


class CoverageStore(Protocol):
    """The register's ACTIVE centres, and the summary that is kept of them."""

    def state_of_register(self) -> str:
        """A text that changes whenever a district has more or fewer centres in a status."""

    def summarised_state(self) -> str | None:
        """That text as it was when the summary was made; None where there is none."""

    def centres(self) -> Sequence[tuple[str, str, Place]]:
        """Each ACTIVE centre: id, LGD code of the district, place."""

    def regions(self) -> Sequence[Region]:
        """Each district with its people and its division."""

    def keep(self, summary: Summary, state_of_register: str, at: datetime) -> None:
        """In place of the one before."""
