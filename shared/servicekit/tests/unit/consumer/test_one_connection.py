"""What one connection brings becomes work, and its outcome an answer."""

import hashlib
from types import SimpleNamespace
from typing import Any, cast

import pytest

from servicekit.broker import consumer as consuming
from servicekit.broker.consumer import Subscription
from servicekit.broker.workers import Job

from .conftest import Channel, Clock, Connection, Message, Workers


@pytest.mark.parametrize(
    ("change", "member", "read"),
    [
        ({}, "id", "1"),
        ({"properties": {}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": ""}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": "\ud800"}}, "id", hashlib.sha256(b"{}").hexdigest()),
        ({"properties": {"message_id": 7}}, "id", "7"),
        ({}, "type", "thing.made.v1"),
        ({"properties": {}}, "type", ""),
        ({"properties": {"type": "\ud800"}}, "type", ""),
        ({}, "content_type", "application/json"),
        ({"content_type": None}, "content_type", ""),
        ({}, "body", b"{}"),
        ({"body": b"\xff"}, "body", b"\xff"),
        ({"body": "é"}, "body", "é".encode()),
        ({"headers": {"a": 1}}, "headers", {"a": 1}),
        ({"headers": None}, "headers", {}),
    ],
)
def test_a_message_is_what_came_and_nothing_where_that_is_no_text(
    change: dict[str, Any], member: str, read: object
) -> None:
    message = cast(Any, Message(None, 1))
    vars(message).update(change)
    assert getattr(consuming._message(message), member) == read


class Kombu:
    """The library, as far as a subscription uses it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.consumers: list[dict[str, Any]] = []

    def Queue(self, name: str, channel: Any = None) -> Any:  # noqa: N802 as kombu calls it
        def declare(passive: bool) -> None:
            self.clock.done.append(("declare", name, passive, channel is not None))

        return SimpleNamespace(name=name, queue_declare=declare)

    def Consumer(self, channel: Any, **given: Any) -> Any:  # noqa: N802 as kombu calls it
        self.consumers.append({"channel": channel, **given})
        (queue,) = given["queues"]
        return SimpleNamespace(
            consume=lambda: self.clock.done.append(("consume", queue.name)),
            cancel=lambda: self.clock.done.append(("cancel", queue.name)),
        )


class Subscribed:
    """A subscription to two queues, and what the broker may do to it."""

    def __init__(self, clock: Clock, connection: Connection, kombu: Kombu) -> None:
        self.clock = clock
        self.connection = connection
        self.kombu = kombu
        self.workers = Workers()
        self.subscription = Subscription(connection, ["one", "two"], self.workers, prefetch=9)  # type: ignore[arg-type]
        self.channel: Any = kombu.consumers[0]["channel"]
        self._number = 0

    def deliver(self, queue: int = 0, **headers: Any) -> Message:
        self._number += 1
        message = Message(self.channel, self._number, **headers)
        self.kombu.consumers[queue]["on_message"](message)
        return message

    def finish(self, *numbers: int, handled: bool = True) -> None:
        for number in numbers:
            (job,) = [job for job in self.workers.jobs if job.number == number]
            self.workers.jobs.remove(job)
            self.workers.done.append((job, handled))


@pytest.fixture
def subscribed(clock: Clock, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Subscribed:
    kombu = Kombu(clock)
    monkeypatch.setattr("kombu.Queue", kombu.Queue)
    monkeypatch.setattr("kombu.Consumer", kombu.Consumer)
    return Subscribed(clock, connection, kombu)


def test_all_queues_are_looked_for_before_anything_is_consumed(subscribed: Subscribed) -> None:
    assert subscribed.clock.done == [
        "connect",
        ("declare", "one", True, True),
        ("declare", "two", True, True),
        ("consume", "one"),
        ("consume", "two"),
    ]
    for consumer in subscribed.kombu.consumers:
        assert consumer["channel"] is subscribed.channel
        assert (consumer["prefetch_count"], consumer["auto_declare"]) == (9, False)


def test_a_message_goes_to_the_workers_with_its_number_and_its_queue(subscribed: Subscribed) -> None:
    messages: list[Any] = [subscribed.deliver(0), subscribed.deliver(1)]
    jobs = subscribed.workers.jobs
    assert [(job.number, job.delivery.queue, job.delivery.message.id) for job in jobs] == [
        (1, "one", "1"),
        (2, "two", "2"),
    ]
    assert all(job.message is message for job, message in zip(jobs, messages, strict=True))
    assert subscribed.subscription.unsettled == 2


def test_what_kombu_cannot_unpack_is_a_message_too(subscribed: Subscribed) -> None:
    subscribed.kombu.consumers[1]["on_decode_error"](Message(subscribed.channel, 7), ValueError())
    (job,) = subscribed.workers.jobs
    assert (job.number, job.delivery.queue, job.delivery.message.id) == (1, "two", "7")


def test_the_broker_is_waited_for_as_long_as_nothing_is_under_way(subscribed: Subscribed) -> None:
    take_in, settle = subscribed.subscription.take_in, subscribed.subscription.settle
    take_in()
    subscribed.deliver()
    subscribed.deliver()
    take_in()
    subscribed.finish(2)
    settle()
    take_in()
    assert not subscribed.subscription.settled
    subscribed.finish(1)
    settle()
    take_in()
    assert subscribed.connection.drained == [0.1, 0.005, 0.005, 0.1]
    assert subscribed.workers.waits == [0.0, 0.0]


def test_what_is_finished_but_not_acknowledged_is_not_settled(subscribed: Subscribed) -> None:
    first = subscribed.deliver()
    second = subscribed.deliver()
    subscribed.finish(2)
    subscribed.subscription.settle()
    assert (subscribed.subscription.unsettled, subscribed.subscription.settled) == (1, False)
    assert second.answers == []
    subscribed.finish(1)
    subscribed.subscription.settle()
    assert subscribed.subscription.settled
    assert (first.answers, second.answers) == ([], ["all up to it"])


def test_one_slow_message_does_not_hold_the_others(subscribed: Subscribed) -> None:
    slow, quick = subscribed.deliver(), subscribed.deliver()
    subscribed.finish(2)
    subscribed.subscription.settle()
    subscribed.clock.now += 0.09
    subscribed.subscription.settle()
    assert quick.answers == []
    subscribed.clock.now += 0.02
    subscribed.subscription.settle()
    assert (slow.answers, quick.answers) == ([], ["it"])


def test_what_could_not_be_handled_goes_back_and_is_not_acknowledged(subscribed: Subscribed) -> None:
    back, done = subscribed.deliver(), subscribed.deliver()
    subscribed.finish(1, handled=False)
    subscribed.finish(2)
    subscribed.subscription.settle()
    assert (back.answers, done.answers) == (["back"], ["all up to it"])
    assert subscribed.subscription.settled


def test_what_came_over_another_channel_is_not_answered_here(subscribed: Subscribed) -> None:
    subscribed.deliver()
    old = Message(Channel(subscribed.clock), 1)
    job = subscribed.workers.jobs[0]
    ours = cast(Message, job.message)
    subscribed.workers.done = [(Job(1, old, job.delivery), handled) for handled in (True, False)]  # type: ignore[arg-type]
    subscribed.finish(1)
    subscribed.subscription.settle()
    assert old.answers == []
    assert ours.answers == ["all up to it"]
    assert subscribed.subscription.unsettled == 0


def test_a_suspect_waits_for_the_others_and_is_then_handled_alone(subscribed: Subscribed) -> None:
    take_in = subscribed.subscription.take_in
    for _ in range(2):
        subscribed.deliver(**{"x-delivery-count": 2})
    subscribed.deliver(**{"x-delivery-count": 1})
    assert [job.number for job in subscribed.workers.jobs] == [3]
    subscribed.clock.now = 0.49
    take_in()
    assert len(subscribed.workers.jobs) == 1
    subscribed.clock.now = 0.5
    take_in()
    take_in()
    _, suspect = subscribed.workers.jobs
    subscribed.finish(3)
    subscribed.subscription.settle()
    take_in()
    assert subscribed.workers.jobs == [suspect], "another one's end is not the suspect's"
    subscribed.finish(suspect.number)
    subscribed.subscription.settle()
    take_in()
    (other,) = subscribed.workers.jobs
    assert {suspect.number, other.number} == {1, 2}


def test_winding_down_gives_back_what_was_not_begun_and_waits_for_the_rest(
    subscribed: Subscribed, logs: list[Any]
) -> None:
    begun, waiting = subscribed.deliver(), subscribed.deliver()
    suspect = subscribed.deliver(**{"x-delivery-count": 9})
    old = Message(Channel(subscribed.clock), 1)
    begun_job = subscribed.workers.jobs.pop(0)
    subscribed.workers.jobs.append(Job(1, old, begun_job.delivery))  # type: ignore[arg-type]

    def soon() -> None:
        subscribed.clock.now += 0.5
        if subscribed.clock.now == 1.5:
            subscribed.workers.done.append((begun_job, True))

    subscribed.workers.done_later = soon
    subscribed.clock.done.clear()
    subscribed.subscription.wind_down()
    assert (begun.answers, waiting.answers, suspect.answers) == (["all up to it"], ["back"], ["back"])
    assert old.answers == []
    assert subscribed.workers.waits == [0.5] * 3
    assert subscribed.clock.done == [
        ("cancel", "one"),
        ("cancel", "two"),
        *(("heartbeat", seconds) for seconds in (0.5, 1.0, 1.5)),
        "close",
    ]
    assert logs == [{"event": "consumer_stopped", "given_up": 0, "log_level": "info"}]


def test_winding_down_takes_twenty_seconds_at_most(subscribed: Subscribed, logs: list[Any]) -> None:
    subscribed.deliver()
    subscribed.workers.jobs.clear()

    def never() -> None:
        subscribed.clock.now += 0.5

    subscribed.workers.done_later = never
    subscribed.subscription.wind_down()
    assert subscribed.clock.now == 20
    assert subscribed.clock.done[-1] == "close"
    assert logs[-1]["given_up"] == 1
