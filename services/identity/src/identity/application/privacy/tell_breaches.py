"""Tell everybody affected by a breach, and say where the Board's time is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.privacy.ports import Breaches
from identity.domain.privacy.breaches import Breach


@dataclass(frozen=True)
class TellBreaches:
    """The instant of the run."""

    at: datetime


@dataclass(frozen=True)
class TellBreachesHandler:
    """`overdue` is told on every run which entries the Board lacks the details of in time: an alarm hangs on it."""

    breaches: Breaches
    overdue: Callable[[Sequence[Breach]], None]

    def __call__(self, command: TellBreaches) -> int:
        """How many persons the entries told in this run concern. May be cut off anywhere and repeated."""
        persons = 0
        for breach in self.breaches.untold():
            told = self.breaches.tell_everybody_affected(breach, command.at)
            self.breaches.told(breach.id, command.at, told)
            persons += told
        self.overdue([breach for breach in self.breaches.all() if breach.is_overdue(command.at)])
        return persons
