"""Who shares a transaction with whom, and what becomes of each when the shared one fails."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from structlog.testing import capture_logs

from servicekit.deadlines import deadline, seconds_left
from servicekit.mongo import GroupCommit
from servicekit.mongo.group_commit import MOST_TOGETHER
from servicekit.testing import eventually

WAIT_SECONDS = 10


class Refused(Exception):
    """A transaction that did not go through."""


class Writes:
    """What is written, together or alone; the first one alone is held up until it is let go."""

    def __init__(self, *, refused: str | None = None) -> None:
        self.groups: list[list[str]] = []
        self.alone: list[str] = []
        self.first_is_under_way, self.let_go = Event(), Event()
        self._refused = refused
        self.commit = GroupCommit[str](self._together)

    def run(self, item: str) -> str:
        return self.commit.run(item, lambda: self._alone(item), "together")

    def _together(self, items: Sequence[str]) -> None:
        self.groups.append(list(items))
        if self._refused in items:
            raise Refused(self._refused)

    def _alone(self, item: str) -> str:
        if item == "first":
            self.first_is_under_way.set()
            assert self.let_go.wait(WAIT_SECONDS)
        if item == self._refused:
            raise Refused(item)
        self.alone.append(item)
        return "alone"

    def waiting(self) -> int:
        return len(self.commit._queue)


@pytest.fixture
def begin() -> Iterator[Callable[..., list[Future[str]]]]:
    """Starts one caller, and the others while it is under way; then lets it go."""
    with ThreadPoolExecutor(MOST_TOGETHER * 2) as pool:

        def start(writes: Writes, others: Sequence[str]) -> list[Future[str]]:
            results = [pool.submit(writes.run, "first")]
            assert writes.first_is_under_way.wait(WAIT_SECONDS)
            results += [pool.submit(writes.run, item) for item in others]
            eventually(lambda: writes.waiting() == len(others), timeout_seconds=WAIT_SECONDS)
            writes.let_go.set()
            return results

        yield start


Begin = Callable[..., list[Future[str]]]


def outcomes(results: list[Future[str]]) -> list[str]:
    return [result.result(WAIT_SECONDS) for result in results]


def test_one_caller_waits_for_nobody_and_runs_alone() -> None:
    writes = Writes()
    writes.let_go.set()

    assert [writes.run("first"), writes.run("second")] == ["alone", "alone"]
    assert writes.groups == []


def test_those_who_come_meanwhile_share_the_next_one(begin: Begin) -> None:
    writes = Writes()

    assert outcomes(begin(writes, ["a", "b", "c"])) == ["alone", "together", "together", "together"]
    assert [sorted(group) for group in writes.groups] == [["a", "b", "c"]]
    assert writes.alone == ["first"]


def test_of_a_group_that_fails_each_runs_alone_and_meets_its_own_error(begin: Begin) -> None:
    writes = Writes(refused="b")

    with capture_logs() as logs:
        first, a, b, c = begin(writes, ["a", "b", "c"])

        assert outcomes([first, a, c]) == ["alone"] * 3
        with pytest.raises(Refused):
            b.result(WAIT_SECONDS)
    assert logs == [{"event": "group_commit_split", "size": 3, "reason": "Refused", "log_level": "info"}]
    assert sorted(writes.alone) == ["a", "c", "first"]


def test_a_caller_in_a_hurry_does_not_hurry_those_whose_transaction_it_leads() -> None:
    left: list[float] = []
    commit = GroupCommit[str](lambda _items: left.append(seconds_left(5.0)))
    leader_is_under_way, let_go = Event(), Event()

    def hold_up() -> str:
        leader_is_under_way.set()
        assert let_go.wait(WAIT_SECONDS)
        return "alone"

    def in_a_hurry() -> str:
        with deadline(0.0):
            return commit.run("b", lambda: "alone", "together")

    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(commit.run, "a", hold_up, "together")]
        assert leader_is_under_way.wait(WAIT_SECONDS)
        results.append(pool.submit(in_a_hurry))  # It came first, so it leads.
        eventually(lambda: len(commit._queue) == 1)
        results.append(pool.submit(commit.run, "c", lambda: "alone", "together"))
        eventually(lambda: len(commit._queue) == 2)
        let_go.set()
        assert outcomes(results) == ["alone", "together", "together"]
    assert left == [5.0]


def test_after_an_error_the_next_ones_are_served(begin: Begin) -> None:
    writes = Writes(refused="first")

    first, second = begin(writes, ["second"])

    with pytest.raises(Refused):
        first.result(WAIT_SECONDS)
    assert outcomes([second]) == ["alone"]
    assert writes.run("third") == "alone"


def test_a_transaction_takes_a_limited_number(begin: Begin) -> None:
    writes = Writes()
    others = [str(number) for number in range(MOST_TOGETHER + 1)]

    assert outcomes(begin(writes, others)).count("together") == MOST_TOGETHER
    assert [len(group) for group in writes.groups] == [MOST_TOGETHER]
