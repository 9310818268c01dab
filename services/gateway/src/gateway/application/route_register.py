"""Who has which route and which name. Each belongs to who had it, whatever starts, in any order (ADR 0032).

The register is a value: who is entered for what. `settle` is the rule, a function of the register and of what the
services publish, so every replica that knows the same two comes to the same table.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from gateway.application.routes import PublishedService, address, resources

# The method of an entry that has every method at its path and at every path below it.
EVERYTHING = "*"
# The methods of entries for names, which stand where others have a path, and what a newcomer needs another of: an
# event's name; the resource of scopes, `payments` of payments:write; what ids begin with, such as `pay_`.
EVENT, SCOPE, ID = "EVENT", "SCOPE", "ID"
_NAMES = {EVENT: "event", SCOPE: "resource in its scopes", ID: "beginning of its ids"}
_SAID = {EVERYTHING: "everything under {}", SCOPE: "the scopes {}:…", ID: "the ids {}…"}
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
FOUNDERS_NAMES = {
    EVENT: {
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
    },
    SCOPE: {
        "billing": ("billers", "bills", "payments", "wallet"),
        "certificates": ("applications",),
        "gateway": ("internal", "operations", "transactions"),
        "kiosk-registry": ("kiosks",),
    },
    ID: {
        "billing": ("bfe_", "bil_", "pay_", "rfd_"),
        "certificates": ("app_", "crt_"),
        "gateway": ("EM", "req_"),
        "identity": ("cli_", "per_", "tok_"),
        "kiosk-registry": ("ksk_", "lsp_", "pen_"),
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`service` has `method` at `path`, whose parameters are written {}; see EVERYTHING, and EVENT for names."""

    service: str
    method: str
    path: str

    def __str__(self) -> str:
        return _SAID.get(self.method, f"{self.method} {{}}").format(self.path)

    def meets(self, other: "Entry") -> bool:
        """Whether some request could mean both, or would be hidden from the one by the other.

        Two methods at one path stand beside each other; two different paths that one address fits do not, whatever
        their methods, for the path is looked up before the method. Names meet when they are the same.
        """
        if _NAMES.keys() & {self.method, other.method}:
            return (self.method, self.path) == (other.method, other.path)
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
    return [entry for claim in _claims(service) for entry in claim.entries]


def founded() -> Register:
    """What holds where nothing has been stored."""
    routes = [Entry(service, EVERYTHING, path) for service, paths in FOUNDERS.items() for path in paths]
    return _with_names_of_founders(Register(0, {}, tuple(routes)))


def _with_names_of_founders(register: Register) -> Register:
    """The register, where one of before there were entries of a kind of names has those of the founders."""
    kinds = {entry.method for entry in register.entries}
    founders = (
        Entry(service, kind, name)
        for kind, names_of in FOUNDERS_NAMES.items()
        if kind not in kinds
        for service, names in names_of.items()
        for name in names
    )
    return replace(register, entries=(*register.entries, *founders))


@dataclass(frozen=True)
class Refusal:
    """A route or name that a service published and does not get. `owner` is None while nothing could be stored."""

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
    """Gives each service what it is entered for, and enters it for what nobody has, or what its owner shares.

    What somebody else has is refused to the newcomer, route by route; all else of both goes on. An operation that asks
    for a scope of somebody else's is refused: tokens given for the one would open the other. A service that wants ids
    to begin as somebody else's do keeps what it has and is entered for nothing more. Newcomers that come in the same
    look are served in alphabetical order. Without `may_enter`, as when the register cannot be stored, what nobody has
    is refused too, until it can be.
    """
    completed = _with_names_of_founders(register)
    entered, places = _Entered(completed.entries), dict(register.places)
    services, refusals = _of_their_names(published, places)
    shared = {Entry(service.name, *name) for service in services for name in service.shares}
    settled = []
    for service in services:
        new = {claim: entries for claim in _claims(service) if (entries := entered.unknown_of(claim))}
        taken = {claim: pair for claim, entries in new.items() if (pair := entered.taken_of(entries, shared))}
        foreign_id = next((_taken(claim, *pair) for claim, pair in taken.items() if claim.operation[0] == ID), None)
        refused: set[tuple[str, str]] = set()
        for claim, entries in new.items():
            if claim in taken:
                refusals.append(_taken(claim, *taken[claim]))
            elif foreign_id:
                refusals.append(_held_back(claim, foreign_id))
            elif not may_enter:
                refusals.append(_not_stored(entries[0]))
            else:
                for entry in entries:
                    entered.add(entry)
                continue
            refused.add(claim.operation)
        settled.append(_without(service, refused))
    grown = replace(register, places=places, entries=tuple(entered.known)) if may_enter else register
    return Settlement(grown, tuple(settled), tuple(refusals))


def _of_their_names(
    published: Iterable[PublishedService], places: dict[str, str]
) -> tuple[list[PublishedService], list[Refusal]]:
    """In the order of their names the services whose name is their own, and the refusals of the others.

    Enters in `places` where the files of those come from that nobody knew.
    """
    services: dict[str, PublishedService] = {}
    refusals = []
    for service in sorted(published, key=lambda s: (s.name, s.place)):
        place = places.setdefault(service.name, service.place)
        if place != service.place or service.name in services:
            refusals.append(_name_taken(service, place))
        else:
            services[service.name] = service
    return list(services.values()), refusals


class _Entered:
    """Entries, in order, and by how they begin: an entry meets few, and there may be thousands."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.known: dict[Entry, None] = {}
        self._near: defaultdict[str | None, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        if entry not in self.known:
            self.known[entry] = None
            self._near[_beginning(entry)].append(entry)

    def unknown_of(self, claim: "_Claim") -> list[Entry]:
        """What of a claim is not entered for its service."""
        return [entry for entry in claim.entries if entry not in self.known]

    def taken_of(self, entries: Iterable[Entry], shared: Set[Entry]) -> tuple[Entry, Entry] | None:
        """The first of these entries that somebody else has and does not share, and theirs."""
        owners = ((entry, self._owner_of(entry)) for entry in entries)
        return next(((entry, owner) for entry, owner in owners if owner and owner not in shared), None)

    def _owner_of(self, entry: Entry) -> Entry | None:
        """The first entry of another service that this one meets."""
        beginning = _beginning(entry)
        near = self.known if beginning is None else [*self._near[beginning], *self._near[None]]
        return next((e for e in near if e.service != entry.service and e.meets(entry)), None)


def _beginning(entry: Entry) -> str | None:
    """A name whole; the first two segments of a path, None where it is shorter or one of them may be anything."""
    if entry.method in _NAMES:
        return entry.path
    first = entry.path.split("/")[1:3]
    return None if len(first) < 2 or _PARAMETER in first else "/".join(first)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a service is entered for together or not at all, and the method and path that its document writes it by."""

    entries: tuple[Entry, ...]
    operation: tuple[str, str]

    def __str__(self) -> str:
        return str(self.entries[0]) if self.operation[0] == EVERYTHING else " ".join(self.operation)


def _claims(service: PublishedService) -> list[_Claim]:
    """What a service wants to be entered for."""
    prefix = [(EVERYTHING, service.prefix)] if service.prefix else []
    names = [*((ID, beginning) for beginning in service.ids), *service.shares, *((EVENT, e) for e in service.events)]
    return [
        *(_Claim((Entry(service.name, *claimed),), claimed) for claimed in [*names, *prefix]),
        *(
            _Claim(
                (
                    Entry(service.name, *address(operation)),
                    *(Entry(service.name, SCOPE, resource) for resource in resources(operation)),
                ),
                (operation.method, operation.template),
            )
            for operation in service.operations
        ),
    ]


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


def _taken(claim: _Claim, entry: Entry, owner: Entry) -> Refusal:
    # A prefix given up leaves its owner each route that it publishes.
    given_up = f"lets others in under {owner.path}" if owner.method == EVERYTHING else "gave this one up"
    share = f"; {owner.service} may share it (x-emitra-shares)" if entry.method in {SCOPE, ID} else ""
    return Refusal(
        service=entry.service,
        route=str(claim),
        owner=owner.service,
        because=f"{owner.service} has {owner}",
        mend=f"give {entry.service} another {_NAMES.get(entry.method, 'path')}; or, if {owner.service} {given_up}, run "
        f"`gateway release-routes {owner.service} --route '{owner.method} {owner.path}'`{share}",
    )


def _held_back(claim: _Claim, foreign_id: Refusal) -> Refusal:
    return replace(
        foreign_id,
        route=str(claim),
        because=f"{foreign_id.service} gets nothing more while it wants {foreign_id.route}: {foreign_id.because}",
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
