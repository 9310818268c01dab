"""The route table as files: `<service>.yaml` (its OpenAPI document) and `<service>.url` beside it.

Each service ships its own two files, so a new service appears by its own deployment alone and one service's broken
file never takes another's routes away. In a cluster a sidecar writes them, `<place>.<service>.yaml` and
`<place>.<service>.address`, where `<place>` is namespace and ConfigMap; it would follow a `.url` and write down what it
finds there.
"""

import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import yaml
from prometheus_client import Gauge

from gateway.application.merged_openapi import merged_openapi
from gateway.application.ports import LastGoodRoutes
from gateway.application.route_documents import UnusableDocument, read_service
from gateway.application.route_register import Refusal, Register, Settlement, founded, settle
from gateway.application.routes import PublishedService, RouteTable
from gateway.application.settle_routes import SettleRoutes, SettleRoutesHandler
from servicekit.errors import DependencyUnavailable

# A new service is reachable within this time of its files being there; a directory listing costs well under a ms.
POLL_SECONDS = 2.0
# The sidecar writes into the file itself; one that was written to so lately may not be whole.
WRITTEN_SECONDS = 1.0
# The largest document is about 200 KiB; beyond this it is not one, and parsing it would stall requests.
LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
LARGEST_URL_BYTES = 2_048

# libyaml where the wheel has it: ten times faster, and requests wait for the interpreter lock meanwhile.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAMESPACE = re.compile(r"namespace_([a-z0-9-]+)")
_BARE_HOST = re.compile(r"^(https?://[a-z0-9-]+)(?=[:/]|$)")
# What the documents of others may look like beside this one; a document that cannot stand beside it is not served.
_NEIGHBOUR = PublishedService(
    "neighbour",
    "",
    {
        "tags": [{"name": "t"}],
        "x-problems": [{"slug": "s"}],
        "paths": {"/": {"get": {"tags": ["t"], "x-public": True}}},
    },
    (),
)

_log = structlog.get_logger(__name__)
_nowhere = structlog.wrap_logger(structlog.ReturnLogger(), processors=[])
_REFUSED = Gauge(
    "emitra_gateway_routes_refused",
    "Routes a service published and does not get; `gateway routes` says why.",
    ["upstream"],
)
_UNUSABLE = Gauge(
    "emitra_gateway_route_documents_unusable", "1 where a service's document cannot be read.", ["upstream"]
)

Signature = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]


@dataclass
class _Source:
    """The files of one service: what they looked like when read, and what was last good in them.

    `looked_up` says that the store was asked for a last good version, `kept` which one is in it.
    """

    signature: Signature
    service: PublishedService | None = None
    problems: tuple[str, ...] = ()
    looked_up: bool = False
    kept: PublishedService | None = None


class RouteFiles:
    """Keeps `table` equal to what is in `directory`, as far as that is usable and nobody else's.

    Call `watch` after the fork, for threads do not survive one.
    """

    def __init__(self, directory: Path, settle_routes: SettleRoutesHandler, last_good: LastGoodRoutes) -> None:
        self._directory = directory
        self._last_good = last_good
        self._settle_routes = settle_routes
        self._log: Any = _log
        self._own: PublishedService | None = None
        self._sources: dict[str, _Source] = {}
        self._register: Register = founded()
        self._settled = False
        self._reading = threading.Lock()
        self._stop = threading.Event()
        self._unreadable = self._unreachable = False
        self.refusals: tuple[Refusal, ...] = ()
        self.table = RouteTable()

    @property
    def unusable(self) -> dict[str, tuple[str, ...]]:
        """Every problem of each document that cannot be used as it is now, by its file's name without `.yaml`."""
        return {stem: source.problems for stem, source in self._sources.items() if source.problems}

    def declare_own(self, own: PublishedService) -> None:
        """The gateway's own operations; call it before `watch`."""
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
        """Looks at the directory and the register once and returns the table in force.

        Nothing happens when nothing changed. A service whose files are missing its address or are not usable keeps its
        last good routes, those from before a restart too, and what is wrong is logged once per change. A service whose
        document is gone is gone, but what it is entered for stays its own. While the register cannot be reached, what
        is known of it holds. Raises nothing.
        """
        with self._reading:
            changed = self._read_changes()
            newer = self._read_register()
            restored = not self._unreachable and self._remember()
            if changed or newer or restored or not self._settled:
                self._settle()
            return self.table

    def _read_changes(self) -> bool:
        listed = self._list()
        if listed is None:
            return False
        changed = [stem for stem, signature in listed.items() if self._looks_new(stem, signature)]
        gone = self._sources.keys() - listed.keys()
        for stem in gone:
            del self._sources[stem]
            self._log.info("routes_removed", upstream=_service(stem), place=_place(stem))
        for stem in changed:
            self._load(stem, listed[stem])
        return bool(changed or gone)

    def _read_register(self) -> bool:
        try:
            newer = self._settle_routes.register.newer_than(self._register.revision)
        except DependencyUnavailable:
            if not self._unreachable:
                self._log.warning("route_register_unreachable", known_revision=self._register.revision)
            self._unreachable = True
            return False
        self._unreachable = False
        self._register = newer or self._register
        return newer is not None

    def _remember(self) -> bool:
        """Keeps what is good for gateways that start later; takes from there what was good. True when it took some."""
        try:
            for source in self._sources.values():
                if source.service is not None and source.service is not source.kept:
                    self._last_good.keep(source.service)
                    source.kept = source.service
            return self._restore()
        except DependencyUnavailable:
            self._unreachable = True
            return False

    def _restore(self) -> bool:
        restored = False
        for stem, source in self._sources.items():
            if source.service is None and not source.looked_up:
                source.service = source.kept = self._last_good.find(_service(stem), _place(stem))
                source.looked_up = True
                restored = restored or source.service is not None
        return restored

    def published(self) -> list[PublishedService]:
        """The last good of every service, the gateway's own first, whoever may have what they publish."""
        own = [self._own] if self._own else []
        return own + [s.service for s in self._sources.values() if s.service is not None]

    def look(self) -> Settlement:
        """What is published and who gets it, as `read` would find it now; nothing is written down and nothing logged.

        Raises DependencyUnavailable.
        """
        with self._reading:
            self._log = _nowhere
            self._read_changes()
            self._register = self._settle_routes.register.newer_than(self._register.revision) or self._register
            self._restore()
            return settle(self._register, self.published(), may_enter=False)

    def _settle(self) -> None:
        try:
            settlement = self._settle_routes(SettleRoutes(self.published(), self._register))
            self._settled = True
        except DependencyUnavailable:
            settlement = settle(self._register, self.published(), may_enter=False)
            self._settled = False
        self._register = settlement.register
        self.table = RouteTable(settlement.services)
        for refusal in settlement.refusals:
            if refusal not in self.refusals:
                self._log.error(
                    "route_refused",
                    upstream=refusal.service,
                    route=refusal.route,
                    owner=refusal.owner,
                    because=refusal.because,
                    mend=refusal.mend,
                )
        self.refusals = settlement.refusals
        self._measure()

    def _measure(self) -> None:
        _REFUSED.clear()
        for service in self.table.services:
            _REFUSED.labels(service).set(0)
        for refusal in self.refusals:
            _REFUSED.labels(refusal.service).inc()
        _UNUSABLE.clear()
        for stem, source in self._sources.items():
            _UNUSABLE.labels(_service(stem)).set(bool(source.problems))

    def _looks_new(self, stem: str, signature: Signature) -> bool:
        known = self._sources.get(stem)
        if known is None:
            return True
        return known.signature != signature and not (_place(stem) and _being_written(signature))

    def _list(self) -> dict[str, Signature] | None:
        """The signature of each service's files; None when the directory cannot be read (the last good stays)."""
        try:
            names = sorted(p.name for p in self._directory.iterdir() if not p.name.startswith("."))
        except OSError as error:
            if not self._unreadable:
                self._log.warning("routes_directory_unreadable", directory=str(self._directory), reason=error.strerror)
            self._unreadable = True
            return None
        self._unreadable = False
        documents = [name.removesuffix(".yaml") for name in names if name.endswith(".yaml")]
        return {
            stem: (_signature(self._directory / f"{stem}.yaml"), _signature(self._address_file(stem)))
            for stem in documents
        }

    def _address_file(self, stem: str) -> Path:
        return self._directory / f"{stem}.{'address' if _place(stem) else 'url'}"

    def _load(self, stem: str, signature: Signature) -> None:
        source = self._sources.setdefault(stem, _Source(signature))
        source.signature = signature
        try:
            service = self._read_files(stem)
        except UnusableDocument as error:
            problems = tuple(error.problems)
            if problems != source.problems:
                self._log.error(
                    "routes_refused",
                    upstream=_service(stem),
                    place=_place(stem),
                    problems=error.problems,
                    last_good_kept=source.service is not None,
                )
            source.problems = problems
            return
        source.service, source.problems = service, ()
        self._log.info(
            "routes_applied",
            upstream=service.name,
            place=service.place,
            base_url=service.base_url,
            operations=len(service.operations),
        )

    def _read_files(self, stem: str) -> PublishedService:
        document = _read(self._directory / f"{stem}.yaml", LARGEST_DOCUMENT_BYTES)
        address = _read(self._address_file(stem), LARGEST_URL_BYTES).strip()
        try:
            # Through JSON, so that what is no JSON, such as a date or a status that is a number, meets nobody later.
            plain = json.loads(json.dumps(yaml.load(document, Loader=_Loader)))  # noqa: S506 - a safe loader
            service = read_service(_service(stem), plain, _reached_from_here(address, stem), _place(stem))
            merged_openapi([service, _NEIGHBOUR], "0")
        except yaml.YAMLError as error:
            raise UnusableDocument([f"{stem}.yaml is not YAML: {' '.join(str(error).split())}"]) from error
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise UnusableDocument([f"{stem}.yaml is not a well-formed OpenAPI document: {error!r}"]) from error
        return service


def _service(stem: str) -> str:
    """The service that a file is of: what its name ends with. ConfigMaps and namespaces may have dots and hyphens."""
    return stem.rpartition(".")[2]


def _place(stem: str) -> str:
    return stem.rpartition(".")[0]


def _reached_from_here(address: str, stem: str) -> str:
    """The address with the namespace added where it is as that namespace itself would say it: `http://billing:8000`."""
    namespace = _NAMESPACE.fullmatch(_place(stem).partition(".")[0])
    return address if namespace is None else _BARE_HOST.sub(rf"\1.{namespace[1]}.svc", address)


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _being_written(signature: Signature) -> bool:
    return any(file is not None and abs(time.time() - file[0] / 1e9) < WRITTEN_SECONDS for file in signature)


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
