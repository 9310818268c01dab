"""Announce as perhaps done what is on record and has no outcome after a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.application.acts import Acts, Outcome

# The longest that a request may take (Emitra-Timeout-Ms), and as long again for the answer of a service that goes on.
OUTCOME_KNOWN_WITHIN = timedelta(minutes=2)
SWEPT_AT_ONCE = 100


@dataclass(frozen=True)
class SweepActs:
    """At `at`; `event_ids` are one for each that may be found."""

    at: datetime
    event_ids: tuple[str, ...]


@dataclass(frozen=True)
class SweepActsHandler:
    """For who died, or lost the answer, between asking a service and writing down what came of it."""

    acts: Acts

    def __call__(self, command: SweepActs) -> int:
        """How many were announced as perhaps done. Safe to repeat and to cut off."""
        left = self.acts.without_outcome(command.at - OUTCOME_KNOWN_WITHIN, len(command.event_ids))
        for act, event_id in zip(left, command.event_ids, strict=False):
            self.acts.conclude(act, Outcome.UNKNOWN, event_id, command.at)
        return len(left)
