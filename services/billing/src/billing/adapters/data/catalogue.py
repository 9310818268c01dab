"""Who can be paid: the billers that come with the service, and those of files that departments own.

A department's files lie in one folder: `*.yaml` as those beside this module, and `<biller_id>.renumbered.csv` with the
numbers that the biller retired. They are looked at again while the service runs. A file that is wrong changes nothing:
what was last good in it stays, the others go on, and each problem is logged with its line.
"""

import csv
import io
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import structlog

from billing.adapters.data.biller_files import read_billers
from billing.adapters.data.fee_orders import read_orders
from billing.adapters.data.marked_yaml import BadFile, FileProblem
from billing.domain.tariff.billers import Biller, Renumbered
from billing.domain.tariff.fees import FeeSchedule

log = structlog.get_logger(__name__)

# A change of a file is noticed within this, seconds.
LOOK_EVERY_SECONDS = 5.0
# Some circles; each is kept in memory.
MOST_RENUMBERED = 500_000
_RENUMBERED = ".renumbered.csv"
_COLUMNS = ["old", "new", "from"]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def load_orders() -> FeeSchedule:
    """Every rate and sharing ever in force. Raises BadFile."""
    return read_orders("orders.yaml", files("billing.adapters.data").joinpath("orders.yaml").read_text("utf-8"))


def load_billers(fees: FeeSchedule, on: date, *, sandbox: bool) -> dict[str, Biller]:
    """The billers that come with the service, by id. Raises BadFile."""
    billers: dict[str, Biller] = {}
    folder = files("billing.adapters.data").joinpath("billers")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for biller in read_billers(entry.name, entry.read_text("utf-8"), fees, on, built_in=True):
            if biller.biller_id in billers:
                raise BadFile([FileProblem(entry.name, 1, "", f"Another file has {biller.biller_id} too.")])
            if sandbox or not biller.sandbox:
                billers[biller.biller_id] = biller
    return billers


def read_renumbered(file: str, content: str, biller: Biller) -> dict[str, Renumbered]:
    """The retired numbers of a biller in one file: `old,new,from` a line. Raises BadFile, with lines."""
    rows = csv.reader(io.StringIO(content))
    if next(rows, None) != _COLUMNS:
        raise BadFile([FileProblem(file, 1, "", f"The first line must be {','.join(_COLUMNS)}.")])
    account, problems = biller.customer_params[0], []
    retired: dict[str, Renumbered] = {}
    lines: dict[str, int] = {}

    def refuse(detail: str, line: int) -> None:
        problems.append(FileProblem(file, line, "", detail))

    for row in rows:
        if not row:
            continue
        if len(row) != len(_COLUMNS):
            refuse(f"A line has {len(_COLUMNS)} values.", rows.line_num)
            continue
        old, new, day = row
        if account.problem_with(old) or account.problem_with(new):
            refuse(f"Both must be a {account.label} of this biller.", rows.line_num)
        elif old == new or old in retired:
            refuse("A number is retired once, for another one.", rows.line_num)
        elif (from_day := _day(day)) is None:
            refuse("Write a day as 2026-11-26.", rows.line_num)
        elif len(retired) >= MOST_RENUMBERED:
            raise BadFile([FileProblem(file, rows.line_num, "", f"At most {MOST_RENUMBERED} lines.")])
        else:
            retired[old], lines[old] = Renumbered(new, from_day), rows.line_num
    for old in _in_circles(retired):
        refuse("These numbers replace each other in a circle.", lines[old])
    if problems:
        raise BadFile(sorted(problems, key=lambda problem: problem.line))
    return retired


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def _in_circles(retired: Mapping[str, Renumbered]) -> Iterator[str]:
    """One number of each circle."""
    done: set[str] = set()
    for start in retired:
        number, walked = start, set[str]()
        while number in retired and number not in done and number not in walked:
            walked.add(number)
            number = retired[number].new
        if number in walked:
            yield number
        done |= walked


@dataclass(frozen=True)
class Folder:
    """What the files of one folder say: billers, retired numbers by biller, problems by file."""

    billers: Mapping[str, Biller]
    problems: Sequence[FileProblem]


@dataclass
class _Kept:
    """A file as it was last good: made of `stamp`, which is what the file system says of it."""

    stamp: tuple[int, int, int]
    billers: Sequence[Biller] = ()
    renumbered: Mapping[str, Renumbered] | None = None
    problems: Sequence[FileProblem] = ()


class BillerFiles:
    """Reads a folder again and again, keeping of each file what was last good in it."""

    def __init__(self, folder: Path, built_in: Mapping[str, Biller], fees: FeeSchedule) -> None:
        self._folder = folder
        self._built_in = built_in
        self._fees = fees
        self._kept: dict[str, _Kept] = {}

    def changed(self) -> bool:
        """Whether the folder is not as it was when it was read."""
        return {name: kept.stamp for name, kept in self._kept.items()} != self._stamps()

    def read(self, on: date) -> Folder:
        """The billers of all files, the service's own among them; never raises for what a file says."""
        stamps = self._stamps()
        self._kept = {
            name: self._read(name, stamp, on) for name, stamp in stamps.items() if not name.endswith(_RENUMBERED)
        } | {name: kept for name, kept in self._kept.items() if name.endswith(_RENUMBERED) and name in stamps}
        billers, problems = dict(self._built_in), [p for kept in self._kept.values() for p in kept.problems]
        owner: dict[str, str] = {}
        for name, kept in sorted(self._kept.items()):
            for biller in kept.billers:
                if biller.biller_id in owner:
                    told = f"{owner[biller.biller_id]} has {biller.biller_id} too, and stands first."
                    problems.append(FileProblem(name, 1, "", told))
                elif billers.get(biller.biller_id, biller).internal:
                    problems.append(FileProblem(name, 1, "", f"{biller.biller_id} is the platform's own."))
                else:
                    billers[biller.biller_id], owner[biller.biller_id] = biller, name
        for name, stamp in sorted(stamps.items()):
            if name.endswith(_RENUMBERED):
                account = billers.get(name.removesuffix(_RENUMBERED))
                kept = self._kept[name] = self._read_renumbered(name, stamp, account)
                problems += kept.problems
                if account and kept.renumbered:
                    billers[account.biller_id] = replace(account, renumbered=kept.renumbered)
        return Folder(billers, problems)

    def _stamps(self) -> dict[str, tuple[int, int, int]]:
        """Name, and what changes when a file does: a mounted ConfigMap exchanges links, so links are followed."""
        stamps = {}
        for path in self._folder.iterdir():
            if not path.name.startswith(".") and (path.suffix == ".yaml" or path.name.endswith(_RENUMBERED)):
                try:
                    stat = path.stat()
                except OSError:  # gone since the folder was listed
                    continue
                stamps[path.name] = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        return stamps

    def _read(self, name: str, stamp: tuple[int, int, int], on: date) -> _Kept:
        known = self._kept.get(name)
        if known and known.stamp == stamp:
            return known
        try:
            billers = read_billers(name, self._text(name), self._fees, on)
        except BadFile as error:
            return (
                replace(known, stamp=stamp, problems=error.problems) if known else _Kept(stamp, problems=error.problems)
            )
        return _Kept(stamp, billers=billers)

    def _read_renumbered(self, name: str, stamp: tuple[int, int, int], biller: Biller | None) -> _Kept:
        known = self._kept.get(name)
        if known and known.stamp == stamp and known.renumbered is not None and not known.problems:
            return known
        try:
            if biller is None:
                raise BadFile([FileProblem(name, 1, "", "No biller has this id.")])
            return _Kept(stamp, renumbered=read_renumbered(name, self._text(name), biller))
        except BadFile as error:
            return _Kept(stamp, renumbered=known.renumbered if known else None, problems=error.problems)

    def _text(self, name: str) -> str:
        try:
            return (self._folder / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            raise BadFile([FileProblem(name, 1, "", "The file cannot be read as UTF-8.")]) from None


class Catalogue(Mapping[str, Biller]):
    """The billers by id, as the files are now. Make one per process, after the fork; threads share it."""

    def __init__(self, billers: Mapping[str, Biller], folder: BillerFiles | None, today: Callable[[], date]) -> None:
        self._files = folder
        self._today = today
        self._lock = threading.Lock()
        self._billers = billers
        self._look_at = 0.0
        if folder:
            self._read(folder)

    def __getitem__(self, biller_id: str) -> Biller:
        return self._current()[biller_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def _current(self) -> Mapping[str, Biller]:
        # Whoever comes while another looks takes what is there: nobody waits for a disk.
        if self._files and time.monotonic() >= self._look_at and self._lock.acquire(blocking=False):
            try:
                self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
                if self._files.changed():
                    self._read(self._files)
            except OSError as error:
                log.error("biller_files_not_readable", error=type(error).__name__)
            finally:
                self._lock.release()
        return self._billers

    def _read(self, folder: BillerFiles) -> None:
        read = folder.read(self._today())
        self._billers = read.billers
        for problem in read.problems:
            log.error("biller_file_wrong", problem=str(problem))
        log.info("biller_files_read", billers=len(read.billers), problems=len(read.problems))
