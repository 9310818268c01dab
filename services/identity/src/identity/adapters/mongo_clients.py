"""Clients in the collection `clients`, one document each, keyed by client id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from identity.application.clients.errors import ClientExists
from identity.domain.clients.client import ActingPerson, Algorithm, Client, ClientKind, ClientStatus, EarlierSecret

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

    def replace_secret(self, client_id: str, secret_sha256: str, earlier_until: datetime) -> bool:
        """One update by a pipeline: of two at once, either's secret is the present or the earlier one."""
        changed = self._clients.update_one(
            {"_id": client_id, "status": ClientStatus.ACTIVE.value},
            [
                {
                    "$set": {
                        "secret_sha256": secret_sha256,
                        "earlier_secret": {"sha256": "$secret_sha256", "until": earlier_until},
                    }
                }
            ],
        )
        return changed.matched_count == 1

    def revoke(self, client_id: str) -> bool:
        """Set the status; true when the client exists, revoked before or not."""
        changed = self._clients.update_one({"_id": client_id}, {"$set": {"status": ClientStatus.REVOKED.value}})
        return changed.matched_count == 1


def _upsert(client: Client) -> UpdateOne:
    document = _document(client)
    created_at = document.pop("created_at")
    change = {"$set": document, "$setOnInsert": {"created_at": created_at}, "$unset": {"earlier_secret": True}}
    return UpdateOne({"_id": document.pop("_id")}, change, upsert=True)


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
    if client.id_token_algorithm is not Algorithm.EDDSA:
        document["id_token_algorithm"] = client.id_token_algorithm.value
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
    person, earlier = document["person"], document.get("earlier_secret")
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
        id_token_algorithm=Algorithm(document.get("id_token_algorithm", Algorithm.EDDSA)),
        earlier_secret=earlier and EarlierSecret(**earlier),
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
