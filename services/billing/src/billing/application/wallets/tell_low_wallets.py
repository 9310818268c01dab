"""A centre whose wallet fell below the limit is told, once per fall."""

from collections.abc import Callable
from dataclasses import dataclass

from billing.application.wallets.ports import Falls

# Bounded, so that the lease is renewed.
BATCH = 100


@dataclass(frozen=True)
class TellLowWallets:
    """Tell of the falls that were noted."""


@dataclass(frozen=True)
class TellLowWalletsHandler:
    """Right with or without a lease: a fall is forgotten in the transaction that tells of it."""

    falls: Falls
    new_event_id: Callable[[], str]
    new_request_id: Callable[[], str]

    def __call__(self, command: TellLowWallets) -> int:
        """How many were told of now."""
        del command
        told = 0
        for _ in range(BATCH):
            fall = self.falls.next_untold()
            if fall is None:
                break
            told += self.falls.tell(fall, self.new_event_id(), self.new_request_id())
        return told
