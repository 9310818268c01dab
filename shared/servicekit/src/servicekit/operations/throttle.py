"""The speed limit and the progress bar of operators' commands."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

# Without a terminal there is no bar to draw; a line for every letter would flood the log.
PLAIN_PROGRESS_SECONDS = 5.0


class Throttle:
    """Lets through at most `rate` a second, evenly: after a halt nothing is made up for."""

    def __init__(
        self, rate: float, clock: Callable[[], float] = time.monotonic, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._wait = wait
        self._next_at = clock()

    def keep(self) -> None:
        """Waits until the next one may go."""
        now = self._clock()
        if now < self._next_at:
            self._wait(self._next_at - now)
        self._next_at = max(self._next_at, now) + self._interval


@contextmanager
def progress(total: int, doing: str, done: str) -> Iterator[Callable[[int], None]]:
    """Shows on standard error how far it is, how fast and how long yet: a bar, or a line now and then in a pipe.

    `doing` and `done` are the verb ("re-driving", "re-drove"); what is given is called with how many more are done.
    """
    if sys.stderr.isatty():
        speed = TextColumn("{task.fields[speed]:.1f} a second")
        columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task: TaskID = bar.add_task("", total=total, speed=0.0)
            yield lambda count: bar.update(task, advance=count, speed=bar.tasks[0].speed or 0.0)
        return
    began = said_at = time.monotonic()
    so_far = 0

    def advance(count: int) -> None:
        nonlocal so_far, said_at
        so_far += count
        now = time.monotonic()
        if now - said_at >= PLAIN_PROGRESS_SECONDS:
            said_at, rate = now, so_far / max(now - began, 0.001)
            left = max(total - so_far, 0) / rate
            typer.echo(f"{done} {so_far} of {total}, {rate:.1f} a second, about {left:.0f} s left", err=True)

    yield advance
