"""The consumer's worker threads: they take messages together, handle them, and say which are done.

None of them touches the broker; the thread that does is in `consumer`.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import kombu
import structlog

from servicekit.events.handling import DatabaseAway, Delivery, Stopped
from servicekit.events.redelivery import stack_of

log = structlog.get_logger(__name__)

# How many messages may share a transaction under backlog; an idle system still commits each by itself.
GROUP_SIZE = 100
# While messages keep coming, a worker that finds fewer than these waits so long for others to share its transaction.
# The first one after a pause of BUSY_SECONDS waits for nobody.
GATHER_BELOW = 16
GATHER_SECONDS = 0.02
BUSY_SECONDS = 0.1
# A message that came back this often may be what ended the process each time; see `suspects`.
SUSPECT_AFTER_REDELIVERIES = 2
# What was given back comes again at once; without a pause it would go round as fast as the machine can.
FAILED_PAUSE_SECONDS = 1.0


class Handles(Protocol):
    """What a consumer does with its messages: `Handling` for events, `Recorder` for what was parked."""

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Brings every delivery to its end; all may be acknowledged after it.

        Raises `Stopped` at a stop, `DatabaseAway` when nothing can be handled until the database answers again.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A delivery, its number on its channel, counted from 1, and kombu's message, by which it is answered."""

    number: int
    message: kombu.Message
    delivery: Delivery

    @property
    def is_suspect(self) -> bool:
        """Whether it may have ended the process the last times."""
        redeliveries = self.delivery.message.headers.get("x-delivery-count", 0)
        return isinstance(redeliveries, int) and redeliveries >= SUSPECT_AFTER_REDELIVERIES


class Workers:
    """Some threads that handle jobs until `stop`. The other methods are for the thread that owns the connection."""

    def __init__(self, handling: Handles, threads: int, stopping: threading.Event) -> None:
        self._handling = handling
        self._stopping = stopping
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(threads)
        ]
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._finished: queue.SimpleQueue[tuple[Job, bool]] = queue.SimpleQueue()
        self._taking = threading.Lock()
        self._took_at = 0.0
        self.failure: BaseException | None = None
        """What ended one of the threads, if anything did; its messages will never be finished."""
        self.database_away = False
        """Whether one of them met a database that is away; it let go of its messages. To be reset."""

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends each thread when it has finished what it has in hand."""
        for _ in self._threads:
            self._jobs.put(None)

    def put(self, job: Job) -> None:
        """Has the job handled."""
        self._jobs.put(job)

    def finished(self, wait_seconds: float = 0.0) -> Iterator[tuple[Job, bool]]:
        """Jobs that are done, and whether each was handled: else its message is to be given back.

        Waits so long for the first one.
        """
        with contextlib.suppress(queue.Empty):
            yield self._finished.get(timeout=wait_seconds) if wait_seconds else self._finished.get_nowait()
            while True:
                yield self._finished.get_nowait()

    def give_up(self) -> list[Job]:
        """The jobs that no thread has begun; none will."""
        unstarted: list[Job] = []
        with contextlib.suppress(queue.Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    unstarted.append(job)
        return unstarted

    # On the threads ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while jobs := self._take():
                self._handle(jobs)
        except BaseException as error:  # noqa: BLE001 a thread that is silently gone would keep its messages for ever
            self.failure = error

    def _take(self) -> list[Job]:
        """The next group, or nothing at the end. One worker takes at a time: what came together stays together."""
        with self._taking:
            if (job := self._jobs.get()) is None:
                return []
            began = time.monotonic()
            if began - self._took_at < BUSY_SECONDS and self._jobs.qsize() < GATHER_BELOW:
                self._stopping.wait(GATHER_SECONDS)
            self._took_at = began
            jobs = [job]
            while len(jobs) < GROUP_SIZE and not job.is_suspect:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None or following.is_suspect:
                    self._jobs.put(following)
                    break
                jobs.append(following)
            return jobs

    def _handle(self, jobs: Sequence[Job]) -> None:
        handled = True
        try:
            self._handling.handle([job.delivery for job in jobs])
        except DatabaseAway:
            self.database_away = True
            return
        except Stopped:
            handled = False
        except Exception as error:  # noqa: BLE001 a message that can be neither handled nor sent away is given back
            if len(jobs) > 1:
                # Those that were handled are duplicates now; none shares the fate of the one that failed.
                for job in jobs:
                    self._handle([job])
                return
            log.error("handling_failed", stack=stack_of(error))
            self._stopping.wait(FAILED_PAUSE_SECONDS)
            handled = False
        for job in jobs:
            self._finished.put((job, handled))
