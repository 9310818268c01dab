"""The vault's records in the collection `vault`, and who read them in `vault_readings`, which only ever grows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from identity.domain.vault.identifiers import Kind
from identity.domain.vault.records import Actor, EraseReason, Erasure, Reading, Sealed, VaultRecord
from servicekit.faults import crash_point
from servicekit.mongo import Mongo, duplicate_key
from servicekit.mongo.client import DUPLICATE_KEY_CODE

Document = dict[str, Any]
RECORDS, READINGS = "vault", "vault_readings"
INDEXES = {
    RECORDS: [
        # Sparse: an erased record has none.
        IndexModel("indexes", unique=True, sparse=True, name="one_reference_per_number"),
        IndexModel("sealed.key_id", sparse=True, name="records_of_a_key"),
        IndexModel("owners", sparse=True, name="numbers_of_a_person"),
    ],
    READINGS: [
        IndexModel([("reference", 1), ("ordinal", 1)], unique=True, name="readings_of_a_reference"),
        IndexModel("at", name="readings_by_time"),
    ],
}


class MongoVault:
    """The VaultRecords port on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._records = mongo.db[RECORDS]
        self._readings = mongo.db[READINGS]

    def add(self, record: VaultRecord) -> VaultRecord:
        """One insert; the unique index refuses the second of two at once, who then reads the first."""
        try:
            self._records.insert_one(_document(record))
        except DuplicateKeyError as error:
            earlier = self.of_index(record.indexes) if duplicate_key(error) == ("indexes",) else None
            if earlier is None:
                raise
            return earlier
        return record

    def get(self, reference: str) -> VaultRecord | None:
        """One read by _id."""
        document = self._records.find_one({"_id": reference})
        return vault_record(document) if document else None

    def of_index(self, indexes: Sequence[str]) -> VaultRecord | None:
        """One read by the unique index."""
        document = self._records.find_one({"indexes": {"$in": list(indexes)}})
        return vault_record(document) if document else None

    def add_owner(self, reference: str, person_id: str) -> None:
        """One write."""
        self._records.update_one({"_id": reference, "sealed": {"$exists": True}}, {"$addToSet": {"owners": person_id}})

    def record_reading(self, reading: Reading) -> Reading | None:
        """One transaction: the record's count, which gives the ordinal, and the reading."""

        def count_and_append(session: ClientSession) -> int | None:
            counted = self._records.find_one_and_update(
                {"_id": reading.reference, "sealed": {"$exists": True}},
                {"$inc": {"readings": 1}},
                projection={"readings": 1},
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            if counted is None:
                return None
            crash_point("V1")
            ordinal = int(counted["readings"])
            self._readings.insert_one({**_reading_document(reading), "ordinal": ordinal}, session=session)
            return ordinal

        ordinal = self._mongo.transact(count_and_append)
        return None if ordinal is None else replace(reading, ordinal=ordinal)

    def erase(self, reference: str, erasure: Erasure) -> bool:
        """One write takes ciphertext, wrapped key, indexes and what was masked."""
        changed = self._records.update_one(
            {"_id": reference, "sealed": {"$exists": True}},
            {
                "$unset": {"sealed": True, "indexes": True},
                "$set": {
                    "masked": "",
                    "erasure": {"reason": erasure.reason.value, "person_id": erasure.person_id, "at": erasure.at},
                },
            },
        )
        return changed.modified_count == 1

    def pages(self, size: int) -> Iterator[Sequence[VaultRecord]]:
        """By _id, each page a query of its own: whoever works through them may take hours."""
        last = ""
        while page := [
            vault_record(document)
            for document in self._records.find({"_id": {"$gt": last}, "sealed": {"$exists": True}})
            .sort("_id", ASCENDING)
            .limit(size)
        ]:
            yield page
            last = page[-1].reference

    def reseal(self, changes: Sequence[tuple[VaultRecord, Sealed]]) -> int:
        """One bulk of updates, each of what was read only: what is erased meanwhile stays erased."""
        if not changes:
            return 0
        updates = [
            UpdateOne(
                {"_id": record.reference, "sealed.ciphertext": record.sealed and record.sealed.ciphertext},
                {"$set": {"sealed": _sealed_document(sealed)}},
            )
            for record, sealed in changes
        ]
        return self._records.bulk_write(updates, ordered=False).modified_count

    def reindex(self, changes: Sequence[tuple[VaultRecord, tuple[str, ...]]]) -> list[str]:
        """One bulk of updates, each of what was read only; the unique index names the ones that clash."""
        if not changes:
            return []
        updates = [
            UpdateOne({"_id": record.reference, "indexes": list(record.indexes)}, {"$set": {"indexes": list(indexes)}})
            for record, indexes in changes
        ]
        try:
            self._records.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if any(failure["code"] != DUPLICATE_KEY_CODE for failure in failures):
                raise
            return [changes[failure["index"]][0].reference for failure in failures]
        return []

    def count_by_key(self) -> Mapping[str, int]:
        """Two aggregations: wrapping keys by an index, index keys by a walk through all of it."""
        closed: list[Document] = [
            {"$match": {"sealed": {"$exists": True}}},
            {"$group": {"_id": "$sealed.key_id", "records": {"$sum": 1}}},
        ]
        indexed: list[Document] = [
            {"$match": {"indexes": {"$exists": True}}},
            {"$unwind": "$indexes"},
            {"$group": {"_id": {"$first": {"$split": ["$indexes", ":"]}}, "records": {"$sum": 1}}},
        ]
        return {
            row["_id"]: row["records"] for pipeline in (closed, indexed) for row in self._records.aggregate(pipeline)
        }

    def readings(self, reference: str, after: int, limit: int) -> Sequence[Reading]:
        """One read by the unique index."""
        of_reference = {"reference": reference, "ordinal": {"$gt": after}}
        return [_reading(row) for row in self._readings.find(of_reference).sort("ordinal", ASCENDING).limit(limit)]

    def readings_between(self, since: datetime, until: datetime) -> Iterator[Reading]:
        """By the index on the instant."""
        for row in self._readings.find({"at": {"$gte": since, "$lt": until}}).sort("at", ASCENDING):
            yield _reading(row)

    def miscounted(self) -> Sequence[str]:
        """Compares the counts of all records with the readings; readings without a record count as well."""
        kept: dict[str, tuple[int, int]] = {
            row["_id"]: (row["count"], row["highest"])
            for row in self._readings.aggregate(
                [{"$group": {"_id": "$reference", "count": {"$sum": 1}, "highest": {"$max": "$ordinal"}}}]
            )
        }
        counted = {
            row["_id"]: int(row["readings"]) for row in self._records.find({"readings": {"$gt": 0}}, {"readings": 1})
        }
        return sorted(
            reference
            for reference in kept.keys() | counted.keys()
            if kept.get(reference) != (counted.get(reference, 0), counted.get(reference, 0))
        )


def _document(record: VaultRecord) -> Document:
    assert record.sealed is not None, "only what is sealed is stored"
    return {
        "_id": record.reference,
        "kind": record.kind.value,
        "masked": record.masked,
        "sealed": _sealed_document(record.sealed),
        "indexes": list(record.indexes),
        "stored_by": vars(record.stored_by),
        "stored_at": record.stored_at,
        "readings": record.readings,
    }


def _sealed_document(sealed: Sealed) -> Document:
    return {"key_id": sealed.key_id, "wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext}


def vault_record(document: Document) -> VaultRecord:
    """A record as it was stored."""
    sealed, erasure = document.get("sealed"), document.get("erasure")
    return VaultRecord(
        reference=document["_id"],
        kind=Kind(document["kind"]),
        masked=document["masked"],
        sealed=Sealed(**sealed) if sealed else None,
        indexes=tuple(document.get("indexes", ())),
        stored_by=Actor(**document["stored_by"]),
        stored_at=document["stored_at"],
        readings=int(document["readings"]),
        erasure=Erasure(**{**erasure, "reason": EraseReason(erasure["reason"])}) if erasure else None,
        owners=frozenset(document.get("owners", ())),
    )


def _reading_document(reading: Reading) -> Document:
    return {
        "_id": reading.reading_id,
        "reference": reading.reference,
        "purpose": reading.purpose,
        "actor": vars(reading.actor),
        "at": reading.at,
    }


def _reading(row: Document) -> Reading:
    return Reading(
        reading_id=row["_id"],
        reference=row["reference"],
        ordinal=int(row["ordinal"]),
        purpose=row["purpose"],
        actor=Actor(**row["actor"]),
        at=row["at"],
    )
