"""Keep whose a centre is, as the register tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.application.ports import ProvidersTold
from gateway.application.providers import Provided


@dataclass(frozen=True)
class RecordProviders:
    """What several events tell."""

    provided: Sequence[Provided]


@dataclass(frozen=True)
class RecordProvidersHandler:
    """Keeps it."""

    providers: ProvidersTold

    def __call__(self, command: RecordProviders) -> None:
        """Safe to repeat."""
        self.providers.add(command.provided)
