"""When the relay's store thread reads, marks, renews and waits, and when the doorbell rings: in a time of its own.

What it reads and marks, on a real database: tests/service/test_relay_store.py.
"""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from structlog.testing import capture_logs

from servicekit.broker import relay_store
from servicekit.broker.metrics import RelayMetrics
from servicekit.broker.relay_store import RelayInDoubt, RelayStore


class Clock:
    """Time that goes by in waits only; notes everything that is done, in its order."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[Any] = []
        self.times: dict[str, list[float]] = {}

    def note(self, name: str) -> None:
        self.done.append(name)
        assert len(self.done) < 1_000, "it goes round for ever"
        self.times.setdefault(name, []).append(self.now)


class Wait(threading.Event):
    """An event whose wait takes its time on the clock."""

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__()
        self._clock, self._name = clock, name

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.note(f"{self._name} {timeout}")
        self._clock.now += timeout or 0.0
        return self.is_set()

    def clear(self) -> None:
        self._clock.note(f"clear {self._name}")
        super().clear()


class Lease:
    """Ours until it is lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ours = True

    def acquire(self) -> bool:
        self._clock.note("acquire")
        return self.ours


class Looking(RelayStore):
    """The store thread's loop alone: what each read brings is given, and after the last one it is told to stop."""

    clock: Clock
    reads: Iterator[int]

    def _read(self) -> int:
        self.clock.note("read")
        count = next(self.reads, None)
        if count is None:
            self._stopping.set()
        return count or 0

    def mark(self) -> None:
        self.clock.note("mark")

    def _measure(self) -> None:
        self.clock.note("measure")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(relay_store, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def mongo() -> Iterator[Any]:
    """A database that nobody asks."""
    with MongoClient[dict[str, Any]]("mongodb://mongodb.invalid/", connect=False) as client:
        yield SimpleNamespace(db=client["unasked"])


@pytest.fixture
def failures() -> list[BaseException]:
    return []


@pytest.fixture
def store(mongo: Any, clock: Clock, failures: list[BaseException]) -> Looking:
    lease: Any = Lease(clock)
    stopping = Wait(clock, "pause")
    store = Looking(mongo, lease, RelayMetrics("maker"), stopping, lambda _rows: None, failures.append)
    store.clock, store.reads = clock, iter(())
    store.wake = Wait(clock, "wake")
    bell: Any = SimpleNamespace(start=lambda: clock.note("bell"), arm=lambda: clock.note("arm"))
    store._doorbell = bell
    return store


def look(store: Looking, *reads: int, known: int = 0) -> list[Any]:
    """All that is done, from the first to the last look, which brings nothing."""
    store._known = {str(number) for number in range(known)}
    store.reads = iter(reads)
    store.run()
    return store.clock.done


def test_the_parts_are_put_together(mongo: Any) -> None:
    stopping, nothing = threading.Event(), cast(Any, None)
    store = RelayStore(mongo, nothing, nothing, stopping, nothing, nothing)
    assert isinstance(store.wake, threading.Event)
    assert (store._doorbell._wake, store._doorbell._stopping) == (store.wake, stopping)


# The loop ------------------------------------------------------------------------------------------------------------


def test_an_idle_store_arms_the_bell_and_waits_for_it(store: Looking, failures: list[BaseException]) -> None:
    one_look = ["clear wake", "mark", "read", "arm", "wake 1.0"]
    assert look(store, 0) == ["bell", "acquire", "measure", *one_look, *one_look]
    assert failures == []


def test_while_rows_are_under_way_the_bell_is_not_armed(store: Looking) -> None:
    assert "arm" not in look(store, 0, known=1)


def test_a_full_read_is_followed_by_another_at_once(store: Looking) -> None:
    assert look(store, 1_000)[3:9] == ["clear wake", "mark", "read", "clear wake", "mark", "read"]


@pytest.mark.parametrize("known", [0, 1, 999])
def test_for_a_while_after_the_last_row_it_looks_by_itself(
    store: Looking, clock: Clock, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    monkeypatch.setattr(relay_store, "GATHER_SECONDS", 0.25)
    monkeypatch.setattr(relay_store, "BUSY_SECONDS", 1.0)
    look(store, 5, 0, 0, 7, 0, 0, 0, 0, 0, 0, known=known)
    assert clock.times["pause 0.25"] == [0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5]
    assert clock.times["wake 1.0"][0] == 1.75


def test_while_many_are_under_way_it_waits_to_be_woken(store: Looking, clock: Clock) -> None:
    look(store, 5, known=1_000)
    assert clock.times["wake 1.0"] == [0, 1]
    assert "pause 0.05" not in clock.times


def test_a_moment_is_a_twentieth_of_a_second_and_a_while_a_fifth(store: Looking, clock: Clock) -> None:
    look(store, 1, *[0] * 8)
    assert len(clock.times["pause 0.05"]) == pytest.approx(4, abs=1)


def test_the_lease_is_renewed_every_three_seconds_and_the_metrics_every_five(store: Looking, clock: Clock) -> None:
    look(store, *[0] * 10)
    assert clock.times["acquire"] == [0, 3, 6, 9]
    assert clock.times["measure"] == [0, 5, 10]


def test_without_the_lease_it_ends_in_doubt_before_it_reads(store: Looking, failures: list[BaseException]) -> None:
    store._lease.ours = False  # type: ignore[attr-defined]
    assert look(store, 0) == ["bell", "acquire"]
    (doubt,) = failures
    assert (type(doubt), str(doubt)) == (RelayInDoubt, "another relay holds the lease")


def test_whatever_it_meets_is_told(store: Looking, failures: list[BaseException], clock: Clock) -> None:
    error = ZeroDivisionError()

    def fail() -> None:
        raise error

    store._measure = fail  # type: ignore[method-assign]
    store.run()
    assert failures == [error]


def test_a_store_that_is_told_to_stop_does_nothing_more(store: Looking, clock: Clock) -> None:
    store._stopping.set()
    store.run()
    assert clock.done == ["bell"]


# Between the threads -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settled", "known", "woken"),
    [(1, 1, True), (1, 2, False), (3, 3, True), (199, 1_000, False), (200, 1_000, True), (201, 1_000, True)],
)
def test_it_is_woken_for_a_batch_to_mark_or_when_nothing_else_is_under_way(
    store: Looking, settled: int, known: int, woken: bool
) -> None:
    store._known = {str(number) for number in range(known)}
    for number in range(settled):
        store.wake.clear()
        store.settled(str(number), "sent")
    assert store.wake.is_set() == woken
    assert list(store._settled) == [(str(number), "sent") for number in range(settled)]


def test_a_store_that_never_began_has_ended(store: Looking) -> None:
    store.join()


def test_whoever_waits_for_its_end_waits_so_long(store: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(store, "_loop", lambda: go_on.wait(10))
    store.start()
    store.join(0.01)
    assert store.is_alive()
    assert (store.name, store.daemon) == ("relay-store", True)
    go_on.set()
    store.join()
    assert not store.is_alive()


def test_rows_are_read_at_one_point_in_time(store: Looking) -> None:
    assert store._pending.read_concern.level == "snapshot"
    assert store._pending.name == "outbox"


# The doorbell --------------------------------------------------------------------------------------------------------

INSERT, NOTHING = {"_id": 1}, None


class Stream:
    """A change stream: what each look at it brings. It dies after the last one."""

    def __init__(self, *looks: Any) -> None:
        self._looks = list(looks)

    @property
    def alive(self) -> bool:
        return bool(self._looks)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        """Closed."""

    def try_next(self) -> Any:
        return self._looks.pop(0)


class Bell:
    """A doorbell with the collection it watches, and the store thread that it wakes and that arms it again."""

    def __init__(self, mongo: Any, clock: Clock) -> None:
        self.clock = clock
        clock.now = 50.0
        self.stopping = Wait(clock, "pause")
        self.streams: list[Any] = []
        self.busy: list[float] = []
        self.doorbell = relay_store._Doorbell(mongo, self, self.stopping)  # type: ignore[arg-type]
        assert self.doorbell._rows.name == "outbox"
        assert self.doorbell._rows.codec_options.document_class is RawBSONDocument, "nothing is read of an event"
        self.doorbell._rows = self  # type: ignore[assignment]
        self.doorbell._armed = self  # type: ignore[assignment]

    def run(self, *streams: Any, busy: tuple[float, ...] = ()) -> list[str]:
        """All that is done until the last stream has ended; `busy`: how long the store thread takes each time."""
        self.streams, self.busy = list(streams), list(busy)
        self.doorbell.run()
        return self.clock.done

    def watch(self, _pipeline: object, *, max_await_time_ms: int) -> Any:
        self.clock.note(f"watch {max_await_time_ms}")
        stream = self.streams.pop(0)
        if not self.streams:
            self.stopping.set()
        if isinstance(stream, Exception):
            raise stream
        return stream

    def set(self) -> None:
        self.clock.note("ring")

    def clear(self) -> None:
        self.clock.note("disarm")

    def wait(self, timeout: float) -> bool:
        self.clock.note(f"wait {timeout}")
        left = self.busy.pop(0)
        self.clock.now += min(left, timeout)
        if left > timeout:
            self.busy.insert(0, left - timeout)
        return left <= timeout


@pytest.fixture
def bell(mongo: Any, clock: Clock) -> Bell:
    return Bell(mongo, clock)


LAST = Stream(INSERT)
OPENED = ["watch 1000", "ring"]
RUNG = ["disarm", "ring", "wait 1.0"]


def test_it_rings_as_the_stream_opens_and_at_each_insert_and_is_then_armed_again(bell: Bell) -> None:
    stream = Stream(NOTHING, INSERT, NOTHING, NOTHING, INSERT, NOTHING)
    assert bell.run(stream, LAST, busy=(0.0, 0.0)) == [*OPENED, *RUNG, *RUNG, *OPENED]


@pytest.mark.parametrize(("busy", "opened_again"), [(0.03125, False), (0.0625, True), (0.125, True)])
def test_after_a_busy_spell_the_stream_is_opened_anew(
    bell: Bell, monkeypatch: pytest.MonkeyPatch, busy: float, opened_again: bool
) -> None:
    monkeypatch.setattr(relay_store, "DOORBELL_REOPEN_SECONDS", 0.0625)
    again = OPENED if opened_again else []
    assert bell.run(Stream(INSERT, INSERT), Stream(NOTHING), LAST, busy=(busy, 0.0))[5:7] == (again or RUNG[:2])


def test_however_long_the_store_is_busy_the_bell_waits_to_be_armed(bell: Bell) -> None:
    assert bell.run(Stream(INSERT, NOTHING), LAST, busy=(2.5,)) == [*OPENED, *RUNG, "wait 1.0", "wait 1.0", *OPENED]


def test_a_stop_ends_the_waiting_to_be_armed(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = bell.wait

    def stop_at_the_second(timeout: float) -> bool:
        if len(bell.clock.times.get("wait 1.0", ())) == 1:
            bell.stopping.set()
        return wait(timeout)

    monkeypatch.setattr(bell, "wait", stop_at_the_second)
    assert bell.run(Stream(INSERT, INSERT), LAST, busy=(100.0,)) == [*OPENED, *RUNG, "wait 1.0"]


def test_a_stream_that_is_lost_is_opened_again_after_a_pause(bell: Bell) -> None:
    with capture_logs() as logs:
        done = bell.run(OSError("a password"), ZeroDivisionError(), Stream(NOTHING), LAST)
    pause = ["watch 1000", "pause 1.0"]
    assert done == [*pause, *pause, *OPENED, *OPENED]
    assert logs == [
        {"event": "doorbell_lost", "reason": reason, "log_level": "warning"}
        for reason in ("OSError", "ZeroDivisionError")
    ]


def test_arming_it_is_what_it_waits_for(mongo: Any) -> None:
    doorbell = relay_store._Doorbell(mongo, threading.Event(), threading.Event())
    assert (doorbell.name, doorbell.daemon) == ("relay-doorbell", True)
    assert not doorbell._armed.is_set()
    doorbell.arm()
    assert doorbell._armed.is_set()
