"""Payments in doubt, in MongoDB: by an index of them alone, which an ordinary payment never touches."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.adapters.events import doubt_event
from billing.adapters.mongo.documents import PAYMENTS, Document
from billing.application.doubts.ports import Doubt, InDoubt
from billing.domain.doubts.limits import WARNED_IN_LAST
from billing.domain.payments.payment import State
from servicekit.events import Outbox
from servicekit.mongo import Mongo

IN_DOUBT = sorted(state.value for state in (State.AUTH_UNKNOWN, State.POST_UNKNOWN, State.MANUAL))
INDEXES = {
    PAYMENTS: [
        IndexModel(
            [("biller_id", 1), ("mode", 1), ("deadline_at", 1), ("created_at", 1)],
            name="in_doubt",
            partialFilterExpression={"state": {"$in": IN_DOUBT}},
        ),
    ],
}


class MongoDoubts:
    """Implements application.doubts.ports.Doubts."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._outbox = outbox
        self._payments = mongo.db[PAYMENTS]

    def in_doubt(self, at: datetime) -> Sequence[InDoubt]:
        late = {"$cond": [{"$gte": [at, "$deadline_at"]}, 1, 0]}
        pipeline: list[Document] = [
            {"$match": {"state": {"$in": IN_DOUBT}, "biller_id": {"$gt": ""}}},
            {
                "$group": {
                    "_id": {"biller_id": "$biller_id", "mode": "$mode"},
                    "count": {"$sum": 1},
                    "late": {"$sum": late},
                    "oldest_at": {"$min": "$created_at"},
                }
            },
        ]
        return [
            InDoubt(row["_id"]["biller_id"], row["_id"]["mode"], row["count"], row["late"], row["oldest_at"])
            for row in self._payments.aggregate(pipeline, hint="in_doubt")
        ]

    def next_near(self, at: datetime) -> Doubt | None:
        limit = {"$subtract": ["$deadline_at", "$created_at"]}
        near = {"$gte": [at, {"$subtract": ["$deadline_at", {"$divide": [limit, WARNED_IN_LAST]}]}]}
        query: Document = {
            "state": {"$in": IN_DOUBT},
            "biller_id": {"$gt": ""},
            "warned_of_doubt": {"$exists": False},
            "$expr": near,
        }
        document = self._payments.find_one(query, hint="in_doubt")
        if document is None:
            return None
        return Doubt(
            payment_id=document["_id"],
            kiosk_id=document["kiosk_id"],
            district_code=document.get("district_code"),
            biller_id=document["biller_id"],
            mode=document["mode"],
            request_id=document["request_id"],
            began_at=document["created_at"],
            deadline_at=document["deadline_at"],
        )

    def warn(self, doubt: Doubt, event_id: str, at: datetime) -> bool:
        told = False

        def write(session: ClientSession) -> None:
            nonlocal told
            # No move of the payment: neither its version nor the count of its events changes.
            warned = self._payments.update_one(
                {"_id": doubt.payment_id, "state": {"$in": IN_DOUBT}, "warned_of_doubt": {"$exists": False}},
                {"$set": {"warned_of_doubt": at}},
                session=session,
            )
            told = warned.matched_count == 1
            if told:
                self._outbox.add(session, doubt_event(doubt, event_id, at))

        self._mongo.transact(write)
        return told
