"""Waiting for something that happens elsewhere, without sleeping blindly."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.02


def eventually(check: Callable[[], T], timeout_seconds: float = 10) -> T:
    """Call `check` until it returns something true, and return that; an AssertionError in it counts as "not yet".

    Raises AssertionError after `timeout_seconds`, with the last thing that `check` said.
    """
    end = time.monotonic() + timeout_seconds
    while True:
        last: object
        try:
            answer = check()
        except AssertionError as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        if time.monotonic() >= end:
            raise AssertionError(f"not within {timeout_seconds} s; the last answer was {last!r}")
        time.sleep(_PAUSE_SECONDS)
