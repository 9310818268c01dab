"""Events that concern a transaction go into the view."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.application.ports import ObservedTransactions
from gateway.application.transactions import Observation


@dataclass(frozen=True)
class RecordObservations:
    """What events told, one or more of them, in any order."""

    observations: Sequence[Observation]


@dataclass(frozen=True)
class RecordObservationsHandler:
    """Adds what events tell."""

    transactions: ObservedTransactions

    def __call__(self, command: RecordObservations) -> None:
        """Repeats and disorder change nothing: facts are set, events are a set."""
        self.transactions.add(command.observations)
