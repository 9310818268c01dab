"""The sandbox's phone: codes and notices go into a file that the local stack shows."""

import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from threading import Lock

from identity.domain.people.mobile import Mobile
from servicekit.errors import DependencyUnavailable

OWNER_ONLY = 0o600
# As many as a person at a terminal looks for.
MOST_SHOWN = 40


class CodeFile:
    """The ports CodeSender and NoticeSender where ENVIRONMENT is sandbox: the latest messages, the newest last, as a
    JSON array; each has its `code` or its `text`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:
        """A code."""
        self._append({"mobile": mobile.digits, "code": code, "at": at.isoformat()})

    def notify(self, mobile: Mobile, text: str, at: datetime) -> None:
        """A notice."""
        self._append({"mobile": mobile.digits, "text": text, "at": at.isoformat()})

    def _append(self, message: dict[str, str]) -> None:
        """Write beside and rename, so that a reader never sees half a file; one process at a time."""
        with self._lock, self._alone():
            shown = deque(self._shown(), maxlen=MOST_SHOWN)
            shown.append(message)
            beside = self._path.with_name(self._path.name + ".new")
            try:
                beside.unlink(missing_ok=True)
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
                    json.dump(list(shown), file, indent=2)
                beside.replace(self._path)
            except OSError as error:
                raise DependencyUnavailable("The code could not be sent; try again in a moment.") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The api sends codes while the worker sends notices."""
        try:
            descriptor = os.open(self._path.with_name(self._path.name + ".lock"), os.O_WRONLY | os.O_CREAT, OWNER_ONLY)
        except OSError as error:
            raise DependencyUnavailable("The message could not be sent; try again in a moment.") from error
        try:
            flock(descriptor, LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _shown(self) -> list[dict[str, str]]:
        try:
            return list(json.loads(self._path.read_text()))
        except (OSError, ValueError):
            return []
