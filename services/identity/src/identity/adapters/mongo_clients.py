"""Clients in the collection `clients`, one document each, keyed by client id."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from identity.application.clients.errors import ClientExists
from identity.domain.clients.client import ActingPerson, Client, ClientKind, ClientStatus

Document = dict[str, Any]


class MongoClients:
    """The Clients port on MongoDB."""

    def __init__(self, db: Database[Document]) -> None:
        self._clients: Collection[Document] = db["clients"]

    def get(self, client_id: str) -> Client | None:
        """One read by _id."""
        document = self._clients.find_one({"_id": client_id})
        return _client(document) if document else None

    def add(self, client: Client) -> None:
        """Insert; the _id index refuses a second one."""
        try:
            self._clients.insert_one(_document(client))
        except DuplicateKeyError as error:  # _id is the collection's only unique index
            raise ClientExists(f"A client with the id {client.id} already exists.") from error

    def put(self, clients: Sequence[Client]) -> None:
        """Upsert everything but `created_at`, in one call."""
        self._clients.bulk_write([_upsert(client) for client in clients])

    def revoke(self, client_id: str) -> bool:
        """Set the status; true when the client exists, revoked before or not."""
        changed = self._clients.update_one({"_id": client_id}, {"$set": {"status": ClientStatus.REVOKED.value}})
        return changed.matched_count == 1


def _upsert(client: Client) -> UpdateOne:
    document = _document(client)
    created_at = document.pop("created_at")
    return UpdateOne(
        {"_id": document.pop("_id")}, {"$set": document, "$setOnInsert": {"created_at": created_at}}, upsert=True
    )


def _document(client: Client) -> Document:
    document: Document = {
        "_id": client.id,
        "name": client.name,
        "kind": client.kind.value,
        "secret_sha256": client.secret_sha256,
        "scopes": sorted(client.scopes),
        "kiosk_id": client.kiosk_id,
        "person": client.person and _person_document(client.person),
        "status": client.status.value,
        "created_at": client.created_at,
    }
    if client.redirect_uris:
        document["redirect_uris"] = sorted(client.redirect_uris)
    if client.public_keys:
        document["public_keys"] = list(client.public_keys)
    return document


def _person_document(person: ActingPerson) -> Document:
    document: Document = {
        "id": person.id,
        "role": person.role,
        "department": person.department,
        "designation": person.designation,
        "districts": sorted(person.districts),
    }
    # Only where it is known: the release before this one cannot read a person that has the member.
    if person.designation_hi is not None:
        document["designation_hi"] = person.designation_hi
    return document


def _client(document: Document) -> Client:
    person = document["person"]
    return Client(
        id=document["_id"],
        name=document["name"],
        kind=ClientKind(document["kind"]),
        secret_sha256=document["secret_sha256"],
        scopes=frozenset(document["scopes"]),
        kiosk_id=document["kiosk_id"],
        person=person and _person(person),
        redirect_uris=frozenset(document.get("redirect_uris", ())),
        public_keys=tuple(document.get("public_keys", ())),
        status=ClientStatus(document["status"]),
        created_at=document["created_at"],
    )


def _person(document: Document) -> ActingPerson:
    return ActingPerson(
        id=document["id"],
        role=document["role"],
        department=document["department"],
        designation=document["designation"],
        designation_hi=document.get("designation_hi"),
        districts=frozenset(document["districts"]),
    )
