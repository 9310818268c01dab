"""People are warned of a payment in doubt before its limit is over, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.doubts.ports import Doubts

# Bounded, so that the lease is renewed.
BATCH = 100


@dataclass(frozen=True)
class WarnDoubts:
    """Warn of what comes near its limit."""


@dataclass(frozen=True)
class WarnDoubtsHandler:
    """Right with or without a lease: that it was warned of is kept in the transaction of the event."""

    doubts: Doubts
    clock: Callable[[], datetime]
    new_event_id: Callable[[], str]

    def __call__(self, command: WarnDoubts) -> int:
        """How many were warned of now."""
        del command
        warned = 0
        for _ in range(BATCH):
            at = self.clock()
            doubt = self.doubts.next_near(at)
            if doubt is None:
                break
            warned += self.doubts.warn(doubt, self.new_event_id(), at)
        return warned
