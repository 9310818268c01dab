"""Receipts of consents in the collection `consents`; the events of their ends leave in the same transactions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from identity.adapters.privacy_events import consent_withdrawn
from identity.domain.privacy.consents import Consent, Language
from servicekit.events import Outbox
from servicekit.mongo import Mongo, duplicate_key

Document = dict[str, Any]
CONSENTS = "consents"
IN_FORCE = ("person_id", "notice_id")
INDEXES = {
    CONSENTS: [
        IndexModel(
            [(name, 1) for name in IN_FORCE],
            unique=True,
            partialFilterExpression={"ended_at": None},
            name="one_in_force_for_a_notice",
        ),
        IndexModel([("person_id", 1), ("_id", -1)], name="consents_of_a_person"),
    ],
}


class MongoConsents:
    """The Consents port on MongoDB."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo, self._outbox = mongo, outbox
        self._consents = mongo.db[CONSENTS]

    def give(self, consent: Consent, event_id: str, request_id: str) -> Consent:
        """One transaction; the unique index refuses the second of two at once, who then reads the first."""

        def work(session: ClientSession) -> Consent:
            before = self._consents.find_one(_in_force(consent), session=session)
            earlier = _consent(before) if before else None
            if earlier is not None and earlier.says_the_same_as(consent):
                return earlier
            if earlier is not None:
                replaced = replace(earlier, ended_at=consent.given_at, replaced_by=consent.id)
                self._end(replaced, consent.given_at, event_id, request_id, session)
            self._consents.insert_one(_document(consent), session=session)
            return consent

        try:
            return self._mongo.transact(work)
        except DuplicateKeyError as error:
            if duplicate_key(error) != IN_FORCE:
                raise
            return self._mongo.transact(work)

    def get(self, consent_id: str, person_id: str) -> Consent | None:
        """One read by _id, with whose it is."""
        document = self._consents.find_one({"_id": consent_id, "person_id": person_id})
        return _consent(document) if document else None

    def withdraw(self, consent: Consent, at: datetime, event_id: str, request_id: str) -> None:
        """One transaction."""
        self._mongo.transact(lambda session: self._end(consent, at, event_id, request_id, session))

    def of_person(self, person_id: str) -> Sequence[Consent]:
        """By the index; ids are in order of time."""
        return [_consent(document) for document in self._consents.find({"person_id": person_id}).sort("_id", -1)]

    def _end(self, consent: Consent, at: datetime, event_id: str, request_id: str, session: ClientSession) -> None:
        ended = self._consents.update_one(
            {"_id": consent.id, "ended_at": None},
            {"$set": {"ended_at": at, "replaced_by": consent.replaced_by}},
            session=session,
        )
        if ended.modified_count:
            self._outbox.add(session, consent_withdrawn(consent, at, event_id, request_id))


def _in_force(consent: Consent) -> Document:
    return {"person_id": consent.person_id, "notice_id": consent.notice_id, "ended_at": None}


def _document(consent: Consent) -> Document:
    members = {**vars(consent), "purposes": list(consent.purposes), "language": consent.language.value}
    return {"_id": members.pop("id"), **members}


def _consent(document: Document) -> Consent:
    members = {**document, "id": document["_id"]}
    del members["_id"]
    return Consent(**{**members, "purposes": tuple(members["purposes"]), "language": Language(members["language"])})
