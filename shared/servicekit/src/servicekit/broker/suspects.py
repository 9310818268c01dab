"""Messages that may have ended the process each time, and are therefore handled one at a time."""

import random
import time

from servicekit.broker.workers import Job

# Other suspects arrive within this time after a connection is made.
GATHER_SECONDS = 0.5


class Suspects:
    """The suspects among one connection's messages.

    The broker counts every delivery that ends with the process for all that was unacknowledged, and would park the
    neighbours of a deadly message with it. So each suspect is handled alone, in random order, after a moment in which
    the others arrive. Soon all are done but the one that is deadly.
    """

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._in_hand: Job | None = None
        self._first_at = time.monotonic() + GATHER_SECONDS

    def add(self, job: Job) -> None:
        """One more, to be handled when its turn comes."""
        self._waiting.append(job)

    def next(self) -> Job | None:
        """The one whose turn it is now, if any."""
        if not self._waiting or self._in_hand is not None or time.monotonic() < self._first_at:
            return None
        self._in_hand = self._waiting.pop(random.randrange(len(self._waiting)))  # noqa: S311 no secret, only no fixed order
        return self._in_hand

    def finished(self, job: Job) -> None:
        """A job is done; the next suspect may be tried if it was one."""
        if job is self._in_hand:
            self._in_hand = None

    def give_up(self) -> list[Job]:
        """Those that still wait; none of them will be tried."""
        waiting, self._waiting = self._waiting, []
        return waiting
