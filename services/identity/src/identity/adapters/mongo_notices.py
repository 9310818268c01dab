"""Notices that wait to be sent, in the collection `notices`, which forgets those that were (TTL)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession

from identity.domain.assistance.notices import SENT_KEPT, Notice, NoticeKind
from identity.domain.centres.invitation import Invitation
from servicekit.mongo import Mongo

Document = dict[str, Any]
NOTICES = "notices"
INDEXES = {
    NOTICES: [
        IndexModel("due_at", name="waiting", partialFilterExpression={"state": "waiting"}),
        IndexModel("sent_at", expireAfterSeconds=int(SENT_KEPT.total_seconds()), name="forget_sent"),
    ],
}


class NoticesWithin:
    """The ports NewNotices and Invitations inside the transaction of `session`."""

    def __init__(self, mongo: Mongo, session: ClientSession) -> None:
        self._notices = mongo.db[NOTICES]
        self._session = session

    def add(self, notices: Sequence[Notice]) -> None:
        """Insert what is not there."""
        self._notices.bulk_write(
            [
                UpdateOne({"_id": notice.id}, {"$setOnInsert": _notice_document(notice)}, upsert=True)
                for notice in notices
            ],
            session=self._session,
        )

    def invite(self, notice_id: str, invitation: Invitation, at: datetime) -> None:
        """A notice like the others."""
        kind = NoticeKind.INVITED
        self.add([Notice(id=notice_id, assistance_id=None, kind=kind, operation=None, at=at, invitation=invitation)])


class MongoNotices:
    """The Notices port on MongoDB."""

    def __init__(self, mongo: Mongo) -> None:
        self._notices = mongo.db[NOTICES]

    def due(self, at: datetime, limit: int) -> Sequence[Notice]:
        """A range of an index."""
        # A later release may have kinds of its own: it sends them.
        kinds = {"$in": [kind.value for kind in NoticeKind]}
        due = {"state": "waiting", "due_at": {"$lte": at}, "kind": kinds}
        waiting = self._notices.find(due).sort("due_at", 1).limit(limit)
        return [
            Notice(
                id=document["_id"],
                assistance_id=document["assistance_id"],
                kind=NoticeKind(document["kind"]),
                operation=document["operation"],
                at=document["at"],
                attempts=document["attempts"],
                invitation=Invitation(**invited) if (invited := document.get("invitation")) else None,
            )
            for document in waiting
        ]

    def sent(self, notice_id: str, at: datetime) -> None:
        """Update by _id."""
        self._notices.update_one({"_id": notice_id}, {"$set": {"state": "sent", "sent_at": at}})

    def failed(self, notice: Notice, due_at: datetime) -> None:
        """Update by _id."""
        self._notices.update_one(
            {"_id": notice.id, "state": "waiting"}, {"$set": {"due_at": due_at}, "$inc": {"attempts": 1}}
        )


def _notice_document(notice: Notice) -> Document:
    members = {**asdict(notice), "kind": notice.kind.value}
    del members["id"]
    return {**members, "state": "waiting", "due_at": notice.at}
