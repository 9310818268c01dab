"""Which acknowledgements to send for what the workers of one channel have finished."""

import time
from typing import Generic, TypeVar

# How long a finished message waits for those before it: longer than workers' groups lie apart, shorter than anybody
# would notice.
GAP_SECONDS = 0.1

Answered = TypeVar("Answered")  # a message, as whoever acknowledges it has it


class Acknowledgements(Generic[Answered]):
    """Turns finished messages into few acknowledgements. Messages are numbered from 1, as they are delivered.

    A multiple acknowledgement speaks for every earlier delivery too, so it reaches up to the first unfinished one and
    no further. What is finished beyond that waits a moment for the gap to close and is then acknowledged by itself: one
    slow message shall not hold the others' places in the prefetch window.
    """

    def __init__(self) -> None:
        self._next = 1  # Whatever was delivered before it is settled.
        self._finished: dict[int, tuple[Answered, float]] = {}  # and since when each waits
        self._settled: set[int] = set()  # beyond a gap: given back, or acknowledged by itself

    @property
    def waiting(self) -> bool:
        """Whether something finished is not acknowledged yet."""
        return bool(self._finished)

    def finished(self, number: int, message: Answered) -> None:
        """This message may be acknowledged."""
        self._finished[number] = (message, time.monotonic())

    def given_back(self, number: int) -> None:
        """This message needs no acknowledgement."""
        self._settled.add(number)

    def due(self, gap_seconds: float = GAP_SECONDS) -> list[tuple[Answered, bool]]:
        """What to acknowledge now, and whether for all before it too; 0 seconds: all that is finished."""
        acknowledgements: list[tuple[Answered, bool]] = []
        last = None  # The broker refuses a multiple acknowledgement up to a message that was given back.
        while self._next in self._finished or self._next in self._settled:
            if self._next in self._finished:
                last, _ = self._finished.pop(self._next)
            self._settled.discard(self._next)
            self._next += 1
        if last is not None:
            acknowledgements.append((last, True))
        waited_long = time.monotonic() - gap_seconds
        for number, (message, since) in list(self._finished.items()):
            if since <= waited_long:
                del self._finished[number]
                self._settled.add(number)
                acknowledgements.append((message, False))
        return acknowledgements
