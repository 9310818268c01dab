"""Sweep: go on with every refund whose time has come. Authoritative, as that of payments."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from billing.application.refunds.drive_refund import DriveRefund, DriveRefundHandler
from billing.application.refunds.ports import Refunds
from billing.domain.payments.pace import Pace
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import Refund

# Bounded, so that the lease is renewed; side by side, because each mostly waits for the provider.
BATCH = 100
THREADS = 4


@dataclass(frozen=True)
class SweepRefunds:
    """Go on with what is due."""


@dataclass(frozen=True)
class SweepRefundsHandler:
    """Runs under a lease, but stays right without: taking a refund and moving it are each atomic."""

    refunds: Refunds
    drive_refund: DriveRefundHandler
    pace: Pace
    clock: Callable[[], datetime]

    def __call__(self, command: SweepRefunds) -> int:
        """Drive what is due, a bounded number, and return how many refunds were looked at.

        Raises what the last failing refund raised, after the others had their turn; a repeat is safe.
        """
        del command
        first = self._take()
        if first is None:
            return 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="sweep-refunds") as pool:
            return sum(pool.map(self._sweep_from, [first, *[None] * (THREADS - 1)]))

    def _sweep_from(self, refund: Refund | None) -> int:
        for done in range(BATCH // THREADS):
            refund = refund or self._take()
            if refund is None:
                return done
            self.drive_refund(DriveRefund(refund, Attempt.LATER))
            refund = None
        return BATCH // THREADS

    def _take(self) -> Refund | None:
        at = self.clock()
        return self.refunds.take_due(at, resume_at=at + self.pace.grace)
