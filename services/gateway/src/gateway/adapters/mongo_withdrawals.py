"""Access that was taken back, in MongoDB: one document per centre, client, right, sign-in or token, gone
when no token can be left of it.

`{_id: its id, why, since, until, reason, lifted, noted_at, forget_at}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database

from gateway.adapters.mongo_route_register import in_time
from gateway.application.withdrawals import Why, Withdrawal

COLLECTION = "withdrawals"
INDEXES = {
    COLLECTION: [
        IndexModel([("noted_at", ASCENDING)], name="newest"),
        IndexModel([("forget_at", ASCENDING)], name="forget", expireAfterSeconds=0),
    ]
}


class MongoWithdrawals:
    """Implements application.ports.Withdrawals."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._withdrawals = db[COLLECTION]

    def noted_since(self, instant: datetime) -> Sequence[Withdrawal]:
        """As the port says; within a second."""
        with in_time():
            return [_withdrawal(document) for document in self._withdrawals.find({"noted_at": {"$gte": instant}})]

    def keep(self, session: ClientSession, withdrawal: Withdrawal, noted_at: datetime) -> None:
        """Keeps all that was told, in the session's transaction."""
        self._withdrawals.replace_one(
            {"_id": withdrawal.of}, _document(withdrawal, noted_at), upsert=True, session=session
        )


@dataclass(frozen=True)
class WithdrawalsWithin:
    """Implements application.ports.WithdrawalsTold inside the transaction of `session`."""

    withdrawals: MongoWithdrawals
    session: ClientSession

    def keep(self, withdrawal: Withdrawal, noted_at: datetime) -> None:
        self.withdrawals.keep(self.session, withdrawal, noted_at)


def _document(withdrawal: Withdrawal, noted_at: datetime) -> dict[str, Any]:
    return {
        "_id": withdrawal.of,
        "why": withdrawal.why.value,
        "since": withdrawal.since,
        "until": withdrawal.until,
        "reason": withdrawal.reason,
        "lifted": withdrawal.lifted,
        "noted_at": noted_at,
        "forget_at": withdrawal.forget_at(noted_at),
    }


def _why(kept: str) -> Why:
    """A later release may have words of its own: what it took back is refused here too."""
    try:
        return Why(kept)
    except ValueError:
        return Why.SIGN_IN_ENDED


def _withdrawal(document: Mapping[str, Any]) -> Withdrawal:
    return Withdrawal(
        of=document["_id"],
        why=_why(document["why"]),
        since=document["since"],
        until=document["until"],
        reason=document["reason"],
        lifted=document["lifted"],
    )
