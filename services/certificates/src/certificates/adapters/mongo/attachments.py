"""Attachments, the pieces of those that arrive, links, and who was given one, in MongoDB."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from certificates.adapters.attachments.aes_siv_sealing import kid_of
from certificates.application.applications.ports import AttachmentTaken
from certificates.domain.attachments.attachment import LINK_LIFETIME, Attachment, MediaType, Refusal, State
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

ATTACHMENTS = "attachments"
PIECES = "attachment_pieces"
LINKS = "attachment_links"
READINGS = "attachment_readings"

INDEXES = {
    ATTACHMENTS: [
        IndexModel([("application_id", ASCENDING), ("code", ASCENDING)], name="of_an_application"),
        IndexModel([("expires_at", ASCENDING)], name="unused"),
        IndexModel([("kiosk_id", ASCENDING), ("application_id", ASCENDING)], name="of_a_kiosk"),
        IndexModel([("kid", ASCENDING)], name="sealed_by"),
    ],
    PIECES: [
        IndexModel([("attachment_id", ASCENDING), ("number", ASCENDING)], name="one_piece_per_number", unique=True),
        IndexModel([("expires_at", ASCENDING)], name="forget_expired_pieces", expireAfterSeconds=0),
    ],
    LINKS: [IndexModel([("expires_at", ASCENDING)], name="forget_expired_links", expireAfterSeconds=0)],
    READINGS: [IndexModel([("attachment_id", ASCENDING), ("at", ASCENDING)], name="of_an_attachment")],
}


class MongoAttachments:
    """Implements application.attachments.ports.Attachments. Threads may share it."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._attachments = mongo.db[ATTACHMENTS]
        self._pieces = mongo.db[PIECES]
        self._idempotency = Idempotency(mongo)

    def once(self, claim: Claim, attachment: Attachment) -> Once[str]:
        """One transaction; see the port."""
        return self._idempotency.once(
            claim,
            attachment.id,
            lambda session: self._attachments.insert_one(_to_document(attachment), session=session),
        )

    def get(self, attachment_id: str) -> Attachment | None:
        """One read by _id."""
        document = self._attachments.find_one({"_id": attachment_id})
        return _from_document(document) if document else None

    def of_application(self, application_id: str) -> Sequence[Attachment]:
        """One read by an index."""
        documents = self._attachments.find({"application_id": application_id}).sort("code", ASCENDING)
        return [_from_document(document) for document in documents]

    def unused_of(self, kiosk_id: str, most: int) -> int:
        """A count in an index, up to `most`."""
        return self._attachments.count_documents({"kiosk_id": kiosk_id, "application_id": None}, limit=most)

    def put_piece(self, attachment: Attachment, number: int, sealed: bytes) -> bool:
        """Written before the state is looked at: of a piece that came too late nothing is left."""
        place = {"attachment_id": attachment.id, "number": number}
        self._pieces.update_one(place, {"$set": {"content": sealed, "expires_at": attachment.expires_at}}, upsert=True)
        current = self._attachments.find_one({"_id": attachment.id}, {"state": True})
        if current is not None and current["state"] == State.RECEIVING.value:
            return True
        self._pieces.delete_one(place)
        return False

    def received(self, attachment_id: str) -> frozenset[int]:
        """Read from the index alone."""
        documents = self._pieces.find({"attachment_id": attachment_id}, {"_id": False, "number": True})
        return frozenset(piece["number"] for piece in documents)

    def pieces(self, attachment_id: str) -> Sequence[bytes]:
        """In the order of their numbers."""
        documents = self._pieces.find({"attachment_id": attachment_id}, {"content": True}).sort("number", ASCENDING)
        return [bytes(piece["content"]) for piece in documents]

    def begin_again(self, attachment_id: str) -> None:
        """See the port."""
        self._pieces.delete_many({"attachment_id": attachment_id})
        self.give_back(attachment_id)

    def take(self, attachment_id: str, at: datetime, until: datetime) -> bool:
        """Compare-and-set on who has it."""
        taken = self._attachments.update_one(
            {
                "_id": attachment_id,
                "state": State.RECEIVING.value,
                "$or": [{"taken_until": None}, {"taken_until": {"$lte": at}}],
            },
            {"$set": {"taken_until": until}},
        )
        return taken.matched_count == 1

    def give_back(self, attachment_id: str) -> None:
        """See the port."""
        self._attachments.update_one({"_id": attachment_id}, {"$set": {"taken_until": None}})

    def settle(self, attachment: Attachment) -> None:
        """Compare-and-set on the state, with the pieces in one transaction."""

        def run(session: ClientSession) -> None:
            settled = self._attachments.update_one(
                {"_id": attachment.id, "state": State.RECEIVING.value},
                {
                    "$set": {
                        "state": attachment.state.value,
                        "refused": attachment.refused and attachment.refused.value,
                        "stored_bytes": attachment.stored_bytes,
                        "taken_until": None,
                    }
                },
                session=session,
            )
            if settled.matched_count:
                self._pieces.delete_many({"attachment_id": attachment.id}, session=session)

        self._mongo.transact(run)

    def expired(self, at: datetime, limit: int) -> Sequence[Attachment]:
        """In the order in which they expired."""
        documents = self._attachments.find({"expires_at": {"$lte": at}}).sort("expires_at", ASCENDING).limit(limit)
        return [_from_document(document) for document in documents]

    def doom(self, attachment_id: str, at: datetime) -> bool:
        """Compare-and-set: who took it has set `expires_at` to None."""
        doomed = self._attachments.update_one(
            {"_id": attachment_id, "expires_at": {"$lte": at}}, {"$set": {"doomed": True}}
        )
        return doomed.matched_count == 1

    def remove(self, attachment_id: str) -> None:
        """The record last."""
        self._pieces.delete_many({"attachment_id": attachment_id})
        self._attachments.delete_one({"_id": attachment_id, "doomed": True})

    def under_other_keys(self, kid: str, limit: int) -> Sequence[Attachment]:
        """By the index of keys."""
        documents = self._attachments.find({"kid": {"$ne": kid}}).limit(limit)
        return [_from_document(document) for document in documents]

    def reseal(self, attachment: Attachment, sealed_key: str) -> None:
        """Compare-and-set on the sealed key."""
        self._attachments.update_one(
            {"_id": attachment.id, "sealed_key": attachment.sealed_key},
            {"$set": {"sealed_key": sealed_key, "kid": kid_of(sealed_key)}},
        )

    def note_link(self, link_hash: bytes, attachment: Attachment, reader: tuple[str, str | None], at: datetime) -> None:
        """Both in one transaction: no link without its reading."""
        client_id, person_id = reader
        link = {"_id": link_hash, "attachment_id": attachment.id, "expires_at": at + LINK_LIFETIME}
        reading = {
            "attachment_id": attachment.id,
            "application_id": attachment.application_id,
            "at": at,
            "client_id": client_id,
            "person_id": person_id,
        }

        def run(session: ClientSession) -> None:
            self._mongo.db[LINKS].insert_one(link, session=session)
            self._mongo.db[READINGS].insert_one(dict(reading), session=session)

        self._mongo.transact(run)

    def by_link(self, link_hash: bytes, at: datetime) -> Attachment | None:
        """MongoDB deletes ended links about once a minute; until then the time decides."""
        link = self._mongo.db[LINKS].find_one({"_id": link_hash, "expires_at": {"$gt": at}})
        return self.get(link["attachment_id"]) if link else None


def attach(
    db: Any, session: ClientSession, *, attachment_id: str, application_id: str, code: str, at: datetime
) -> None:
    """Gives a ready attachment to an application, in its transaction. Raises AttachmentTaken."""
    attached = db[ATTACHMENTS].update_one(
        {
            "_id": attachment_id,
            "state": State.READY.value,
            "application_id": None,
            "expires_at": {"$gt": at},
            "doomed": {"$ne": True},
        },
        {"$set": {"application_id": application_id, "code": code, "expires_at": None}},
        session=session,
    )
    if attached.matched_count == 0:
        raise AttachmentTaken(attachment_id)


def _to_document(attachment: Attachment) -> dict[str, Any]:
    return {
        "_id": attachment.id,
        "client_id": attachment.client_id,
        "kiosk_id": attachment.kiosk_id,
        "person_id": attachment.person_id,
        "media_type": attachment.media_type.value,
        "size_bytes": Int64(attachment.size_bytes),
        "sha256": attachment.sha256,
        "piece_bytes": attachment.piece_bytes,
        "sealed_key": attachment.sealed_key,
        "kid": kid_of(attachment.sealed_key),
        "state": attachment.state.value,
        "created_at": attachment.created_at,
        "expires_at": attachment.expires_at,
        "stored_bytes": attachment.stored_bytes,
        "refused": None,
        "application_id": attachment.application_id,
        "code": attachment.code,
    }


_PLAIN = {field.name for field in fields(Attachment)} - {"id", "media_type", "state", "refused", "size_bytes"}


def _from_document(document: dict[str, Any]) -> Attachment:
    refused = document.get("refused")
    return Attachment(
        id=document["_id"],
        media_type=MediaType(document["media_type"]),
        state=State(document["state"]),
        refused=Refusal(refused) if refused else None,
        size_bytes=int(document["size_bytes"]),
        **{name: document[name] for name in _PLAIN},
    )
