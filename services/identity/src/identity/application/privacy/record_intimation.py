"""Note that the Board was told of a breach, or that it allowed more time."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.privacy.errors import BreachNotFound
from identity.application.privacy.ports import Breaches
from identity.domain.privacy.breaches import Breach, Intimation


@dataclass(frozen=True, kw_only=True)
class RecordIntimation:
    """What the Board was told, and when; of an extension: until when."""

    breach_id: str
    what: Intimation
    at: datetime


@dataclass(frozen=True)
class RecordIntimationHandler:
    """The first word of each kind counts."""

    breaches: Breaches

    def __call__(self, command: RecordIntimation) -> Breach:
        """The entry with it. A repeat changes nothing. Raises BreachNotFound."""
        self.breaches.intimate(command.breach_id, command.what, command.at)
        breach = self.breaches.get(command.breach_id)
        if breach is None:
            raise BreachNotFound("There is no breach with this id in the register.")
        return breach
