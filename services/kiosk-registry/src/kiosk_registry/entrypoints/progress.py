"""Showing how far a load is: a bar on a terminal, lines everywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kiosk_registry.application.register.load_centres import Loaded
from kiosk_registry.domain.places.districts import District


@contextmanager
def progress(total: int, console: Console) -> Iterator[Callable[[District, Loaded], None]]:
    """Gives the function to call after each district; `total` is the number of centres wanted in all."""
    if not console.is_terminal:
        done = 0

        def line(district: District, part: Loaded) -> None:
            nonlocal done
            done += part.total
            console.print(f"{district.name_en}: {part.added:,} added, {done:,} of {total:,}", highlight=False)

        yield line
        return
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("centres", total=total)

        def advance(district: District, part: Loaded) -> None:
            bar.update(task, advance=part.total, description=district.name_en)

        yield advance
        bar.update(task, description="centres")
