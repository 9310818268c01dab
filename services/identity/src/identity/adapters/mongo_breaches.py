"""The register of breaches in `breaches`; what was told to whom in `breach_notices`, which holds ids alone."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from prometheus_client import Gauge
from pymongo import IndexModel
from pymongo.errors import BulkWriteError

from identity.adapters.mongo_vault import READINGS, RECORDS
from identity.domain.privacy.breaches import Affected, Breach, BreachNotice, Intimation, Nature, Selection
from identity.domain.privacy.notices import Words
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo
from servicekit.mongo.client import DUPLICATE_KEY_CODE
from servicekit.observability.logging import redacted

Document = dict[str, Any]
log = structlog.get_logger(__name__)
BREACHES, NOTICES = "breaches", "breach_notices"
INDEXES = {
    BREACHES: [IndexModel("persons_told_at", name="breaches_to_tell")],
    NOTICES: [IndexModel([("person_id", 1), ("_id", -1)], name="notices_of_a_person")],
}
TEXTS = ("what_happened", "consequences", "measures", "safety", "contact")
AT_ONCE = 1_000
_TOLD = {
    Intimation.FIRST: "first_told_at",
    Intimation.DETAILED: "detailed_told_at",
    Intimation.EXTENSION: "extended_until",
}
_OVERDUE = Gauge(
    "emitra_identity_breaches_overdue",
    "Breaches of which the Data Protection Board lacks the details after their time.",
)


class MongoBreaches:
    """The Breaches port on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db
        self._breaches, self._notices = mongo.db[BREACHES], mongo.db[NOTICES]
        self._idempotency = Idempotency(mongo)

    def record(self, breach: Breach, claim: Claim) -> Once[str]:
        """Claim and entry in one transaction."""
        document = _document(breach)
        return self._idempotency.once(
            claim, breach.id, lambda session: self._breaches.insert_one(document, session=session)
        )

    def get(self, breach_id: str) -> Breach | None:
        """One read by _id."""
        document = self._breaches.find_one({"_id": breach_id})
        return _breach(document) if document else None

    def all(self) -> Sequence[Breach]:
        """The whole collection: a register of rare things."""
        return [_breach(document) for document in self._breaches.find().sort("_id", -1)]

    def intimate(self, breach_id: str, what: Intimation, at: datetime) -> bool:
        """Set unless it was; an extension may be made again."""
        name = _TOLD[what]
        unless_set = {} if what is Intimation.EXTENSION else {name: None}
        return self._breaches.update_one({"_id": breach_id, **unless_set}, {"$set": {name: at}}).matched_count == 1

    def untold(self) -> Sequence[Breach]:
        """By the index."""
        return [_breach(document) for document in self._breaches.find({"persons_told_at": None}).sort("_id")]

    def tell_everybody_affected(self, breach: Breach, at: datetime) -> int:
        """Inserts by an _id of breach and person: what was told before is there, and stays as it is."""
        notices_to_make = (
            {"_id": f"{breach.id}:{person_id}", "breach_id": breach.id, "person_id": person_id, "at": at}
            for person_id in self._affected(breach)
        )
        while notices := list(islice(notices_to_make, AT_ONCE)):
            try:
                self._notices.insert_many(notices, ordered=False)
            except BulkWriteError as error:
                if any(refusal["code"] != DUPLICATE_KEY_CODE for refusal in error.details["writeErrors"]):
                    raise
        begins = {"$gte": f"{breach.id}:", "$lt": f"{breach.id};"}  # the sign after the colon
        return self._notices.count_documents({"_id": begins})

    def told(self, breach_id: str, at: datetime, persons: int) -> None:
        """Set once."""
        self._breaches.update_one(
            {"_id": breach_id, "persons_told_at": None}, {"$set": {"persons_told_at": at, "persons": persons}}
        )

    def notices_of(self, person_id: str) -> Sequence[tuple[BreachNotice, Breach]]:
        """By the index; ids begin with the breach, which is in order of time."""
        rows = list(self._notices.find({"person_id": person_id}).sort("_id", -1))
        register = {
            document["_id"]: _breach(document)
            for document in self._breaches.find({"_id": {"$in": [row["breach_id"] for row in rows]}})
        }
        return [
            (BreachNotice(breach_id=row["breach_id"], person_id=person_id, at=row["at"]), register[row["breach_id"]])
            for row in rows
        ]

    def _affected(self, breach: Breach) -> Iterator[str]:
        """Whom it concerns, some perhaps twice. Who was erased has no account in which to read it."""
        selection = breach.selection
        match selection.affected:
            case Affected.EVERYBODY:
                rows = self._db["people"].find({"erased_at": {"$exists": False}}, {"_id": True})
                yield from (row["_id"] for row in rows)
            case Affected.OWNERS_OF_NUMBERS:
                query = {"kind": selection.value, "sealed": {"$exists": True}, "owners": {"$exists": True}}
                for row in self._db[RECORDS].find(query, {"owners": True}):
                    yield from row["owners"]
            case Affected.READ_BY_CLIENT:
                yield from self._owners_of_what_was_read(selection.value, breach.began_at, breach.ended_at)

    def _owners_of_what_was_read(self, client_id: str, since: datetime, until: datetime) -> Iterator[str]:
        read = {"actor.client_id": client_id, "at": {"$gte": since, "$lte": until}}
        pipeline: list[Document] = [
            {"$match": read},
            {"$group": {"_id": "$reference"}},
            {"$lookup": {"from": RECORDS, "localField": "_id", "foreignField": "_id", "as": "record"}},
            {"$unwind": "$record"},
            {"$unwind": "$record.owners"},
        ]
        for row in self._db[READINGS].aggregate(pipeline, allowDiskUse=True):
            yield row["record"]["owners"]


def has_number(text: str) -> bool:
    """Whether it holds what the logs would black out: a number of a person, or a token."""
    return redacted(text) != text


def tell_overdue(breaches: Sequence[Breach]) -> None:
    """The metric that an alarm hangs on, and a line for each."""
    _OVERDUE.set(len(breaches))
    for breach in breaches:
        log.warning("breach_details_overdue", breach_id=breach.id, due_at=breach.detailed_due_at.isoformat())


def _document(breach: Breach) -> Document:
    members = {**vars(breach), **{name: asdict(getattr(breach, name)) for name in TEXTS}}
    members |= {"nature": breach.nature.value, "selection": {**vars(breach.selection)}}
    members["selection"]["affected"] = breach.selection.affected.value
    return {"_id": members.pop("id"), **members}


def _breach(document: Document) -> Breach:
    members = {**document, **{name: Words(**document[name]) for name in TEXTS}, "id": document["_id"]}
    del members["_id"]
    selection = members["selection"]
    return Breach(
        **{
            **members,
            "nature": Nature(members["nature"]),
            "selection": Selection(affected=Affected(selection["affected"]), value=selection["value"]),
        }
    )
