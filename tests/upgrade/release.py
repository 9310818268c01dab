"""A release as `capture.py` kept it, put under the programs of this one: data, broker, settings, and the outside world.

Its instants are moved so that it was captured a minute ago: quotes, deadlines and the keys of clients run out, and what
is tested is an upgrade, not a year without service.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, urlsplit

import pymongo
import urllib3
from bson import json_util

from emitra_local.infrastructure import Infrastructure
from emitra_local.stack import Stack, disposable_stack
from tests.upgrade.states import Promise

# Between the end of the old programs and the start of the new ones; the sweeper's grace of 12 s is over by then, and
# the quarter of an hour after which a payment is given back is not.
DOWNTIME = timedelta(minutes=1)
# Of what the simulators remember, in seconds since the epoch.
INSTANTS_OF_SIMULATORS = {"accepted_at", "settles_at", "at"}


@dataclass
class CapturedRelease:
    """The release whose capture is in `folder`."""

    folder: Path
    moved_by: timedelta = timedelta()
    """How much later everything has happened."""

    @contextmanager
    def upgraded(self, root: Path, checkouts: Mapping[str, Path], only: Sequence[str] = ()) -> Iterator[Stack]:
        """The stack of the checkout at `root` on this release's data, broker and settings, started and ready; with
        services of this release where `checkouts` names its root, and with some services `only`."""
        captured_at = datetime.fromisoformat(self._read("release.json")["captured_at"])
        # Whole milliseconds, as MongoDB keeps them.
        self.moved_by = timedelta(
            milliseconds=(datetime.now(UTC) - DOWNTIME - captured_at) // timedelta(milliseconds=1)
        )
        stack = disposable_stack(root, before_services=self._restore, checkouts=checkouts, only=only)
        stack.configured = lambda program, env: self._environment(stack, program, env)
        self._place_files(stack.state)
        with stack:
            yield stack

    @property
    def commit(self) -> str:
        return str(self._read("release.json")["commit"])

    @cached_property
    def promises(self) -> dict[str, Promise]:
        return {name: Promise(**promise) for name, promise in self._read("promises.json").items()}

    @cached_property
    def environments(self) -> dict[str, dict[str, str]]:
        """By program what it ran with, with placeholders."""
        return dict(self._read("environments.json"))

    def _environment(self, stack: Stack, program: str, env: dict[str, str]) -> dict[str, str]:
        """What the program ran with, where it is now; a program that the release did not have runs as it does today."""
        if program not in self.environments:
            return env
        places = {name.replace("-", "_"): str(port) for name, port in stack.ports.items()}
        places |= {"state": str(stack.state)}
        captured = self.environments[program]
        then = {name: Template(value).substitute(places | env) for name, value in captured.items()}
        if program.rpartition("-")[0] in stack.checkouts:
            return then
        # A process has a host of its own in a cluster; here all would take the default port for their probes.
        return {"API_PROBE_PORT": env["API_PROBE_PORT"], **then}

    def _place_files(self, state: Path) -> None:
        own_state = state / "services" / "identity"
        own_state.mkdir(mode=0o700, parents=True)
        shutil.copy(self.folder / "sandbox.json", own_state)
        shutil.copy(self.folder / "secrets.json", state)
        (state / "simulators").mkdir()
        for journal in (self.folder / "simulators").iterdir():
            entries = [json.loads(line, object_hook=self._later) for line in journal.read_text().splitlines()]
            moved = "".join(json.dumps(entry) + "\n" for entry in entries)
            (state / "simulators" / journal.name).write_text(moved)

    def _later(self, entry: dict[str, Any]) -> dict[str, Any]:
        seconds = self.moved_by.total_seconds()
        return {name: value + seconds if name in INSTANTS_OF_SIMULATORS else value for name, value in entry.items()}

    def _restore(self, infrastructure: Infrastructure) -> None:
        with pymongo.MongoClient[dict[str, Any]](infrastructure.mongodb_uri) as client:
            for service in (self.folder / "data").iterdir():
                database = client[infrastructure.database_of(service.name)]
                for file in service.glob("*.json"):
                    stored = json_util.loads(file.read_text(encoding="utf-8"))
                    database.command({"create": file.stem, **stored["options"]})
                    if stored["indexes"]:
                        database.command({"createIndexes": file.stem, "indexes": stored["indexes"]})
                    if stored["documents"]:
                        database[file.stem].insert_many(self._moved(stored["documents"]))
        self._restore_broker(infrastructure)

    def _moved(self, value: Any) -> Any:
        match value:
            case datetime():
                return value + self.moved_by
            case dict():
                return {name: self._moved(member) for name, member in value.items()}
            case list():
                return [self._moved(member) for member in value]
        return value

    def _restore_broker(self, infrastructure: Infrastructure) -> None:
        at = urlsplit(infrastructure.management_url)
        url = f"http://{at.hostname}:{at.port}/api/definitions/{quote(infrastructure.vhost, safe='')}"
        headers = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")
        answer = urllib3.request("POST", url, json=self._read("topology.json"), headers=headers, timeout=30)
        assert answer.status in {200, 201, 204}, answer.data

    def _read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))
