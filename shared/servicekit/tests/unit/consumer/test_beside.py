"""Two processes that end together."""

import threading
from typing import Any

import pytest

from servicekit.broker import consumer as consuming
from servicekit.broker.consumer import UnusableTopology, WorkerDied, run_beside


class Beside:
    """A consumer that runs until it is stopped, or fails at once."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.stopped = threading.Event()
        self.ended = False
        self.thread: tuple[str, bool] | None = None

    def run(self) -> None:
        self.thread = threading.current_thread().name, threading.current_thread().daemon
        if self.error:
            raise self.error
        assert self.stopped.wait(10)
        self.ended = True

    def stop(self) -> None:
        self.stopped.set()


def run_both(first: Any, second: Any) -> None:
    run_beside(first, second)


def test_the_other_one_is_stopped_with_the_first() -> None:
    first, second = Beside(), Beside()
    first.stop()
    run_both(first, second)
    assert (first.ended, second.ended) == (True, True)
    assert second.thread == ("beside", True), "one that hangs shall not keep the process"


def test_the_other_ones_end_is_not_waited_for_longer_than_a_stop_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consuming, "STOP_TIMEOUT_SECONDS", 0.02)
    first, second, let_go = Beside(), Beside(), threading.Event()
    first.stop()
    monkeypatch.setattr(second, "run", lambda: setattr(second, "ended", let_go.wait(1) or True))
    run_both(first, second)
    assert not second.ended
    let_go.set()


@pytest.mark.parametrize("error", [UnusableTopology("missing"), WorkerDied("gone")])
def test_where_the_other_one_fails_the_first_is_stopped_and_the_reason_is_told(error: Exception) -> None:
    first, second = Beside(), Beside(error)
    with pytest.raises(type(error)) as raised:
        run_both(first, second)
    assert raised.value is error
    assert first.ended


def test_where_the_first_one_fails_the_other_is_stopped() -> None:
    error = UnusableTopology("missing")
    first, second = Beside(error), Beside()
    with pytest.raises(UnusableTopology) as raised:
        run_both(first, second)
    assert raised.value is error
    assert second.ended
