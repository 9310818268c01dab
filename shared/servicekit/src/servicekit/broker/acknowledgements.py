"""Which acknowledgements to send for what the workers of one channel have finished."""

import time

# How long a finished message waits for those before it: longer than workers' groups lie apart, shorter than anybody
# would notice.
GAP_SECONDS = 0.1


class Acknowledgements:
    """Turns finished deliveries into few acknowledgements.

    A multiple acknowledgement speaks for every earlier delivery too, so it reaches up to the first unfinished one and
    no further. What is finished beyond that waits a moment for the gap to close and is then acknowledged by itself: one
    slow message shall not hold the others' places in the prefetch window. Delivery tags count from 1.
    """

    def __init__(self) -> None:
        self._next = 1  # Whatever was delivered before it is settled.
        self._finished: dict[int, float] = {}  # tag: since when it waits
        self._settled: set[int] = set()  # beyond a gap: given back, or acknowledged by itself

    @property
    def waiting(self) -> bool:
        """Whether something finished is not acknowledged yet."""
        return bool(self._finished)

    def finished(self, tag: int) -> None:
        """This delivery may be acknowledged."""
        self._finished[tag] = time.monotonic()

    def given_back(self, tag: int) -> None:
        """This delivery needs no acknowledgement."""
        self._settled.add(tag)

    def due(self, gap_seconds: float = GAP_SECONDS) -> list[tuple[int, bool]]:
        """(tag, multiple) of each acknowledgement to send now; 0 seconds: all that is finished."""
        acknowledgements = []
        last = 0  # The broker refuses a multiple acknowledgement up to a tag that was given back.
        while self._next in self._finished or self._next in self._settled:
            if self._finished.pop(self._next, None) is not None:
                last = self._next
            self._settled.discard(self._next)
            self._next += 1
        if last:
            acknowledgements.append((last, True))
        waited_long = time.monotonic() - gap_seconds
        for tag in [tag for tag, since in self._finished.items() if since <= waited_long]:
            del self._finished[tag]
            self._settled.add(tag)
            acknowledgements.append((tag, False))
        return acknowledgements
