"""Give the sandbox its clients and people, and show their secrets in a file of the owner's."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from identity.application.clients.errors import SandboxOnly
from identity.application.clients.ports import Clients, SandboxFile
from identity.application.clients.sandbox import (
    CITIZENS,
    CLIENTS,
    POSTS,
    SandboxClient,
    SandboxOfficer,
    SandboxPerson,
    SandboxPost,
)
from identity.application.people.grant_right import GrantRight, GrantRightHandler
from identity.application.people.ports import MobileOwners, People, RightsKept
from identity.domain.clients.client import ActingPerson, Client, ClientKind
from identity.domain.clients.client_secrets import NO_SECRET_SHA256, matches, new_secret, sha256_of
from identity.domain.people.mobile import read_mobile
from identity.domain.people.person import Person


@dataclass(frozen=True)
class SeedSandbox:
    """Where the secrets are shown, and when it is done."""

    file: SandboxFile
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SeedReport:
    """How many sandbox clients there are, and how many of them got a new secret in this run."""

    clients: int
    new_secrets: int


@dataclass(frozen=True, kw_only=True)
class SeedSandboxHandler:
    """Seeds the sandbox."""

    clients: Clients
    people: People
    rights: RightsKept
    owners: MobileOwners
    key: bytes = field(repr=False)
    environment: str

    def __call__(self, command: SeedSandbox) -> SeedReport:
        """Seed. Safe to repeat: a secret that the file still shows correctly is kept, any other is replaced.

        Only hashes are stored, so a lost file cannot be written again: its clients get new secrets. The
        file is written last; a run cut short before it leaves secrets that the next run replaces.
        Raises SandboxOnly when the environment is live.
        """
        if self.environment != "sandbox":
            raise SandboxOnly("Sandbox clients are not created where ENVIRONMENT is live.")
        officers = [client.officer for client in CLIENTS if client.officer]
        self.people.put(
            [
                Person(id=person.id, role=person.role, name=person.name, name_hi=person.name_hi, created_at=command.at)
                for person in (*CITIZENS, *officers, *POSTS)
            ]
        )
        for post in POSTS:
            self._settle(post, command.at)
        shown = command.file.secrets()
        secrets = {
            client.id: self._secret(client.id, shown.get(client.id))
            for client in CLIENTS
            if client.kind is not ClientKind.APP
        }
        self.clients.put([_client(client, secrets.get(client.id), command.at) for client in CLIENTS])
        command.file.write(_content(secrets))
        return SeedReport(
            clients=len(CLIENTS), new_secrets=sum(shown.get(key) != value for key, value in secrets.items())
        )

    def _settle(self, post: SandboxPost, at: datetime) -> None:
        """Their number theirs, and their right granted unless it was: what was ended or suspended since stays so."""
        person = self.people.get(post.id)
        mobile = read_mobile(post.mobile)
        if person and mobile and self.key:
            self.owners.record(mobile.index(self.key), mobile.shown, person)
        if person and not person.rights:
            right = post.right_from(at)
            grant = GrantRight(person_id=post.id, right=right, by="command-line", because="seed-sandbox", at=at)
            GrantRightHandler(people=self.people, rights=self.rights)(grant)

    def _secret(self, client_id: str, shown: str | None) -> str:
        stored = self.clients.get(client_id)
        if shown is not None and stored is not None and matches(shown, stored.secret_sha256):
            return shown
        return new_secret(self.environment)


def _client(client: SandboxClient, secret: str | None, at: datetime) -> Client:
    return Client(
        id=client.id,
        name=client.name,
        kind=client.kind,
        secret_sha256=sha256_of(secret) if secret else NO_SECRET_SHA256,
        scopes=client.scopes,
        kiosk_id=client.kiosk_id,
        person=_acting(client.officer) if client.officer else None,
        redirect_uris=frozenset(client.redirect_uris),
        created_at=at,
    )


def _acting(officer: SandboxOfficer) -> ActingPerson:
    return ActingPerson(
        id=officer.id,
        role=officer.role,
        department=officer.department,
        designation=officer.designation,
        designation_hi=officer.designation_hi,
        districts=frozenset({officer.district}),
    )


def _content(secrets: dict[str, str]) -> dict[str, Any]:
    return {
        "clients": [_shown_client(client, secrets.get(client.id)) for client in CLIENTS],
        "people": [_shown_person(citizen) for citizen in CITIZENS]
        + [{**_shown_person(post), "mobile": post.mobile, **_shown_right(post)} for post in POSTS],
        "officers": [
            {**_shown_person(client.officer), **_shown_post(client.officer), "client_id": client.id}
            for client in CLIENTS
            if client.officer
        ],
    }


def _shown_client(client: SandboxClient, secret: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": client.name,
        "kind": client.kind.value,
        "client_id": client.id,
        "scopes": sorted(client.scopes),
    }
    if secret:
        shown["client_secret"] = secret
    if client.redirect_uris:
        shown["redirect_uris"] = list(client.redirect_uris)
    if client.kiosk_id:
        shown["kiosk_id"] = client.kiosk_id
    if client.officer:
        shown["person"] = {
            "id": client.officer.id,
            "role": client.officer.role,
            **_shown_post(client.officer),
        }
    return shown


def _shown_person(person: SandboxPerson) -> dict[str, Any]:
    return {"person_id": person.id, "role": person.role, "name": person.name, "name_hi": person.name_hi}


def _shown_right(post: SandboxPost) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in post.right.items()}


def _shown_post(officer: SandboxOfficer) -> dict[str, Any]:
    return {
        "department": officer.department,
        "designation": officer.designation,
        "designation_hi": officer.designation_hi,
        "districts": [officer.district],
    }
