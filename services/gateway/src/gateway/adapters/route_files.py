"""The route table as files: `<service>.yaml` (its OpenAPI document) and `<service>.url` beside it.

Each service ships its own two files, so a new service appears by its own deployment alone and one service's broken
file never takes another's routes away.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import yaml

from gateway.application.route_documents import UnusableDocument, claims_of_others, read_service
from gateway.application.routes import PublishedService, RouteTable

# A new service is reachable within this time of its files being there; a directory listing costs well under a ms.
POLL_SECONDS = 2.0
# The largest document is about 200 KiB; beyond this it is not one, and parsing it would stall requests.
LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
LARGEST_URL_BYTES = 2_048

# libyaml where the wheel has it: ten times faster, and requests wait for the interpreter lock meanwhile.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_log = structlog.get_logger(__name__)

Signature = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]


@dataclass
class _Source:
    """The files of one service: what they looked like when read, and what was last good in them."""

    signature: Signature
    service: PublishedService | None = None
    complaint: str = ""


class RouteFiles:
    """Keeps `table` equal to what is in `directory`, as far as that is usable.

    Call `watch` after the fork, for threads do not survive one.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own: PublishedService | None = None
        self._sources: dict[str, _Source] = {}
        self._reading = threading.Lock()
        self._stop = threading.Event()
        self._unreadable = False
        self.table = RouteTable()

    def declare_own(self, own: PublishedService) -> None:
        """The gateway's own operations, whose paths nobody else can have; call it before `watch`."""
        self._own = own
        self.table = RouteTable([own])

    def watch(self) -> None:
        """Reads now, then every two seconds in a daemon thread until `stop`."""
        self.read()
        threading.Thread(target=self._poll, name="route-files", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.read()

    def read(self) -> RouteTable:
        """Looks at the directory once and returns the table in force. Nothing happens when nothing changed.

        A service whose files are missing its URL or are not usable keeps its last good routes, and what is wrong is
        logged once per change. A service whose document is gone is gone. Raises nothing.
        """
        with self._reading:
            listed = self._list()
            if listed is None:
                return self.table
            changed = {name for name, signature in listed.items() if self._looks_new(name, signature)}
            gone = self._sources.keys() - listed.keys()
            if not changed and not gone:
                return self.table
            for name in gone:
                del self._sources[name]
                _log.info("routes_removed", upstream=name)
            # Alphabetical, so that every replica decides a quarrel over a path the same way; then the refused
            # ones once more, for the path they want may have become free in this very look.
            for name in sorted(changed):
                self._load(name, listed[name])
            for name in sorted(n for n, source in self._sources.items() if source.complaint):
                self._load(name, listed[name])
            services = [s.service for s in self._sources.values() if s.service is not None]
            self.table = RouteTable([*self._own_services(), *services])
            return self.table

    def _own_services(self) -> list[PublishedService]:
        return [self._own] if self._own else []

    def _looks_new(self, name: str, signature: Signature) -> bool:
        known = self._sources.get(name)
        return known is None or known.signature != signature

    def _list(self) -> dict[str, Signature] | None:
        """The signature of each service's files; None when the directory cannot be read (the last good stays)."""
        try:
            names = sorted(p.name for p in self._directory.iterdir() if not p.name.startswith("."))
        except OSError as error:
            if not self._unreadable:
                _log.warning("routes_directory_unreadable", directory=str(self._directory), reason=error.strerror)
            self._unreadable = True
            return None
        self._unreadable = False
        documents = [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]
        return {
            name: (
                _signature(self._directory / f"{name}.yaml"),
                _signature(self._directory / f"{name}.url"),
            )
            for name in documents
        }

    def _load(self, name: str, signature: Signature) -> None:
        source = self._sources.setdefault(name, _Source(signature))
        source.signature = signature
        try:
            service = self._read_files(name)
            others = [s.service for n, s in self._sources.items() if n != name and s.service is not None]
            quarrels = claims_of_others(service, [*self._own_services(), *others])
            if quarrels:
                raise UnusableDocument(quarrels)
        except UnusableDocument as error:
            complaint = str(error)
            if complaint != source.complaint:
                _log.error(
                    "routes_refused", upstream=name, problems=error.problems, last_good_kept=source.service is not None
                )
            source.complaint = complaint
            return
        source.service, source.complaint = service, ""
        _log.info("routes_applied", upstream=name, base_url=service.base_url, operations=len(service.operations))

    def _read_files(self, name: str) -> PublishedService:
        document = _read(self._directory / f"{name}.yaml", LARGEST_DOCUMENT_BYTES)
        base_url = _read(self._directory / f"{name}.url", LARGEST_URL_BYTES).strip()
        try:
            return read_service(name, yaml.load(document, Loader=_Loader), base_url)  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            raise UnusableDocument([f"{name}.yaml is not YAML: {' '.join(str(error).split())}"]) from error
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise UnusableDocument([f"{name}.yaml is not a well-formed OpenAPI document: {error!r}"]) from error


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise UnusableDocument([f"{path.name} is larger than {limit} bytes"])
        return content.decode()
    except FileNotFoundError as error:
        raise UnusableDocument([f"{path.name} is not there yet"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableDocument([f"{path.name} cannot be read: {error}"]) from error
