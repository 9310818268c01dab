"""The sandbox's phone: codes go into a file that the local stack shows."""

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


class CodeFile:
    """The CodeSender port where ENVIRONMENT is sandbox: the latest codes, the newest last, as a JSON array."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def send(self, mobile: Mobile, code: str, at: datetime) -> None:
        """Write beside and rename, so that a reader never sees half a file."""
        with self._lock:
            shown = deque(self._shown(), maxlen=MOST_SHOWN)
            shown.append({"mobile": mobile.digits, "code": code, "at": at.isoformat()})
            beside = self._path.with_name(self._path.name + ".new")
            try:
                beside.unlink(missing_ok=True)
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
                    json.dump(list(shown), file, indent=2)
                beside.replace(self._path)
            except OSError as error:
                raise DependencyUnavailable("The code could not be sent; try again in a moment.") from error

    def _shown(self) -> list[dict[str, str]]:
        try:
            return list(json.loads(self._path.read_text()))
        except (OSError, ValueError):
            return []
