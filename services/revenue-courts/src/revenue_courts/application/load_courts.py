"""Courts are loaded from a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from revenue_courts.application.ports import Courts, LoadedCourts
from revenue_courts.domain.courts import Court


@dataclass(frozen=True)
class LoadCourts:
    """The command. With `dry_run` nothing is written."""

    courts: Sequence[Court]
    dry_run: bool


@dataclass(frozen=True)
class LoadCourtsHandler:
    """Adds what is new and changes what is there; a court that is left out stays, as its cases do."""

    courts: Courts

    def __call__(self, command: LoadCourts) -> LoadedCourts:
        """Safe to repeat."""
        return self.courts.load(command.courts, dry_run=command.dry_run)
