"""The controls of the testers: the simulated clock and the faults. Served under /control, in the sandbox only."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint
from msgspec import Meta

from emitra_simulators.journal import Journal
from emitra_simulators.wire import Body, Refusal, drop_connection, load_body

# A hanging request occupies one of the server's threads. A minute outlasts every caller: the gateway's cap is 60 s.
MAX_HANG_SECONDS = 60

# Longer than the gateway's default deadline of 30 s, so that every caller has given up.
DEFAULT_HANG_SECONDS = 35.0

MAX_LATENCY_MS = 10_000
MAX_FAULTS = 1_000_000
MAX_ADVANCE_SECONDS = 366 * 24 * 3600

Operation = Literal["fetch", "payment", "inquiry"]


class SimulatedClock:
    """The real time plus what testers have added. It never goes back."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._lock = Lock()
        self.offset_seconds = 0.0

    def epoch_seconds(self) -> float:
        """Seconds since the epoch."""
        return self._real() + self.offset_seconds

    def advance(self, seconds: float, journal: Journal) -> None:
        """Moves the clock forward for good: the journal remembers how far, over a restart too."""
        with self._lock:
            self.offset_seconds += seconds
            journal.append({"clock_offset_seconds": self.offset_seconds})


def instant(seconds: float) -> str:
    """A second of the epoch as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class FaultSettings(msgspec.Struct, kw_only=True):
    """The faults that are on.

    Each counter says how many of the next requests meet its fault. `fail_next`: the answer is 503, nothing is done.
    `hang_next`: the request is done and is answered after `hang_seconds`. `drop_response_next`, for payments only: the
    payment is done, then the connection is closed without an answer. `operations` are the requests that `fail_next` and
    `hang_next` meet. `latency_ms` delays every request. `down` are the billers that are down: whatever is
    asked of one is 503 `biller-down`.
    """

    latency_ms: int = 0
    fail_next: int = 0
    hang_next: int = 0
    hang_seconds: float = DEFAULT_HANG_SECONDS
    drop_response_next: int = 0
    down: list[str] = msgspec.field(default_factory=list)
    operations: list[Operation] = msgspec.field(default_factory=lambda: ["fetch", "payment"])


Count = Annotated[int, Meta(ge=0, le=MAX_FAULTS)] | msgspec.UnsetType


class FaultChanges(Body, kw_only=True):
    """POST /control/faults: a member that is not given stays as it is; zero switches a fault off."""

    latency_ms: Annotated[int, Meta(ge=0, le=MAX_LATENCY_MS)] | msgspec.UnsetType = msgspec.UNSET
    fail_next: Count = msgspec.UNSET
    hang_next: Count = msgspec.UNSET
    hang_seconds: Annotated[float, Meta(ge=0, le=MAX_HANG_SECONDS)] | msgspec.UnsetType = msgspec.UNSET
    drop_response_next: Count = msgspec.UNSET
    operations: list[Operation] | msgspec.UnsetType = msgspec.UNSET
    down: list[str] | msgspec.UnsetType = msgspec.UNSET


class ClockAdvance(Body):
    """POST /control/clock: how far to move the simulated clock forward."""

    advance_seconds: Annotated[float, Meta(ge=0, le=MAX_ADVANCE_SECONDS)]


class Faults:
    """The faults that were ordered over /control/faults. Each counted one is used up by exactly one request."""

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self.sleep = sleep
        self.settings = FaultSettings()
        self._lock = Lock()

    def change(self, changes: FaultChanges) -> None:
        """Takes over the members that are given."""
        with self._lock:
            for name, value in msgspec.structs.asdict(changes).items():
                if value is not msgspec.UNSET:
                    setattr(self.settings, name, value)

    def on_arrival(self, operation: Operation) -> None:
        """Called before the request has any effect: delays it by the latency. Raises Refusal 503 when it is to fail."""
        if self.settings.latency_ms:
            self.sleep(self.settings.latency_ms / 1000)
        if self._take("fail_next", operation):
            raise Refusal(503, "unavailable", "told to fail by /control/faults")

    def require_up(self, biller_id: str) -> None:
        """Raises Refusal 503 for a biller that is down."""
        if biller_id in self.settings.down:
            raise Refusal(503, "biller-down", f"{biller_id} is down by /control/faults")

    def before_answer(self, operation: Operation) -> None:
        """Called when the effect is recorded: hangs, or closes the connection without an answer, if that is ordered."""
        hangs = self._take("hang_next", operation)
        # Both are taken before the wait: a request that hung for a minute must not use up a fault ordered meanwhile.
        drops = operation == "payment" and self._take("drop_response_next", None)
        if hangs:
            self.sleep(self.settings.hang_seconds)
        if drops:
            drop_connection()

    def _take(self, counter: str, operation: Operation | None) -> bool:
        if not getattr(self.settings, counter):
            return False
        with self._lock:
            left = getattr(self.settings, counter)
            if not left or (operation is not None and operation not in self.settings.operations):
                return False
            setattr(self.settings, counter, left - 1)
            return True


def controls(clock: SimulatedClock, faults: Faults, journal: Journal) -> Blueprint:
    """GET and POST of /control/faults and /control/clock; the journal remembers the clock."""
    blueprint = Blueprint("controls", __name__, url_prefix="/control")
    fault_changes, clock_advance = msgspec.json.Decoder(FaultChanges), msgspec.json.Decoder(ClockAdvance)

    @blueprint.get("/faults")
    def show_faults() -> dict[str, Any]:
        return msgspec.structs.asdict(faults.settings)

    @blueprint.post("/faults")
    def change_faults() -> dict[str, Any]:
        faults.change(load_body(fault_changes))
        return show_faults()

    @blueprint.get("/clock")
    def show_clock() -> dict[str, Any]:
        return {"now": instant(clock.epoch_seconds()), "offset_seconds": clock.offset_seconds}

    @blueprint.post("/clock")
    def advance_clock() -> dict[str, Any]:
        clock.advance(load_body(clock_advance).advance_seconds, journal)
        return show_clock()

    return blueprint
