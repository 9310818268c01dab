"""Top-ups in MongoDB, each move with its entry, event and break."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bson import Int64
from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from billing.adapters.events import topped_up_event
from billing.adapters.mongo.breaks import BreakMoved, MongoBreaks
from billing.adapters.mongo.documents import Document
from billing.adapters.mongo.ledger import MongoLedger
from billing.application.wallets.errors import WalletNotOpen
from billing.domain.top_ups.saga import TopUpChange
from billing.domain.top_ups.top_up import TopUp, TopUpMove, TopUpState
from servicekit.errors import DependencyUnavailable
from servicekit.events import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

TOP_UPS = "top_ups"
INDEXES = {
    TOP_UPS: [
        IndexModel([("kiosk_id", 1), ("created_at", -1), ("_id", -1)], name="top_ups_of_a_centre"),
        IndexModel(
            [("resume_at", 1)],
            name="top_ups_to_resume",
            partialFilterExpression={"resume_at": {"$type": "date"}},
        ),
    ],
}


class TopUpMoved(Exception):
    """A top-up is no longer as it was read: somebody else moved it."""


class MongoTopUps:
    """Implements application.top_ups.ports.TopUps."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._idempotency = idempotency
        self._breaks = MongoBreaks(mongo)
        self._top_ups = mongo.db[TOP_UPS]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def begin(self, claim: Claim, top_up: TopUp) -> Once[str]:
        def write(session: ClientSession) -> None:
            # A wallet that is open stays so: what is credited later finds it.
            if not self._ledger.is_open(session, top_up.kiosk_id):
                raise WalletNotOpen("This centre has no wallet yet.")
            self._top_ups.insert_one(_top_up_document(top_up), session=session)

        return self._idempotency.once(claim, top_up.top_up_id, write)

    def record(self, before: TopUp, change: TopUpChange) -> bool:
        after = change.top_up
        same: Document = {"_id": before.top_up_id, "version": before.version}
        if after.version == before.version:  # A mere wait loses against whoever took it meanwhile.
            same["resume_at"] = before.resume_at
        update: Document = {"$set": _changing(after)}
        if moves := after.history[len(before.history) :]:
            update["$push"] = {"history": {"$each": [_move_document(move) for move in moves]}}

        def write(session: ClientSession) -> None:
            if self._top_ups.update_one(same, update, session=session).matched_count != 1:
                raise TopUpMoved
            if change.entry:
                self._ledger.write(session, [change.entry])
            if change.event_id:
                self._outbox.add(session, topped_up_event(after, change.event_id))
            if change.resolved:
                self._breaks.resolve(session, None, change.resolved)
            if change.opened:
                self._breaks.reopen(session, change.opened)
                self._breaks.open(session, change.opened)

        try:
            if moves:
                self._mongo.transact(write)
                return True
            return self._top_ups.update_one(same, update).matched_count == 1
        except (TopUpMoved, BreakMoved):
            return False
        except DuplicateKeyError:
            raise  # A second entry or event: a defect, which must not pass for an outage.
        except PyMongoError as error:
            raise DependencyUnavailable("The top-up could not be written; the sweeper goes on with it.") from error

    def get(self, top_up_id: str) -> TopUp | None:
        document = self._top_ups.find_one({"_id": top_up_id})
        return _top_up_of(document) if document else None

    def of_kiosk(self, kiosk_id: str, *, before: tuple[datetime, str] | None, limit: int) -> Sequence[TopUp]:
        query: Document = {"kiosk_id": kiosk_id}
        if before:
            at, top_up_id = before
            query["$or"] = [{"created_at": {"$lt": at}}, {"created_at": at, "_id": {"$lt": top_up_id}}]
        rows = self._top_ups.find(query).sort([("created_at", -1), ("_id", -1)]).limit(limit)
        return [_top_up_of(row) for row in rows]

    def take_due(self, at: datetime, resume_at: datetime) -> TopUp | None:
        document = self._top_ups.find_one_and_update(
            # The type makes the partial index usable.
            {"resume_at": {"$lte": at, "$type": "date"}},
            {"$set": {"resume_at": resume_at, "unsent": False}},
            sort=[("resume_at", 1)],
            return_document=ReturnDocument.BEFORE,
        )
        return replace(_top_up_of(document), resume_at=resume_at) if document else None


def _top_up_document(top_up: TopUp) -> Document:
    return {
        "_id": top_up.top_up_id,
        "kiosk_id": top_up.kiosk_id,
        "client_id": top_up.client_id,
        "paise": Int64(top_up.paise),
        "mode": top_up.mode,
        "instrument": top_up.instrument,
        "request_id": top_up.request_id,
        "history": [_move_document(move) for move in top_up.history],
        "created_at": top_up.created_at,
        "deadline_at": top_up.deadline_at,
        **_changing(top_up),
    }


def _changing(top_up: TopUp) -> Document:
    return {
        "state": top_up.state.value,
        "version": top_up.version,
        "attempts": top_up.attempts,
        "unsent": top_up.unsent,
        "resume_at": top_up.resume_at,
        "reference": top_up.reference,
        "refusal": top_up.refusal,
    }


def _move_document(move: TopUpMove) -> Document:
    return {"state": move.state.value, "at": move.at}


def _top_up_of(document: Document) -> TopUp:
    return TopUp(
        top_up_id=document["_id"],
        kiosk_id=document["kiosk_id"],
        client_id=document["client_id"],
        paise=int(document["paise"]),
        mode=document["mode"],
        instrument=document["instrument"],
        request_id=document["request_id"],
        state=TopUpState(document["state"]),
        version=document["version"],
        history=tuple(TopUpMove(TopUpState(move["state"]), move["at"]) for move in document["history"]),
        created_at=document["created_at"],
        deadline_at=document["deadline_at"],
        resume_at=document["resume_at"],
        attempts=document["attempts"],
        unsent=document["unsent"],
        reference=document["reference"],
        refusal=document["refusal"],
    )
