"""Sweep: go on with every top-up whose time has come. Authoritative, as that of payments."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.top_ups.drive_top_up import DriveTopUp, DriveTopUpHandler
from billing.application.top_ups.ports import TopUps
from billing.domain.payments.pace import Pace
from billing.domain.payments.saga import Attempt

# Bounded, so that the lease is renewed. Few are in doubt at once: a centre tops up some times a month.
BATCH = 25


@dataclass(frozen=True)
class SweepTopUps:
    """Go on with what is due."""


@dataclass(frozen=True)
class SweepTopUpsHandler:
    """Runs under a lease, but stays right without: taking a top-up and moving it are each atomic."""

    top_ups: TopUps
    drive_top_up: DriveTopUpHandler
    pace: Pace
    clock: Callable[[], datetime]

    def __call__(self, command: SweepTopUps) -> int:
        """Drive what is due, a bounded number, and return how many were looked at; a repeat is safe."""
        del command
        for done in range(BATCH):
            at = self.clock()
            top_up = self.top_ups.take_due(at, resume_at=at + self.pace.grace)
            if top_up is None:
                return done
            self.drive_top_up(DriveTopUp(top_up, Attempt.LATER))
        return BATCH
