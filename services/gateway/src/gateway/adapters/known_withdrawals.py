"""What access was taken back, in the memory of this process: read every second, asked at each request."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Gauge

from gateway.application.calls import AccessToken
from gateway.application.ports import Withdrawals
from gateway.application.withdrawals import Withdrawal, refusal
from servicekit.errors import DependencyUnavailable
from servicekit.instants import utc_now

POLL_SECONDS = 1.0
# Each reading looks back so far behind the one before. A transaction that noted something may commit ten seconds later
# (servicekit.mongo), and clocks differ by thirty: what was read last is no measure of what will appear.
LOOKS_BACK = timedelta(seconds=60)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_log = structlog.get_logger(__name__)
_KNOWN = Gauge(
    "emitra_gateway_withdrawals", "Centres, clients, rights, sign-ins and tokens that are refused, or were lately."
)
_READ_AT = Gauge("emitra_gateway_withdrawals_read_timestamp_seconds", "When they were last read, in Unix seconds.")


class KnownWithdrawals:
    """Refuses tokens whose access was taken back. Thread-safe; makes no connection until it is told to read.

    While the store is away, what is known holds. What nobody can have a token of any more is dropped, so that this
    holds the centres that are suspended or closed, and what else was taken back within twenty minutes: 0.5 KB each.
    """

    def __init__(self, store: Withdrawals, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[Withdrawal, datetime | None]] | None = None
        self._read_at: datetime | None = None
        self._away = False
        self._stop = threading.Event()

    def watch(self) -> None:
        """Reads now, then every second in a daemon thread until `stop`."""
        self.read()
        threading.Thread(target=self._poll, name="withdrawals", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.read()

    def read(self) -> None:
        """Reads what was noted since a minute before the last reading, at first everything. Raises nothing."""
        now = self._clock()
        try:
            noted = self._store.noted_since(self._read_at - LOOKS_BACK if self._read_at else _BEGINNING)
        except DependencyUnavailable:
            if not self._away:
                _log.warning("withdrawals_not_read", known=len(self._known or ()))
            self._away = True
            return
        except Exception as error:  # noqa: BLE001 - the thread must live: without it nothing new would be refused
            _log.error("withdrawals_not_read", exc_info=error)
            return
        known = {of: kept for of, kept in (self._known or {}).items() if kept[1] is None or now < kept[1]}
        known |= {withdrawal.of: (withdrawal, withdrawal.forget_at(now)) for withdrawal in noted}
        self._known, self._read_at, self._away = known, now, False
        _KNOWN.set(len(known))
        _READ_AT.set(now.timestamp())

    def check(self, access: AccessToken) -> None:
        """Raises AccessSuspended, AccessEnded or TokenWithdrawn for a token whose access was taken back.

        Raises DependencyUnavailable while nothing could be read yet: a gateway that has just started must not take what
        the others refuse.
        """
        known = self._known
        if known is None:
            raise DependencyUnavailable(
                "Which access was taken back could not be read yet, so no access token can be taken; repeat the "
                "request in a moment.",
                retry_after_seconds=2,
            )
        if known.keys().isdisjoint(access.subjects):
            return
        now = self._clock()
        for of in access.subjects:
            if of in known and known[of][0].counts_at(now):
                raise refusal(known[of][0])
