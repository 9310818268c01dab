"""Sweep: go on with every payment whose time has come. Authoritative: a payment needs no request to get to its end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from billing.application.payments.drive_payment import PaymentExecutor
from billing.application.payments.ports import Payments
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Payment

# One sweep takes at most this many, so that it ends and the lease is renewed; the next begins a second later.
BATCH = 100
# Side by side, because each mostly waits for a biller; a hung one must not hold up the others.
THREADS = 8


class SweepPayments:
    """Runs under a lease, but stays right without: taking a payment and moving it are each atomic."""

    def __init__(
        self, payments: Payments, executor: PaymentExecutor, pace: Pace, clock: Callable[[], datetime]
    ) -> None:
        self._payments = payments
        self._executor = executor
        self._pace = pace
        self._clock = clock

    def __call__(self) -> int:
        """Drive what is due, a bounded number, and return how many payments were looked at.

        Raises what the last failing payment raised, after the others had their turn; a repeat is safe.
        """
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
            self._executor.drive(payment, fresh=False)
            payment = None
        return BATCH // THREADS

    def _take(self) -> Payment | None:
        now = self._clock()
        return self._payments.take_due(now, look_again_at=now + self._pace.grace)
