"""The sandbox's phone: codes and notices go into files that the local stack shows."""

import json
import os
from collections import deque
from datetime import datetime
from pathlib import Path
from threading import Lock

from identity.domain.people.mobile import Mobile
from servicekit.errors import DependencyUnavailable

OWNER_ONLY = 0o600
# As many as a person at a terminal looks for.
MOST_SHOWN = 20


class MessageFiles:
    """The CodeSender and NoticeSender ports where ENVIRONMENT is sandbox: the latest, the newest last, as JSON arrays.

    Codes in the file `codes`, notices beside it (`notices_beside`).
    """

    def __init__(self, codes: Path) -> None:
        self._codes = codes
        self._lock = Lock()

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:
        """One code more."""
        self._append(self._codes, {"mobile": mobile.digits, "code": code, "at": at.isoformat()})

    def notify(self, mobile: Mobile, text: str, at: datetime) -> None:
        """One notice more."""
        self._append(notices_beside(self._codes), {"mobile": mobile.digits, "notice": text, "at": at.isoformat()})

    def _append(self, path: Path, message: dict[str, str]) -> None:
        """Write beside and rename, so that a reader never sees half a file."""
        with self._lock:
            shown = deque(_shown(path), maxlen=MOST_SHOWN)
            shown.append(message)
            beside = path.with_name(path.name + ".new")
            try:
                beside.unlink(missing_ok=True)
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
                    json.dump(list(shown), file, indent=2, ensure_ascii=False)
                beside.replace(path)
            except OSError as error:
                raise DependencyUnavailable("The message could not be sent; try again in a moment.") from error


def notices_beside(codes: Path) -> Path:
    """The file of notices that goes with a file of codes."""
    return codes.with_name(f"{codes.stem}-notices.json")


def _shown(path: Path) -> list[dict[str, str]]:
    try:
        return list(json.loads(path.read_text()))
    except (OSError, ValueError):
        return []
