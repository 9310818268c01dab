"""A relay's loop that hangs up ends every conversation, also one that begins between two steps of connecting."""

import socket
from collections.abc import Iterator

import pytest
from pika.adapters.select_connection import IOLoop

from servicekit.broker.relay import _Loop


@pytest.fixture
def loop() -> Iterator[_Loop]:
    loop = _Loop()
    yield loop
    loop.close()


@pytest.mark.parametrize("watched_first", [True, False])
def test_the_other_side_sees_the_end(loop: _Loop, watched_first: bool) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        steps = [lambda: loop.add_handler(ours.fileno(), lambda *_: None, IOLoop.READ), loop.hang_up]
        for step in steps if watched_first else reversed(steps):
            step()
        assert theirs.recv(1) == b""
        loop.remove_handler(ours.fileno())


def test_what_is_watched_is_told(loop: _Loop) -> None:
    ours, theirs = socket.socketpair()
    told: list[tuple[int, int]] = []

    def tell(fd: int, events: int) -> None:
        told.append((fd, events))
        loop.stop()

    with ours, theirs:
        loop.add_handler(ours.fileno(), tell, IOLoop.READ)
        theirs.send(b"x")
        loop.start()
        loop.remove_handler(ours.fileno())
        assert told == [(ours.fileno(), IOLoop.READ)]


def test_what_has_no_other_side_yet_is_no_hindrance(loop: _Loop) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket() as alone:
        for end in (alone, ours):
            loop.add_handler(end.fileno(), lambda *_: None, IOLoop.READ)
        loop.hang_up()
        assert theirs.recv(1) == b""
        for end in (alone, ours):
            loop.remove_handler(end.fileno())


def test_what_is_no_longer_watched_goes_on(loop: _Loop) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        loop.add_handler(ours.fileno(), lambda *_: None, IOLoop.READ)
        loop.remove_handler(ours.fileno())
        loop.hang_up()
        ours.send(b"x")
        assert theirs.recv(1) == b"x"
