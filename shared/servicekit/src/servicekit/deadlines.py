"""How long the work in hand may still take: carried beside the call stack, not lengthened by what is called."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from servicekit.errors import DependencyTimeout

# With less than this nothing useful can be begun: one round trip to the store may take all of it.
LEAST_USEFUL_SECONDS = 0.1

_ends_at: ContextVar[float | None] = ContextVar("servicekit_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let the block take `seconds`, or what an enclosing deadline leaves if that is less.

    Nothing is interrupted: calls inside ask `seconds_left` for their own timeouts.
    """
    outer = _ends_at.get()
    ends_at = time.monotonic() + seconds
    token = _ends_at.set(ends_at if outer is None else min(outer, ends_at))
    try:
        yield
    finally:
        _ends_at.reset(token)


@contextmanager
def no_deadline() -> Iterator[None]:
    """Let the block take what its own timeouts allow: for work that is not only for the caller in hand."""
    token = _ends_at.set(None)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(default: float) -> float:
    """The seconds a call may take: `default`, or what the deadline leaves if that is less.

    Raises DependencyTimeout when less than 0.1 s is left, so that a call that cannot finish is not begun.
    """
    ends_at = _ends_at.get()
    if ends_at is None:
        return default
    left = ends_at - time.monotonic()
    if left < LEAST_USEFUL_SECONDS:
        raise DependencyTimeout("The time allowed for this request has run out; repeat it with more time.")
    return min(default, left)
