"""The types that departments write in a folder of their own, beside those that are shipped.

The folder is looked at again while the service runs: a new file is a new type, a changed one is checked before it
counts. What is wrong is told, and the last good of it stays.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import structlog
from prometheus_client import Gauge

from certificates.adapters.rulebook.lint import lint_file, lint_types
from certificates.adapters.rulebook.rulebook_files import (
    RulebookInvalid,
    Types,
    clashes,
    load_type,
    load_types,
    strange_records,
)
from certificates.domain.types.application_type import ApplicationType

# A folder of some dozens of files is listed in well under a millisecond.
LOOK_EVERY_SECONDS = 2.0
# What was written so lately may not be whole; it is looked at the next time.
WRITTEN_SECONDS = 1.0

_log = structlog.get_logger(__name__)
_REFUSED = Gauge(
    "emitra_certificates_type_files_refused",
    "Files of DEPARTMENT_TYPES_DIR that cannot be used as they are now; `certificates lint-types` says why.",
)

Signature = tuple[int, int, int]


class DepartmentTypes(Mapping[str, ApplicationType]):
    """All types by code: `shipped`, and those of `folder` as they are now. Threads share it.

    Raises RulebookInvalid when the folder is not right at the start: then there is no last good to stay with.
    """

    def __init__(self, shipped: Types, folder: Path, clock: Callable[[], float] = time.time) -> None:
        if not folder.is_dir():
            raise RulebookInvalid([f"{folder}: is no folder"])
        if problems := lint_types(folder, shipped):
            raise RulebookInvalid(problems)
        self._shipped, self._folder, self._clock = shipped, folder, clock
        self._signatures = self._list() or {}
        self._good: Types = load_types(folder, [], shipped)
        self._all: Types = {**shipped, **self._good}
        self._refused: dict[str, list[str]] = {}
        self._looking = threading.Lock()
        self._looked_at = clock()

    def __getitem__(self, code: str) -> ApplicationType:
        return self._now()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Types:
        if self._clock() - self._looked_at >= LOOK_EVERY_SECONDS and self._looking.acquire(blocking=False):
            try:
                self._look()
                self._looked_at = self._clock()
            finally:
                self._looking.release()
        return self._all

    def _look(self) -> None:
        listed = self._list()
        if listed is None:
            return
        for code in self._signatures.keys() - listed.keys():
            del self._signatures[code]
            self._refuse(code, [f"{code}.toml: is gone; a type in use is not taken away, so it stays until a restart"])
        for code, signature in sorted(listed.items()):
            fresh = self._clock() - signature[0] / 1e9 < WRITTEN_SECONDS
            if self._signatures.get(code) != signature and not fresh:
                self._signatures[code] = signature
                self._load(code)
        _REFUSED.set(len(self._refused))

    def _load(self, code: str) -> None:
        problems: list[str] = []
        path = self._folder / f"{code}.toml"
        loaded = load_type(path, problems)
        if loaded is not None and not problems:
            others = {other: kind for other, kind in self._all.items() if other != code}
            problems += clashes({code: loaded}, others)
            problems += strange_records({**others, code: loaded})
            problems += lint_file(path, [*others.values(), loaded])
            if code in self._good:
                problems += _broken_promises(self._good[code], loaded)
        if problems or loaded is None:
            self._refuse(code, problems)
            return
        self._refused.pop(code, None)
        self._good = {**self._good, code: loaded}
        self._all = {**self._shipped, **self._good}
        _log.info("application_type_applied", application_type=code)

    def _refuse(self, code: str, problems: list[str]) -> None:
        if problems != self._refused.get(code):
            _log.error(
                "application_type_refused", application_type=code, problems=problems, last_good_kept=code in self._good
            )
        self._refused[code] = problems

    def _list(self) -> dict[str, Signature] | None:
        """What each file looks like, by its name; None when the folder cannot be read."""
        try:
            stats = {path.stem: path.stat() for path in self._folder.glob("*.toml")}
        except OSError as error:
            _log.warning("department_types_unreadable", reason=error.strerror)
            return None
        return {code: (stat.st_mtime_ns, stat.st_size, stat.st_ino) for code, stat in stats.items()}


def _broken_promises(before: ApplicationType, after: ApplicationType) -> list[str]:
    """What may not change in a type that is in use: applications stand at its steps, and papers bear its numbers."""
    steps = {step.name for step in after.steps}
    gone = [step.name for step in before.steps if step.name not in steps]
    problems = [f"{after.code}.toml: steps: {', '.join(gone)} may be in use and must stay"] if gone else []
    for member in ("prefix", "doctype"):
        if getattr(before, member) != getattr(after, member):
            problems.append(f"{after.code}.toml: {member}: is on papers and must stay {getattr(before, member)}")
    return problems
