"""Messages that may be deadly are tried one at a time, after a moment, in no fixed order."""

from types import SimpleNamespace
from typing import Any

import pytest

from servicekit.broker import suspects
from servicekit.broker.suspects import Suspects
from servicekit.broker.workers import Job


class World(SimpleNamespace):
    """The time, and which of those that wait is drawn."""

    now = 100.0
    drawn = 0

    def draw(self, count: int) -> int:
        assert 0 <= self.drawn < count
        return self.drawn


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(suspects, "time", SimpleNamespace(monotonic=lambda: world.now))
    monkeypatch.setattr(suspects, "random", SimpleNamespace(randrange=world.draw))
    return world


def jobs(count: int) -> list[Job]:
    nothing: Any = None
    return [Job(number, nothing, nothing) for number in range(count)]


def test_the_first_one_waits_half_a_second_for_the_others(world: World) -> None:
    waiting = Suspects()
    (job,) = jobs(1)
    waiting.add(job)
    world.now += 0.4999
    assert waiting.next() is None
    world.now = 100.5
    assert waiting.next() is job


def test_the_next_one_is_drawn_when_the_one_in_hand_is_done(world: World) -> None:
    waiting, (a, b, c, stranger) = Suspects(), jobs(4)
    world.now += 1
    assert waiting.next() is None
    for job in (a, b, c):
        waiting.add(job)
    world.drawn = 2
    assert waiting.next() is c
    assert waiting.next() is None
    waiting.finished(stranger)
    assert waiting.next() is None
    waiting.finished(c)
    world.drawn = 0
    assert waiting.next() is a
    waiting.finished(a)
    assert waiting.next() is b
    waiting.finished(b)
    assert waiting.next() is None


def test_those_that_wait_are_given_up_once_and_the_one_in_hand_is_not_among_them(world: World) -> None:
    waiting, (a, b, c) = Suspects(), jobs(3)
    world.now += 1
    for job in (a, b, c):
        waiting.add(job)
    assert waiting.next() is a
    assert waiting.give_up() == [b, c]
    assert waiting.give_up() == []
    waiting.finished(a)
    assert waiting.next() is None
