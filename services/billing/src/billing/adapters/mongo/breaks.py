"""Breaks in MongoDB: what is in the hands of people, written in the transaction that finds the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.domain.breaks.ending import Ending, Proposal, StoredBreak
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from servicekit.mongo import Mongo

BREAKS = "breaks"
INDEXES = {
    BREAKS: [
        IndexModel([("status", 1), ("due_at", 1)], name="open_breaks_by_due_time"),
        IndexModel([("payment_id", 1)], name="breaks_of_a_payment"),
    ]
}


class BreakMoved(Exception):
    """A break is no longer open with the proposal that was approved."""


class MongoBreaks:
    """Opens, reopens and resolves, each inside a unit of work. Implements application.breaks.ports.StoredBreaks."""

    def __init__(self, mongo: Mongo) -> None:
        self._breaks = mongo.db[BREAKS]

    def resolve(self, session: ClientSession, payment_id: str | None, resolution: Resolution) -> None:
        """Nobody need look any more; of a break that is not open it changes nothing.

        Raises BreakMoved, and the transaction must be undone, where two people end it and it is not as they saw it.
        """
        resolved = self._breaks.update_one(
            {"_id": _id_of(payment_id, resolution), **_still(resolution)}, _resolving(resolution), session=session
        )
        if resolution.proposal_id and resolved.matched_count != 1:
            raise BreakMoved

    def reopen(self, session: ClientSession, opened: Break) -> None:
        """Opens a break again that was resolved; of any other it changes nothing.

        What two people only closed stays closed as long as nothing else is said of it: they know.
        """
        known = {"approved_by": {"$exists": True}, "proposal.ending": Ending.CLOSE.value, "detail": opened.detail}
        self._breaks.update_one(
            {"_id": _id_of(opened.payment_id, opened), "status": "resolved", "$nor": [known]},
            {
                "$set": {"status": "open", "detail": opened.detail, "due_at": opened.due_at},
                "$unset": {"resolved_at": "", "resolved_by": "", "proposal": "", "approved_by": ""},
            },
            session=session,
        )

    def get(self, break_id: str) -> StoredBreak | None:
        document = self._breaks.find_one({"_id": break_id})
        return _break_of(document) if document else None

    def page(self, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[StoredBreak]:
        query: dict[str, Any] = {"status": "open" if is_open else "resolved"}
        if after:
            due_at, break_id = after
            query["$or"] = [{"due_at": {"$gt": due_at}}, {"due_at": due_at, "_id": {"$gt": break_id}}]
        rows = self._breaks.find(query).sort([("due_at", 1), ("_id", 1)]).limit(limit)
        return [_break_of(row) for row in rows]

    def propose(self, break_id: str, proposal: Proposal) -> bool:
        proposed = {
            "proposal_id": proposal.proposal_id,
            "ending": proposal.ending.value,
            "reference": proposal.reference,
            "evidence": proposal.evidence,
            "proposed_by": proposal.proposed_by,
            "proposed_at": proposal.proposed_at,
            "version": proposal.version,
        }
        kept = self._breaks.update_one({"_id": break_id, "status": "open"}, {"$set": {"proposal": proposed}})
        return kept.matched_count == 1

    def is_known(self, session: ClientSession, payment_id: str, kind: BreakKind) -> bool:
        """Whether there is or was a break of this kind of a payment."""
        return self._breaks.find_one({"_id": f"{payment_id}:{kind}"}, {"_id": 1}, session=session) is not None

    def close(self, break_id: str, resolution: Resolution) -> bool:
        closed = self._breaks.update_one({"_id": break_id, **_still(resolution)}, _resolving(resolution))
        return closed.matched_count == 1

    def open(self, session: ClientSession, opened: Break) -> None:
        """Hands a payment to operations; a repeat leaves the first as people have it."""
        self._breaks.update_one(
            {"_id": _id_of(opened.payment_id, opened)},
            {
                "$setOnInsert": {
                    "payment_id": opened.payment_id,
                    **({"refund_id": opened.refund_id} if opened.refund_id else {}),
                    **({"top_up_id": opened.top_up_id} if opened.top_up_id else {}),
                    **({"source": opened.source, "entry_id": opened.entry_id} if opened.source else {}),
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

    def is_known(self, payment_id: str, kind: BreakKind) -> bool:
        return self.breaks.is_known(self.session, payment_id, kind)


def _still(resolution: Resolution) -> dict[str, Any]:
    """A break that can be resolved so."""
    proposal = {"proposal.proposal_id": resolution.proposal_id} if resolution.proposal_id else {}
    return {"status": "open", **proposal}


def _resolving(resolution: Resolution) -> dict[str, Any]:
    approval = {"approved_by": resolution.approved_by} if resolution.approved_by else {}
    return {
        "$set": {
            "status": "resolved",
            "resolved_at": resolution.resolved_at,
            "resolved_by": resolution.resolved_by,
            **approval,
        }
    }


def _break_of(document: dict[str, Any]) -> StoredBreak:
    told = document.get("proposal")
    return StoredBreak(
        break_id=document["_id"],
        kind=BreakKind(document["kind"]),
        payment_id=document["payment_id"],
        refund_id=document.get("refund_id"),
        top_up_id=document.get("top_up_id"),
        detail=document["detail"],
        opened_at=document["opened_at"],
        due_at=document["due_at"],
        owner=document["owner"],
        is_open=document["status"] == "open",
        proposal=Proposal(
            told["proposal_id"],
            Ending(told["ending"]),
            told["reference"],
            told["evidence"],
            told["proposed_by"],
            told["proposed_at"],
            told["version"],
        )
        if told
        else None,
        approved_by=document.get("approved_by"),
        resolved_at=document.get("resolved_at"),
        resolved_by=document.get("resolved_by"),
    )


def _id_of(payment_id: str | None, what: Break | Resolution) -> str:
    return ":".join(filter(None, (payment_id, what.kind, what.refund_id, what.top_up_id)))
