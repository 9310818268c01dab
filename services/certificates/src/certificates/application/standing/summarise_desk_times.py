"""The medians of all desks are computed anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from certificates.application.standing.ports import DeskTimes, Median
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.median import median_of


@dataclass(frozen=True)
class SummariseDeskTimes:
    """The command: of the decisions of the rule's days before `at`."""

    at: datetime


@dataclass(frozen=True)
class SummariseDeskTimesHandler:
    """Computes from the single decisions, so that a run that was cut off or lost leaves no error behind."""

    rulebook: Rulebook
    desk_times: DeskTimes

    def __call__(self, command: SummariseDeskTimes) -> int:
        """How many desks have a median."""
        since = command.at - timedelta(days=self.rulebook.medians.window_days)
        medians = {
            desk: Median(median_of(counts), sum(counts.values()), command.at)
            for desk, counts in self.desk_times.counts(since)
        }
        self.desk_times.summarise(medians, command.at)
        return len(medians)
