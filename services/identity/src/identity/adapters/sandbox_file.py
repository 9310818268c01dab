"""The sandbox file: JSON, readable by its owner only, replaced as a whole."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OWNER_ONLY = 0o600


class JsonSandboxFile:
    """The SandboxFile port on the file system."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def secrets(self) -> dict[str, str]:
        """A file that is missing, cut short or of another shape shows no secrets: they are then replaced."""
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            clients = json.loads(self._path.read_text(encoding="utf-8"))["clients"]
            return {client["client_id"]: client["client_secret"] for client in clients if "client_secret" in client}
        return {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Write beside and rename, so that a reader never sees half a file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(self._path.name + ".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")
        beside.replace(self._path)
