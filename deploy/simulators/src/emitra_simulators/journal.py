"""What a simulator remembers over a restart: a file of JSON lines that only grows."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec


class JournalDamaged(Exception):
    """The journal cannot be read: somebody edited the file, or another kind of simulator wrote it."""


class JournalInUse(Exception):
    """Another process writes to the same file."""


class Journal(Protocol):
    """Entries in the order in which they were written."""

    def entries(self) -> Iterator[dict[str, Any]]: ...

    def append(self, entry: dict[str, Any]) -> None: ...


def replay(journal: Journal, apply: Callable[[dict[str, Any]], None]) -> None:
    """Calls `apply` with every entry. Raises JournalDamaged at the first entry that `apply` does not know."""
    for number, entry in enumerate(journal.entries(), start=1):
        try:
            apply(entry)
        except (KeyError, msgspec.ValidationError) as error:
            raise JournalDamaged(f"entry {number} of --state is not one of this simulator's") from error


class NoJournal:
    """Remembers nothing: for a simulator that is started without a state file."""

    def entries(self) -> Iterator[dict[str, Any]]:
        return iter(())

    def append(self, entry: dict[str, Any]) -> None:
        del entry


class FileJournal:
    """A journal in a file, locked against a second simulator for as long as the process lives.

    `append` is one write to the operating system. The entry survives the end of the process, but not always that of the
    machine: a sandbox needs no more. A half-written last line is cut off when the file is opened. Raises JournalInUse.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise JournalInUse(f"{path} is used by another simulator: stop it, or name another --state") from None
        content = path.read_bytes()
        os.truncate(self._file, content.rfind(b"\n") + 1)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry from the beginning. Raises JournalDamaged with the number of the line."""
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    entry = msgspec.json.decode(line)
                except msgspec.DecodeError:
                    entry = None
                if not isinstance(entry, dict):
                    raise JournalDamaged(f"{self._path} line {number} is not a JSON object: repair or delete it")
                yield entry

    def append(self, entry: dict[str, Any]) -> None:
        os.write(self._file, msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        os.close(self._file)
