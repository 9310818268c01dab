"""Drafts of applications in MongoDB; their forms are sealed."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession

from certificates.adapters.attachments.aes_siv_sealing import kid_of
from certificates.domain.drafts.draft import Draft
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

DRAFTS = "application_drafts"

INDEXES = {
    DRAFTS: [
        IndexModel([("kiosk_id", ASCENDING), ("_id", DESCENDING)], name="drafts_of_a_kiosk"),
        IndexModel([("person_id", ASCENDING), ("_id", DESCENDING)], name="drafts_of_a_person"),
        IndexModel([("client_id", ASCENDING), ("_id", DESCENDING)], name="drafts_of_a_client"),
        IndexModel([("kid", ASCENDING)], name="drafts_sealed_by"),
        IndexModel([("expires_at", ASCENDING)], name="forget_expired_drafts", expireAfterSeconds=0),
    ]
}


class MongoDrafts:
    """Implements application.drafts.ports.Drafts and application.applications.ports.Drafts. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._drafts = mongo.db[DRAFTS]
        self._idempotency = Idempotency(mongo)

    def once(self, claim: Claim, draft: Draft) -> Once[str]:
        """One transaction; see the port."""
        return self._idempotency.once(
            claim, draft.id, lambda session: self._drafts.insert_one(_to_document(draft), session=session)
        )

    def find(self, claim: Claim) -> Once[str] | None:
        """See the port."""
        return self._idempotency.find(claim)

    def get(self, draft_id: str, at: datetime) -> Draft | None:
        """MongoDB deletes what expired about once a minute; until then the time decides."""
        document = self._drafts.find_one({"_id": draft_id, **_living(at)})
        return _from_document(document) if document else None

    def save(self, draft: Draft) -> bool:
        """Compare-and-set on the version."""
        saved = self._drafts.replace_one({"_id": draft.id, "version": draft.version - 1}, _to_document(draft))
        return saved.matched_count == 1

    def count(self, reach: Reach, at: datetime, most: int) -> int:
        """By the index of the owner."""
        return self._drafts.count_documents({**reach.as_query(), **_living(at)}, limit=most)

    def page(self, reach: Reach, at: datetime, after: str | None, limit: int) -> Sequence[Draft]:
        """Ids are in order of time."""
        query: dict[str, Any] = {**reach.as_query(), **_living(at)}
        if after is not None:
            query["_id"] = {"$lt": after}
        return [_from_document(document) for document in self._drafts.find(query).sort("_id", DESCENDING).limit(limit)]

    def under_other_keys(self, kid: str, limit: int) -> Sequence[Draft]:
        """By the index of keys."""
        return [_from_document(document) for document in self._drafts.find({"kid": {"$ne": kid}}).limit(limit)]

    def reseal(self, draft: Draft, sealed_key: str) -> None:
        """Compare-and-set on the sealed key."""
        self._drafts.update_one(
            {"_id": draft.id, "sealed_key": draft.sealed_key},
            {"$set": {"sealed_key": sealed_key, "kid": kid_of(sealed_key)}},
        )


def drop_draft(db: Any, session: ClientSession, draft_id: str) -> None:
    """Deletes a draft in the transaction in which it becomes an application."""
    db[DRAFTS].delete_one({"_id": draft_id}, session=session)


def _living(at: datetime) -> dict[str, Any]:
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": at}}]}


_PLAIN = [field.name for field in fields(Draft) if field.name not in {"id", "sealed"}]


def _to_document(draft: Draft) -> dict[str, Any]:
    plain = {name: getattr(draft, name) for name in _PLAIN}
    return {"_id": draft.id, **plain, "sealed": Binary(draft.sealed), "kid": kid_of(draft.sealed_key)}


def _from_document(document: dict[str, Any]) -> Draft:
    plain = {name: document[name] for name in _PLAIN}
    return Draft(id=document["_id"], sealed=bytes(document["sealed"]), **plain)
