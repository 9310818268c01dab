"""Clients in the collection `clients`, one document each, keyed by client id."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from identity.application.clients.errors import ClientExists
from identity.domain.clients.client import ActingPerson, Algorithm, Client, ClientKind, ClientStatus, EarlierSecret
from identity.domain.clients.client_secrets import NO_SECRET_SHA256

Document = dict[str, Any]
CLIENTS = "clients"
INDEXES = {
    CLIENTS: [
        IndexModel("kiosk_id", name="clients_of_a_kiosk", partialFilterExpression={"kiosk_id": {"$type": "string"}})
    ]
}


class MongoClients:
    """The Clients and CentresClients ports on MongoDB; with a `session`, inside its transaction."""

    def __init__(self, db: Database[Document], session: ClientSession | None = None) -> None:
        self._clients: Collection[Document] = db[CLIENTS]
        self._session = session

    def get(self, client_id: str) -> Client | None:
        """One read by _id."""
        document = self._clients.find_one({"_id": client_id}, session=self._session)
        return _client(document) if document else None

    def add(self, client: Client) -> None:
        """Insert; the _id index refuses a second one."""
        try:
            self._clients.insert_one(_document(client), session=self._session)
        except DuplicateKeyError as error:  # _id is the collection's only unique index
            raise ClientExists(f"A client with the id {client.id} already exists.") from error

    def put(self, clients: Sequence[Client]) -> None:
        """Upsert everything but `created_at`, in one call."""
        self._clients.bulk_write([_upsert(client) for client in clients])

    def of_kiosk(self, kiosk_id: str) -> Sequence[Client]:
        """One indexed read."""
        return [
            _client(document)
            for document in self._clients.find({"kiosk_id": kiosk_id}, session=self._session).sort("_id")
        ]

    def claim(self, client_id: str, public_keys: Sequence[Mapping[str, Any]]) -> None:
        """Compare and set."""
        waiting = {
            "_id": client_id,
            "status": ClientStatus.ACTIVE.value,
            "secret_sha256": NO_SECRET_SHA256,
            "public_keys": {"$exists": False},
        }
        self._clients.update_one(waiting, {"$set": {"public_keys": [dict(key) for key in public_keys]}})

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
