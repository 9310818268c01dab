"""The contract gate: the changes since the last release that break somebody, whom, and what to do instead."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from emitra_contracts.api_compatibility import Operation, breaking_api_changes, claimed_names, operations, scopes
from emitra_contracts.compatibility import GONE, Change, Use, breaking_changes
from emitra_contracts.folders import ENVELOPE
from emitra_contracts.released import Contracts
from emitra_contracts.validation import TYPE_PREFIX, ContractViolation, validate_envelope

EVENT_REMEDY = (
    "An event keeps its form within a major version. Publish <event>.v2 beside it, name the day on which v1 ends in "
    "the contracts/sunsets.json and CHANGELOG.md of its service, and take v1 away after that day."
)
API_REMEDY = (
    "Keep what clients use as it is and add the new beside it: an optional member, another path, /v2/…; name the day "
    "on which the old operation ends in the service's contracts/sunsets.json and CHANGELOG.md."
)
BROKEN_REMEDY = "Mend the file. The contracts of the other services were compared without it."
QUARREL_REMEDY = (
    "An event belongs to the one in whose folder it lies, and first to whoever released it. The newcomer names its own "
    "event otherwise, or becomes a consumer of that one."
)
NAME_REMEDY = (
    "Scopes belong by their resource, what stands before the colon, and ids by their beginning, to whoever had them "
    "first (ADR 0032). The newcomer asks for scopes and makes ids that are named after itself; or the owner lets "
    "others use its own, with `shares` in its declaration, src/<package>/entrypoints/service.py. Then `make generate`."
)
FOREIGN_REMEDY = "A service accepts and ends only what is its own. Take the line out; its owner decides."
REMOVAL_REMEDY = "Its consumers take the event out of their tables of events first, each in its own folder."
DAMAGE_REMEDY = "Nobody edits released/: restore it as it was; `make release-contracts` renews it when it may."
EXAMPLE_REMEDY = "A released example stays as it was released, and today's schemas accept it: old events are replayed."

ACCEPTED_REMEDY = "Take the row out of its accepted.json, or name the change as the gate does."

SHARED = "shared/contracts/src/emitra_contracts"
ENVELOPE_FILE = f"{SHARED}/{ENVELOPE}"
NOBODY = "no consumer in this repository"
_SHOWN_OPERATIONS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One breaking change in words for people: the file in which it is mended (from the repository's root), where, the
    old and current form, whom it breaks, why, and the remedy."""

    file: str
    contract: str
    place: str
    was: str
    current: str
    breaks: tuple[str, ...]
    why: str
    remedy: str


@dataclass(frozen=True)
class Readers:
    """Who relies on the contracts: by service its table of events, by client its row (catalogue.clients)."""

    tables: Mapping[str, Mapping[str, Any]]
    clients: Mapping[str, Mapping[str, Any]]

    def consumers_of(self, event: str) -> dict[str, Mapping[str, Any]]:
        """The services that consume the event, with the JSON Schema of what each of them reads."""
        return {
            service: row["reads"]
            for service, table in self.tables.items()
            for row in table["consumes"]
            if row["event"] == event
        }

    def readers_of(self, event: str, path: str) -> tuple[str, ...]:
        """The consumers that read the member at `path` of the event's data, in the form `billing (requires it)`."""
        matches = ((service, _need(reads, path)) for service, reads in self.consumers_of(event).items())
        return tuple(f"{service} ({need})" for service, need in matches if need)

    def callers_of(self, document: Mapping[str, Any], operation: Operation) -> tuple[str, ...]:
        """The clients that call the operation: their row lists it, or they have the scopes that it asks for."""
        needed = scopes(document, operation)
        name = f"{operation[1].upper()} {operation[0]}"
        return tuple(
            client
            for client, row in self.clients.items()
            if name in row["operations"] or (needed and needed <= set(row["scopes"]))
        )


def findings(
    released: Contracts, today: Contracts, readers: Readers, sunsets: Mapping[str, str], on: date
) -> list[Finding]:
    """Every breaking change since the release, as of the day `on`.

    What has reached its day in `sunsets` (event, or service, method and path → ISO date) may be gone.
    """
    ended = {name for name, day in sunsets.items() if date.fromisoformat(day) <= on}
    broken = list(_event_findings(released, today, readers, ended))
    if released.envelope:
        broken += _envelope_findings(released, today, readers)
    for service in released.apis:
        broken += _api_findings(service, released, today, readers, ended)
    return broken


def consumed_findings(service: str, today: Contracts, readers: Readers) -> list[Finding]:
    """A finding for each event of a service that others consume, released or not."""
    own = [event for event, row in today.catalogue.items() if row["producer"] == service]
    why = "their queues stay empty, and their tests find no schema"
    return [
        Finding(
            _event_file(service, event), event, "the event", f"{service}'s", GONE, tuple(consumers), why, REMOVAL_REMEDY
        )
        for event in own
        if (consumers := readers.consumers_of(event))
    ]


def unaccepted(broken: Sequence[Finding], accepted: Mapping[str, Sequence[Mapping[str, str]]]) -> list[Finding]:
    """The findings without those that `accepted` names, and one for each row of `accepted` that names none.

    By service, or "shared", it has rows: `contract`, `place`, `was` and `is` of the finding, and the `reason` for which
    it is meant. After the release a row names nothing any more and goes.
    """
    named = {
        (row["contract"], row["place"], row["was"], row["is"]): _accepted_file(owner)
        for owner, rows in accepted.items()
        for row in rows
    }
    changes = {(finding.contract, finding.place, finding.was, finding.current): finding for finding in broken}
    why = "accepted.json names a change that is not there"
    stale = [
        Finding(file, contract, place, was, current, (NOBODY,), why, ACCEPTED_REMEDY)
        for (contract, place, was, current), file in named.items()
        if (contract, place, was, current) not in changes
    ]
    return [finding for key, finding in changes.items() if key not in named] + stale


def example_findings(examples: Mapping[str, Mapping[str, Any]], readers: Readers) -> list[Finding]:
    """A finding for each problem that today's schemas see in a released example (path → envelope)."""
    broken = []
    for path, envelope in examples.items():
        try:
            validate_envelope(envelope)
        except ContractViolation as error:
            event = str(envelope.get("type", "")).removeprefix(TYPE_PREFIX)
            file = path.partition("/released/")[0] + f"/events/{event}/schema.json"
            for problem in error.problems:
                breaks = readers.readers_of(event, problem.pointer.removeprefix("/data")) or (NOBODY,)
                place, why = f"{path} {problem.pointer}", "today's schema refuses what was valid, and may be replayed"
                broken.append(Finding(file, event, place, "valid", problem.rule, breaks, why, EXAMPLE_REMEDY))
    return broken


def damage_findings(damaged: Iterable[tuple[str, str]], readers: Readers) -> list[Finding]:
    """A finding for each damaged file of a `released/` (its path in the repository, and what is wrong with it)."""
    broken = []
    for path, damage in damaged:
        _, _, rest = path.partition("/released/events/")
        event = rest.partition("/")[0]
        breaks = tuple(readers.consumers_of(event)) or ("whoever relies on it",)
        why = "changes are no longer compared, nor tried, with what was really released"
        broken.append(Finding(path, event or "released", path, "as released", damage, breaks, why, DAMAGE_REMEDY))
    return broken


def unreadable_findings(broken_files: Iterable[tuple[str, str]]) -> list[Finding]:
    """A finding for each file of a service's contracts that cannot be read (service, and what the reader said)."""
    why = "nothing of this service was compared, and its consumers cannot be tested"
    return [
        Finding(file, service, file, "a readable file", message, (service,), why, BROKEN_REMEDY)
        for service, message in broken_files
        for file in [message.partition(": ")[0]]
    ]


def quarrel_findings(claims: Mapping[str, Sequence[str]], released: Contracts) -> list[Finding]:
    """A finding for each event that lies in the folders of several services."""
    broken = []
    for event, claimants in claims.items():
        if len(claimants) > 1:
            owner = released.catalogue.get(event, {}).get("producer")
            was = f"{owner}'s" if owner else "nobody's"
            current = f"claimed by {' and '.join(claimants)}"
            newcomers = tuple(service for service in claimants if service != owner)
            why = "two producers of one event: nobody could say whose message it is"
            broken += [
                Finding(
                    _event_file(newcomer, event), event, "the event", was, current, (newcomer,), why, QUARREL_REMEDY
                )
                for newcomer in newcomers
            ]
    return broken


def name_findings(today: Contracts, released: Contracts) -> list[Finding]:
    """A finding for each service whose document wants a scope or ids of another one, who does not share them."""
    claims = {service: claimed_names(document) for service, document in today.apis.items()}
    broken = []
    for name in sorted({name for names in claims.values() for name in names}):
        claimants = [service for service, names in claims.items() if name in names]
        owner = _owner(name, claimants, today, released)
        # What everyone who has it shares is nobody's alone, whoever comes first.
        if all(_shares(service, name, today) for service in ([owner] if owner else claimants)):
            continue
        for newcomer in claimants if len(claimants) > 1 else ():
            if newcomer != owner:
                places = claims[newcomer][name]
                more = f" and {len(places) - _SHOWN_OPERATIONS} more" if len(places) > _SHOWN_OPERATIONS else ""
                file = f"services/{newcomer}/openapi.yaml"
                place = f"{', '.join(places[:_SHOWN_OPERATIONS])}{more}"
                was, current = f"{owner}'s" if owner else "nobody's", f"claimed by {' and '.join(claimants)}"
                why = (
                    "the gateway does not route them: tokens given for the one would open the other"
                    if name.startswith("SCOPE ")
                    else "the gateway enters it for nothing more: nobody could say whose thing such an id names"
                )
                broken.append(Finding(file, name, place, was, current, (newcomer,), why, NAME_REMEDY))
    return broken


def _owner(name: str, claimants: Sequence[str], today: Contracts, released: Contracts) -> str | None:
    """Whose a name is: of those who had it at the last release, else of those who were released, else of all, the only
    one, or the only one who shares it."""
    had = [s for s in claimants if s in released.apis and name in claimed_names(released.apis[s])]
    first = had or [service for service in claimants if service in released.apis] or claimants
    sharing = [service for service in first if _shares(service, name, today)]
    return next((owners[0] for owners in (first, sharing) if len(owners) == 1), None)


def _shares(service: str, name: str, today: Contracts) -> bool:
    return name in (today.apis[service].get("x-emitra-shares") or ())


def foreign_findings(
    file: str, named: Mapping[str, Iterable[str]], owners: Mapping[str, str], services: Collection[str]
) -> list[Finding]:
    """A finding for each contract that a service's `file` names and another one owns.

    `named` is service → contracts as the gate reports them (`billing GET /v1/wallet`, an event); `owners` event → its
    producer.
    """
    broken = []
    for service, contracts in named.items():
        for contract in contracts:
            first = contract.partition(" ")[0]
            owner = owners.get(first, first if first in services else "shared")
            if owner != service:
                place = f"services/{service}/contracts/{file}"
                why = f"it is {owner}'s to decide"
                broken.append(
                    Finding(place, contract, place, f"{owner}'s", f"named by {service}", (owner,), why, FOREIGN_REMEDY)
                )
    return broken


def report(broken: Sequence[Finding]) -> str:
    """The findings as text: a paragraph for each, and behind those with one remedy what to do instead."""
    paragraphs = []
    for remedy in dict.fromkeys(finding.remedy for finding in broken):
        paragraphs += [_paragraph(finding) for finding in broken if finding.remedy == remedy]
        paragraphs.append(f"{remedy}\n")
    return "\n".join(paragraphs).rstrip()


def _paragraph(finding: Finding) -> str:
    folder, _, rest = finding.file.partition("/")
    service = rest.partition("/")[0] if folder == "services" else "platform"
    place = finding.place.removeprefix(finding.file).strip()
    return (
        f"✗ {service}: {finding.file}: {finding.contract}  {place}".rstrip()
        + f"\n    was     {finding.was}"
        + f"\n    is      {finding.current}"
        + f"\n    breaks  {', '.join(finding.breaks)}: {finding.why}"
    )


def _accepted_file(owner: str) -> str:
    return f"{SHARED if owner == 'shared' else f'services/{owner}/contracts'}/accepted.json"


def _event_file(service: str, event: str) -> str:
    return f"services/{service}/contracts/events/{event}/schema.json"


def _event_findings(released: Contracts, today: Contracts, readers: Readers, ended: set[str]) -> Iterator[Finding]:
    for event, row in released.catalogue.items():
        schema = _event_file(row["producer"], event)
        consumers = tuple(readers.consumers_of(event)) or (NOBODY,)
        if event not in today.catalogue:
            if event not in ended:
                why = "their queues stay empty"
                yield Finding(schema, event, "the event", "in the catalogue", GONE, consumers, why, EVENT_REMEDY)
            continue
        publisher = released.publishers.get(event)
        if publisher and event not in today.publishers and event not in ended:
            why = "their queues stay empty"
            table, was = f"services/{publisher}/events.json", f"published by {publisher}"
            yield Finding(table, event, "the event", was, "by nobody", consumers, why, EVENT_REMEDY)
        for member in ("producer", "aggregate_type", "aggregate_id"):
            was, current = row[member], today.catalogue[event][member]
            if was != current:
                why = "exchange, subject and order of the event follow from it"
                file = schema.replace("schema.json", "event.json")
                yield Finding(file, event, member, was, current, consumers, why, EVENT_REMEDY)
        for change in breaking_changes(released.schemas[event], today.schemas[event], Use.EVENT):
            breaks = readers.readers_of(event, change.path) or (NOBODY,)
            place, why = f"/data{change.path}", change.why
            yield Finding(schema, event, place, change.was, change.current, breaks, why, EVENT_REMEDY)


def _envelope_findings(released: Contracts, today: Contracts, readers: Readers) -> Iterator[Finding]:
    consumers = tuple(service for service, table in readers.tables.items() if table["consumes"]) or (NOBODY,)
    for change in breaking_changes(released.envelope, today.envelope, Use.EVENT):
        was, current, why = change.was, change.current, change.why
        yield Finding(ENVELOPE_FILE, "the envelope", change.path, was, current, consumers, why, EVENT_REMEDY)


def _api_findings(
    service: str, released: Contracts, today: Contracts, readers: Readers, ended: set[str]
) -> Iterator[Finding]:
    old, new = released.apis[service], today.apis.get(service, {"paths": {}})
    # A change in a schema that several operations share is one finding that names them all.
    groups: dict[tuple[str, str, str, str], list[tuple[Operation | None, Change]]] = {}
    for operation, change in breaking_api_changes(old, new):
        if change.current == GONE and not change.path and f"{service} {_name(operation)}" in ended:
            continue
        groups.setdefault((change.origin, change.was, change.current, change.why), []).append((operation, change))
    for (origin, was, current, why), occurrences in groups.items():
        places = list(dict.fromkeys(operation for operation, _ in occurrences))
        callers = (
            client
            for operation in places
            for client in (readers.callers_of(old, operation) if operation else _callers_of_any(old, readers))
        )
        breaks = tuple(dict.fromkeys(callers)) or ("no client that a clients.json names",)
        shared = f" ({origin.removeprefix('#/components/')})" if origin.startswith("#/components/") else ""
        names = [_name(operation) for operation in places]
        more = f" and {len(names) - _SHOWN_OPERATIONS} more" if len(names) > _SHOWN_OPERATIONS else ""
        contract = f"{service} {', '.join(names[:_SHOWN_OPERATIONS])}{more}"
        file, place = f"services/{service}/openapi.yaml", f"{occurrences[0][1].path}{shared}".strip()
        yield Finding(file, contract, place, was, current, breaks, why, API_REMEDY)


def _callers_of_any(document: Mapping[str, Any], readers: Readers) -> Iterator[str]:
    for operation in operations(document):
        yield from readers.callers_of(document, operation)


def _name(operation: Operation | None) -> str:
    return f"{operation[1].upper()} {operation[0]}" if operation else "any operation"


def _need(reads: Mapping[str, Any], path: str) -> str:
    """How a consumer uses the value at `path`: "requires it", "reads it", or "" when it does not read it."""
    required = True
    for step in path.split("/")[1:]:
        if step == "*":
            reads = reads.get("items", {})
            continue
        members = reads.get("properties")
        if members is None:  # it is read as a whole, with everything inside
            break
        if step not in members:
            return ""
        required = required and step in reads.get("required", ())
        reads = members[step]
    return "requires it" if required else "reads it"
