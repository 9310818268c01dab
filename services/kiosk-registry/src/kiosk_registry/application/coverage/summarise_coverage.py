"""Counts the coverage anew where the register changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.coverage.ports import CoverageStore
from kiosk_registry.domain.coverage.summary import summarised
from kiosk_registry.domain.places.districts import Place


@dataclass(frozen=True)
class SummariseCoverage:
    """At this instant."""

    at: datetime


@dataclass(frozen=True)
class SummariseCoverageHandler:
    """May be cut off anywhere and run beside itself: the summary is replaced whole."""

    store: CoverageStore
    places: Sequence[tuple[str, str, Place]]

    def __call__(self, command: SummariseCoverage) -> bool:
        """Whether there was anything to count."""
        # What the counts do not show, such as a centre that moved, is seen within the hour.
        state = f"{command.at:%Y-%m-%dT%H} {self.store.state_of_register()}"
        if state == self.store.summarised_state():
            return False
        summary = summarised(self.store.regions(), self.store.centres(), self.places)
        self.store.keep(summary, state, command.at)
        return True
