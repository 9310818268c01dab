"""The transactions view in MongoDB: one document per token, the events in it.

`{_id: token, kind, reference_id, owner_client_id, kiosk_id?, person_id?, district_code?, pays_for?,
certificate_id?, fee_due?, begun_at?, events: [{id, type, at, sequence, decision?}]}`. `pays_for` is the
application a fee payment is for, `person_id` whose own it is (ERASED: of somebody who is no more), `begun_at` the
instant of the first event: what came before there were these two has neither.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from gateway.application.transactions import Kind, Observation, Position, SeenEvent, Transaction
from servicekit.deadlines import seconds_left

COLLECTION = "transactions"
# In the place of a person who was erased. Unset it would be the app's, which never saw it, and the next event that
# names the person would set it again. No id of a person looks like this.
ERASED = "erased"
INDEXES = {
    COLLECTION: [
        IndexModel([("pays_for", ASCENDING)], name="pays_for", sparse=True),
        IndexModel(
            [("person_id", ASCENDING), ("begun_at", DESCENDING), ("_id", DESCENDING)],
            name="of_a_person",
            partialFilterExpression={"person_id": {"$exists": True}},
        ),
    ]
}

# One indexed read of a small document; longer means that the store is in trouble.
READ_TIMEOUT_SECONDS = 2.0
# A fee is paid once; a few more are attempts that failed.
MOST_FEE_PAYMENTS = 50


class MongoTransactions:
    """The view's store. Reading is bounded by the request's deadline."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._transactions = db[COLLECTION]

    def record(self, session: ClientSession, seen: Sequence[Observation]) -> None:
        """Adds what events tell. Repeats and disorder change nothing: facts are set, events are a set."""
        # In order: two first events of one token would otherwise race to insert it.
        self._transactions.bulk_write([write for one in seen for write in _additions(one)], session=session)

    def find(self, token: str) -> Transaction | None:
        """The transaction with this token, or None when no event of it has arrived."""
        document = self._transactions.find_one({"_id": token}, max_time_ms=_left_ms())
        return None if document is None else _transaction(document)

    def fee_payments(self, application_ids: Sequence[str]) -> Sequence[Transaction]:
        """The payments of these applications' fees, oldest first, at most 50 for each on average."""
        documents = self._transactions.find({"pays_for": {"$in": list(application_ids)}}, max_time_ms=_left_ms())
        most = MOST_FEE_PAYMENTS * len(application_ids)
        return [_transaction(d) for d in documents.sort("reference_id", ASCENDING).limit(most)]

    def of_person(self, person_id: str, before: Position | None, limit: int) -> Sequence[Transaction]:
        """A range of an index."""
        query: dict[str, Any] = {"person_id": person_id}
        if before is not None:
            query["$or"] = [
                {"begun_at": {"$lt": before.begun_at}},
                {"begun_at": before.begun_at, "_id": {"$lt": before.token}},
            ]
        documents = self._transactions.find(query, max_time_ms=_left_ms())
        return [_transaction(d) for d in documents.sort([("begun_at", DESCENDING), ("_id", DESCENDING)]).limit(limit)]


def _additions(seen: Observation) -> Iterator[UpdateOne]:
    facts = {
        "kind": seen.kind.value,
        "reference_id": seen.reference_id,
        "owner_client_id": seen.owner_client_id,
        "kiosk_id": seen.kiosk_id,
        "district_code": seen.district_code,
        "pays_for": seen.pays_for_application_id,
        "certificate_id": seen.certificate_id,
        "fee_due": seen.fee_due,
    }
    event = {
        "id": seen.event.id,
        "type": seen.event.type,
        "at": seen.event.at,
        "sequence": Int64(seen.event.sequence),
        "decision": seen.event.decision,
    }
    added = {
        "$set": _known(facts),
        "$addToSet": {"events": _known(event)},
        # As the events are a set, so is their least instant theirs whatever their order.
        "$min": {"begun_at": seen.event.at},
    }
    yield UpdateOne({"_id": seen.token}, added, upsert=True)
    if seen.person_id is not None:
        # Once: who was erased meanwhile does not come back by an event of later.
        nobodys_yet = {"_id": seen.token, "person_id": {"$exists": False}}
        yield UpdateOne(nobodys_yet, {"$set": {"person_id": seen.person_id}})


@dataclass(frozen=True)
class TransactionsWithin:
    """Implements application.ports.ObservedTransactions inside the transaction of `session`."""

    transactions: MongoTransactions
    session: ClientSession

    def add(self, observations: Sequence[Observation]) -> None:
        self.transactions.record(self.session, observations)


def _left_ms() -> int:
    return int(seconds_left(READ_TIMEOUT_SECONDS) * 1000)


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}


def _transaction(document: Mapping[str, Any]) -> Transaction:
    return Transaction(
        token=document["_id"],
        kind=Kind(document["kind"]),
        reference_id=document["reference_id"],
        owner_client_id=document["owner_client_id"],
        events=tuple(
            SeenEvent(e["id"], e["type"], e["at"], int(e["sequence"]), e.get("decision")) for e in document["events"]
        ),
        kiosk_id=document.get("kiosk_id"),
        district_code=document.get("district_code"),
        pays_for_application_id=document.get("pays_for"),
        certificate_id=document.get("certificate_id"),
        fee_due=document.get("fee_due"),
        person_id=document.get("person_id"),
    )
