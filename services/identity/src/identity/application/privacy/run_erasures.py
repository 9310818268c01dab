"""Erase everybody whose time has come and whom nothing holds back any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from identity.application.privacy.ports import Erasures
from identity.application.privacy.read_erasures import ErasureReader
from identity.domain.privacy.erasures import Erasure, Stage, State


@dataclass(frozen=True)
class RunErasures:
    """The instant of the run."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class RunErasuresHandler:
    """First `begun` is stored, then all is removed, then `erased` and its event: whoever dies between is followed."""

    erasures: Erasures
    reader: ErasureReader
    new_event_id: Callable[[], str]

    def __call__(self, command: RunErasures) -> int:
        """How many were erased. Raises what the last failing one raised, after the others had their turn."""
        done, failure = 0, None
        for erasure in self.erasures.waiting(command.at):
            try:
                done += self._run(erasure, command.at)
            except Exception as error:  # noqa: BLE001 - raised below
                failure = error
        if failure is not None:
            raise failure
        return done

    def _run(self, erasure: Erasure, at: datetime) -> bool:
        if erasure.state is State.REQUESTED and not self._begun(erasure, at):
            return False
        self.erasures.erase_person(erasure, at)
        # There is no request behind it: the erasure itself is what follows from it.
        return self.erasures.close(erasure, at, self.new_event_id(), erasure.id)

    def _begun(self, erasure: Erasure, at: datetime) -> bool:
        return self.reader.outlook(erasure, at).stage is Stage.DUE and self.erasures.begin(erasure)
