"""Sweep: go on with every payment whose time has come. Authoritative: a payment needs no request to get to its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from billing.application.payments.drive_payment import DrivePayment, DrivePaymentHandler
from billing.application.payments.ports import Payments
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Payment
from billing.domain.payments.saga import Attempt

# One sweep takes at most this many, so that it ends and the lease is renewed; the next begins a second later.
BATCH = 100
# Side by side, because each mostly waits for a biller; a hung one must not hold up the others.
THREADS = 8


@dataclass(frozen=True)
class SweepPayments:
    """Go on with what is due."""


@dataclass(frozen=True)
class SweepPaymentsHandler:
    """Runs under a lease, but stays right without: taking a payment and moving it are each atomic."""

    payments: Payments
    drive_payment: DrivePaymentHandler
    pace: Pace
    clock: Callable[[], datetime]

    def __call__(self, command: SweepPayments) -> int:
        """Drive what is due, a bounded number, and return how many payments were looked at.

        Raises what the last failing payment raised, after the others had their turn; a repeat is safe.
        """
        del command
        first = self._take()
        if first is None:
            return 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="sweep") as pool:
            return sum(pool.map(self._sweep_from, [first, *[None] * (THREADS - 1)]))

    def _sweep_from(self, payment: Payment | None) -> int:
        for done in range(BATCH // THREADS):
            payment = payment or self._take()
            if payment is None:
                return done
            self.drive_payment(DrivePayment(payment, Attempt.LATER))
            payment = None
        return BATCH // THREADS

    def _take(self) -> Payment | None:
        at = self.clock()
        return self.payments.take_due(at, resume_at=at + self.pace.grace)
