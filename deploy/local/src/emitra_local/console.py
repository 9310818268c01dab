"""What a person at the terminal sees while things start: one line per stage with its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False)


@contextmanager
def stage(title: str) -> Iterator[None]:
    """A spinner while the stage lasts (on a terminal), then its line. A stage that fails gets a cross."""
    started = time.monotonic()
    try:
        with console.status(f"[dim]{title} …[/]"):
            yield
    except BaseException:
        console.print(f"  [red]✗[/] {title:<52} {time.monotonic() - started:6.1f} s")
        raise
    console.print(f"  [green]✓[/] {title:<52} [dim]{time.monotonic() - started:6.1f} s[/]")


def say(line: str) -> None:
    """A remark between stages."""
    console.print(f"    [dim]{line}[/]", soft_wrap=True)
