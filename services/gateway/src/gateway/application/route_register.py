"""Who has which route. A route belongs to who had it, whatever starts, in any order (ADR 0032).

The register is a value: who is entered for what. `settle` is the rule, a function of the register and of what the
services publish, so every replica that knows the same two comes to the same table.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.application.routes import PublishedService, address

# The method of an entry that has every method at its path and at every path below it.
EVERYTHING = "*"
# The method of an entry for an event's name, which stands where others have a path.
EVENT = "EVENT"
_PARAMETER = "{}"
# Where no register has been stored yet, these have what they had when registers came: a newcomer that starts first in
# an empty database is still a newcomer. Frozen: who came later is entered when it comes, and needs no line here.
FOUNDERS = {
    "billing": ("/callbacks/biller", "/v1/bill-fetches", "/v1/billers", "/v1/payments", "/v1/wallet"),
    "certificates": (
        "/v1/application-types",
        "/v1/applications",
        "/v1/certificate-keys",
        "/v1/certificate-verifications",
        "/v1/certificates",
    ),
    "gateway": ("/contracts", "/docs", "/openapi.json", "/problems", "/v1/transactions"),
    "identity": ("/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/v1/oauth2"),
    "kiosk-registry": ("/v1/districts", "/v1/kiosks"),
}
FOUNDERS_EVENTS = {
    "billing": ("payment.completed.v1", "payment.failed.v1", "payment.refunded.v1"),
    "certificates": (
        "application.decided.v1",
        "application.submitted.v1",
        "certificate.issued.v1",
        "certificate.revoked.v1",
        "fee.refused.v1",
    ),
    "identity": ("client.revoked.v1", "operator.created.v1"),
    "kiosk-registry": (
        "kiosk.approved.v1",
        "kiosk.closed.v1",
        "kiosk.reinstated.v1",
        "kiosk.suspended.v1",
        "penalty.imposed.v1",
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`service` has `method` at `path`, whose parameters are written {}; see EVERYTHING and EVENT."""

    service: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"everything under {self.path}" if self.method == EVERYTHING else f"{self.method} {self.path}"

    def meets(self, other: "Entry") -> bool:
        """Whether some request could mean both, or would be hidden from the one by the other.

        Two methods at one path stand beside each other; two different paths that one address fits do not, whatever
        their methods, for the path is looked up before the method.
        """
        if self.path == other.path and EVERYTHING not in (self.method, other.method):
            return _answered_by(self.method) == _answered_by(other.method)
        mine, theirs = self.path.split("/"), other.path.split("/")
        if len(mine) > len(theirs):
            return other.meets(self)
        if len(mine) < len(theirs) and self.method != EVERYTHING:
            return False
        return all(a == b or _PARAMETER in (a, b) for a, b in zip(mine, theirs, strict=False))


def _answered_by(method: str) -> str:
    """HEAD goes where GET goes."""
    return "GET" if method == "HEAD" else method


@dataclass(frozen=True)
class Register:
    """`places` says where the files of each service come from; `entries` is in the order in which they were made.

    `revision` counts the changes that were stored; at 0 nothing was.
    """

    revision: int
    places: Mapping[str, str]
    entries: tuple[Entry, ...]

    def of(self, service: str) -> list[Entry]:
        """What this service is entered for."""
        return [entry for entry in self.entries if entry.service == service]

    def without(self, service: str, entries: Iterable[Entry], *, place: bool) -> "Register":
        """This register after the service gave up `entries` and, where `place`, the place its files come from."""
        given_up = set(entries)
        return replace(
            self,
            places={name: at for name, at in self.places.items() if not (place and name == service)},
            entries=tuple(entry for entry in self.entries if entry not in given_up),
        )


def asked_for(service: PublishedService) -> list[Entry]:
    """What a service publishes that it wants to be entered for."""
    return [entry for entry, _ in _asked_for(service)]


def founded() -> Register:
    """What holds where nothing has been stored."""
    routes = [Entry(service, EVERYTHING, path) for service, paths in FOUNDERS.items() for path in paths]
    events = [Entry(service, EVENT, event) for service, names in FOUNDERS_EVENTS.items() for event in names]
    return Register(0, {}, (*routes, *events))


@dataclass(frozen=True)
class Refusal:
    """A route that a service published and does not get. `owner` is None while nothing could be stored."""

    service: str
    route: str
    owner: str | None
    because: str
    mend: str


@dataclass(frozen=True)
class Settlement:
    """`services` with the routes they get and documents of those only, as `register` has them entered."""

    register: Register
    services: tuple[PublishedService, ...]
    refusals: tuple[Refusal, ...]


def settle(register: Register, published: Sequence[PublishedService], *, may_enter: bool = True) -> Settlement:
    """Gives each service what it is entered for, and enters it for what nobody has.

    What somebody else has is refused to the newcomer, route by route; all else of both goes on. Newcomers that come in
    the same look are served in alphabetical order. Without `may_enter`, as when the register cannot be stored, what
    nobody has is refused too, until it can be.
    """
    entered, places = _Entered(register.entries), dict(register.places)
    settled: dict[str, PublishedService] = {}
    refusals: list[Refusal] = []
    for service in sorted(published, key=lambda s: (s.name, s.place)):
        place = places.setdefault(service.name, service.place)
        if place != service.place or service.name in settled:
            refusals.append(_name_taken(service, place))
            continue
        refused: set[tuple[str, str]] = set()
        for entry, operation in _asked_for(service):
            if entry in entered.known:
                continue
            owner = entered.owner_of(entry)
            if owner is None and may_enter:
                entered.add(entry)
                continue
            refusals.append(_not_stored(entry) if owner is None else _taken(entry, operation, owner))
            refused.add(operation)
        settled[service.name] = _without(service, refused)
    grown = replace(register, places=places, entries=tuple(entered.known)) if may_enter else register
    return Settlement(grown, tuple(settled.values()), tuple(refusals))


class _Entered:
    """Entries, in order, and by what their paths begin with: a route meets few, and there may be thousands."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.known: dict[Entry, None] = {}
        self._near: defaultdict[str | None, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        self.known[entry] = None
        self._near[_beginning(entry)].append(entry)

    def owner_of(self, entry: Entry) -> Entry | None:
        """The entry of another service that this one meets."""
        beginning = _beginning(entry)
        near = self.known if beginning is None else [*self._near[beginning], *self._near[None]]
        return next((e for e in near if e.service != entry.service and e.meets(entry)), None)


def _beginning(entry: Entry) -> str | None:
    """The first two segments of a path; None where it is shorter or one of them may be anything."""
    first = entry.path.split("/")[1:3]
    return None if len(first) < 2 or _PARAMETER in first else "/".join(first)


def _asked_for(service: PublishedService) -> list[tuple[Entry, tuple[str, str]]]:
    """What a service wants to be entered for, each with the method and the path as its document writes them."""
    prefix = [(Entry(service.name, EVERYTHING, service.prefix), (EVERYTHING, service.prefix))] if service.prefix else []
    routes = [
        (Entry(service.name, *address(operation)), (operation.method, operation.template))
        for operation in service.operations
    ]
    events = [(Entry(service.name, EVENT, event), (EVENT, event)) for event in service.events]
    return prefix + routes + events


def _without(service: PublishedService, refused: set[tuple[str, str]]) -> PublishedService:
    if not refused:
        return service
    paths = {
        template: {key: value for key, value in item.items() if (key.upper(), template) not in refused}
        for template, item in service.document["paths"].items()
    }
    return replace(
        service,
        document={**service.document, "paths": paths},
        operations=tuple(o for o in service.operations if (o.method, o.template) not in refused),
        events={event: schema for event, schema in service.events.items() if (EVENT, event) not in refused},
    )


def _taken(entry: Entry, operation: tuple[str, str], owner: Entry) -> Refusal:
    method, template = operation
    another = "name" if method == EVENT else "path"
    # A prefix given up leaves its owner each route that it publishes.
    given_up = f"lets others in under {owner.path}" if owner.method == EVERYTHING else "gave this one up"
    return Refusal(
        service=entry.service,
        route=str(entry) if method == EVERYTHING else f"{method} {template}",
        owner=owner.service,
        because=f"{owner.service} has {owner}",
        mend=f"give {entry.service} another {another}; or, if {owner.service} {given_up}, run "
        f"`gateway release-routes {owner.service} --route '{owner.method} {owner.path}'`",
    )


def _name_taken(service: PublishedService, place: str) -> Refusal:
    return Refusal(
        service=service.name,
        route="all of its routes",
        owner=service.name,
        because=f"the name {service.name} belongs to the files in {place or 'the folder itself'}, "
        f"and these are in {service.place or 'the folder itself'}",
        mend=f"take the others away or rename this service; if {service.name} moved here, run "
        f"`gateway release-routes {service.name} --place`",
    )


def _not_stored(entry: Entry) -> Refusal:
    return Refusal(
        service=entry.service,
        route=str(entry),
        owner=None,
        because="the register of routes could not be written, so nobody has this yet",
        mend="nothing, once MongoDB answers: the gateway tries again every two seconds",
    )
