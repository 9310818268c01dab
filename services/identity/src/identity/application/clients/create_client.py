"""Register a client, and its officer where it acts for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from identity.application.clients.ports import Clients
from identity.application.people.errors import UnknownPerson
from identity.application.people.ports import People
from identity.domain.clients.client import ActingPerson, Algorithm, Client, ClientKind
from identity.domain.clients.client_secrets import NO_SECRET_SHA256, sha256_of
from identity.domain.people.definitions import MAX_NAME_LENGTH, InvalidDefinition
from identity.domain.people.person import Person
from servicekit.text import Line, Refusal


@dataclass(frozen=True, kw_only=True)
class OfficerPost:
    """The post an officer's client acts in.

    The officer is recorded under `person_id`. `second_client`: they are recorded already, and this is one more client
    of theirs. Two clients of one person must name the same person, or they would pass for the two people that some
    decisions take.
    """

    person_id: str
    second_client: bool
    department: str
    designation: str
    designation_hi: str | None
    districts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CreateClient:
    """Everything about the new client, its id and secret already minted."""

    client_id: str
    client_secret: str = field(repr=False)
    name: str
    kind: ClientKind
    scopes: Sequence[str]
    kiosk_id: str | None = None
    officer: OfficerPost | None = None
    redirect_uris: Sequence[str] = ()
    public_keys: Sequence[Mapping[str, Any]] = ()
    id_token_algorithm: Algorithm = Algorithm.EDDSA
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CreateClientHandler:
    """Checks the definition and records it; only the secret's hash is kept."""

    clients: Clients
    people: People

    def __call__(self, command: CreateClient) -> Client:
        """Register. Raises InvalidDefinition (every problem at once), UnknownPerson and ClientExists.

        A repeat is refused.
        """
        if problems := _unreadable(command):
            raise InvalidDefinition(problems)
        client = _client(command)
        if client.person and command.officer and command.officer.second_client:
            if not self.people.known(client.person.id):
                raise UnknownPerson(f"Nobody has the id {client.person.id}; leave it out for somebody new.")
        elif client.person:
            # First, so that no client ever names a person nobody knows; one left over harms nothing.
            self.people.put([Person(id=client.person.id, role=client.person.role, created_at=command.at)])
        self.clients.add(client)
        return client


def _unreadable(command: CreateClient) -> list[str]:
    texts = {"name": command.name}
    if command.officer:
        texts["designation"] = command.officer.designation
    # What is missing, the client's own rules name, with all else that is wrong.
    checked = {what: Line(MAX_NAME_LENGTH).check(text) for what, text in texts.items() if text}
    return [f"the {what}: {refused.detail}" for what, refused in checked.items() if isinstance(refused, Refusal)]


def _client(command: CreateClient) -> Client:
    return Client(
        id=command.client_id,
        name=command.name,
        kind=command.kind,
        # A secret that counts nowhere is not kept either.
        secret_sha256=NO_SECRET_SHA256
        if command.kind is ClientKind.APP or command.public_keys
        else sha256_of(command.client_secret),
        scopes=frozenset(command.scopes),
        kiosk_id=command.kiosk_id,
        person=_acting(command.officer) if command.officer else None,
        redirect_uris=frozenset(command.redirect_uris),
        public_keys=tuple(command.public_keys),
        id_token_algorithm=command.id_token_algorithm,
        created_at=command.at,
    )


def _acting(post: OfficerPost) -> ActingPerson:
    return ActingPerson(
        id=post.person_id,
        role="officer",
        department=post.department,
        designation=post.designation,
        designation_hi=post.designation_hi,
        districts=frozenset(post.districts),
    )
