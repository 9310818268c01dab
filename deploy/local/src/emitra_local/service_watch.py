"""Looks at the services of a stack that is up: who does not answer, who does again, whose files were mended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from emitra_local.stack import Stack

# A program that the supervisor starts again is away for seconds; somebody who is away longer is not well.
LOOKS_THAT_MEAN_BROKEN = 5


@dataclass
class ServiceWatch:
    """`tell` is called with a service's name and what is wrong with it, or "" when it is well again."""

    stack: Stack
    tell: Callable[[str, str], None]
    _missed: dict[str, int] = field(default_factory=dict)
    _files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.stack.broken:
            self._files[name] = self._state_of_files(name)

    def look(self) -> None:
        """One look at every service. A broken one whose files have changed is started again, which may take a while."""
        for name in self.stack.chosen:
            if name in self.stack.broken:
                self._look_at_broken(name)
            else:
                self._look_at_well(name)

    def _look_at_well(self, name: str) -> None:
        unready = self.stack.unready_of(name)
        self._missed[name] = self._missed.get(name, 0) + 1 if unready else 0
        if self._missed[name] >= LOOKS_THAT_MEAN_BROKEN:
            fault = f"{' and '.join(unready)} did not answer for a while. The end of its log:\n"
            self.stack.broken[name] = fault + self.stack.supervisor.log_tail(unready[0])
            self._files[name] = self._state_of_files(name)
            self.tell(name, self.stack.broken[name])

    def _look_at_broken(self, name: str) -> None:
        files = self._state_of_files(name)
        if files != self._files.get(name):
            # What is written while it is being started has to be seen at the next look.
            self._files[name] = files
            self.stack.try_again(name)
            self.tell(name, self.stack.broken.get(name, ""))
        elif self.stack.is_started(name) and not self.stack.unready_of(name):
            del self.stack.broken[name]
            self.tell(name, "")
        self._missed[name] = 0

    def _state_of_files(self, name: str) -> str:
        """A digest that changes when somebody works on the service, or on what all services stand on."""
        root = self.stack.root
        folders = [root / "services" / name, *root.glob("shared/*/src")]
        digest = hashlib.sha256()
        for file in sorted(file for folder in folders for file in folder.rglob("*") if _is_source(file)):
            with suppress(FileNotFoundError):
                status = file.stat()
                digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


def _is_source(file: Path) -> bool:
    return "__pycache__" not in file.parts and file.suffix != ".pyc" and "tests" not in file.parts and not file.is_dir()
