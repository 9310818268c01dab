"""Group commit: requests that arrive while another one's transaction is under way share the next transaction.

A database does the same with its log. Alone, a caller waits for nobody and runs its own transaction. Under load what a
transaction costs (its round trips and above all the flush at its commit) is paid once for several.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

from servicekit.deadlines import no_deadline

log = structlog.get_logger(__name__)

I = TypeVar("I")  # noqa: E741 what one caller wants written
R = TypeVar("R")

# Large enough for all of a process's request threads; a transaction must stay short whatever waits.
MOST_TOGETHER = 32


class _Waiting(Generic[I]):
    leads: bool

    def __init__(self, item: I) -> None:
        self.item = item
        self.woken = threading.Event()
        self.committed = False


class GroupCommit(Generic[I]):
    """Shares transactions among this process's threads; make one for each kind of change, after the fork.

    `together(items)` writes several items in one transaction: all of them or, raising whatever it likes, none. It
    need not find out which one was refused: after a failure each caller does its own again, alone. It runs outside of
    its caller's deadline, bounded by the database's own timeout: one caller in a hurry must not fail all the others.
    """

    def __init__(self, together: Callable[[Sequence[I]], object]) -> None:
        self._together = together
        self._lock = threading.Lock()
        self._busy = False
        self._queue: deque[_Waiting[I]] = deque()

    def run(self, item: I, alone: Callable[[], R], committed: R) -> R:
        """`committed` if `item` was written together with others, else whatever `alone()` returns or raises.

        `alone` must be safe when the item was in fact written: after a group's commit whose outcome is unknown it
        meets its own claim or state again, as after any such commit.
        """
        mine = _Waiting(item)
        with self._lock:
            mine.leads = not self._busy
            self._busy = True
            if not mine.leads:
                self._queue.append(mine)
        if not mine.leads:
            mine.woken.wait()  # Bounded: the leader's transaction is, and it hands over whatever becomes of it.
        if mine.leads:
            return self._lead(mine, alone, committed)
        return committed if mine.committed else alone()

    def _lead(self, mine: _Waiting[I], alone: Callable[[], R], committed: R) -> R:
        with self._lock:
            others = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER - 1))]
        try:
            if not others:
                return alone()
            together = self._commit([mine, *others])
        finally:
            self._hand_over()
            for other in others:
                other.woken.set()
        return committed if together else alone()

    def _commit(self, group: list[_Waiting[I]]) -> bool:
        try:
            with no_deadline():
                self._together([caller.item for caller in group])
        except Exception as error:  # noqa: BLE001 each meets its own part of it again, alone
            log.info("group_commit_split", size=len(group), reason=type(error).__name__)
            return False
        for caller in group:
            caller.committed = True
        return True

    def _hand_over(self) -> None:
        with self._lock:
            if self._queue:
                following = self._queue.popleft()
                following.leads = True
                following.woken.set()
            else:
                self._busy = False
