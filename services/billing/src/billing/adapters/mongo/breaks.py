"""Breaks in MongoDB: payments in the hands of people, written in the transaction that finds the difference."""

from dataclasses import dataclass

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.domain.payments.breaks import Break, Resolution
from servicekit.mongo import Mongo

BREAKS = "breaks"
INDEXES = {BREAKS: [IndexModel([("status", 1), ("due_at", 1)], name="open_breaks_by_due_time")]}


class MongoBreaks:
    """Opens, reopens and resolves, each inside a unit of work."""

    def __init__(self, mongo: Mongo) -> None:
        self._breaks = mongo.db[BREAKS]

    def resolve(self, session: ClientSession, payment_id: str | None, resolution: Resolution) -> None:
        """Nobody need look any more; of a break that is not open it changes nothing."""
        self._breaks.update_one(
            {"_id": _id_of(payment_id, resolution), "status": "open"},
            {
                "$set": {
                    "status": "resolved",
                    "resolved_at": resolution.resolved_at,
                    "resolved_by": resolution.resolved_by,
                }
            },
            session=session,
        )

    def reopen(self, session: ClientSession, opened: Break) -> None:
        """Opens a break again that was resolved; of any other it changes nothing."""
        self._breaks.update_one(
            {"_id": _id_of(opened.payment_id, opened), "status": "resolved"},
            {
                "$set": {"status": "open", "detail": opened.detail, "due_at": opened.due_at},
                "$unset": {"resolved_at": "", "resolved_by": ""},
            },
            session=session,
        )

    def open(self, session: ClientSession, opened: Break) -> None:
        """Hands a payment to operations; a repeat leaves the first as people have it."""
        self._breaks.update_one(
            {"_id": _id_of(opened.payment_id, opened)},
            {
                "$setOnInsert": {
                    "payment_id": opened.payment_id,
                    **({"refund_id": opened.refund_id} if opened.refund_id else {}),
                    **({"top_up_id": opened.top_up_id} if opened.top_up_id else {}),
                    "kind": opened.kind.value,
                    "detail": opened.detail,
                    "opened_at": opened.opened_at,
                    "due_at": opened.due_at,
                    "owner": "operations",
                    "status": "open",
                }
            },
            upsert=True,
            session=session,
        )


@dataclass(frozen=True)
class BreaksWithin:
    """Implements application.payments.ports.Breaks inside the transaction of `session`."""

    breaks: MongoBreaks
    session: ClientSession

    def open(self, opened: Break) -> None:
        self.breaks.open(self.session, opened)


def _id_of(payment_id: str | None, what: Break | Resolution) -> str:
    return ":".join(filter(None, (payment_id, what.kind, what.refund_id, what.top_up_id)))
