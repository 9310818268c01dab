"""Refunds in MongoDB, with what of their payments changes with them: refunds alone change those members."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bson import Int64
from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from billing.adapters.events import refunded_event
from billing.adapters.mongo.breaks import BreakMoved, MongoBreaks
from billing.adapters.mongo.documents import (
    PAYMENTS,
    Document,
    call_document,
    call_of,
    leg_document,
    payment_of,
    renamed,
)
from billing.adapters.mongo.ledger import MongoLedger
from billing.application.refunds.errors import RefundableChanged
from billing.application.refunds.request_refund import refundable_changed
from billing.application.wallets.errors import WalletNotOpen
from billing.domain.ledger.entries import Leg
from billing.domain.payments.payment import Payment, State
from billing.domain.refunds.refund import Destination, Refund, RefundMove, RefundState, shares
from billing.domain.refunds.saga import RefundChange
from servicekit.errors import DependencyUnavailable
from servicekit.events import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

REFUNDS = "refunds"
INDEXES = {
    REFUNDS: [
        IndexModel([("payment_id", 1), ("created_at", 1)], name="refunds_of_a_payment"),
        IndexModel([("kiosk_id", 1)], name="refunds_of_a_centre"),
        IndexModel(
            [("cause", 1)],
            name="a_happening_is_answered_once",
            unique=True,
            partialFilterExpression={"cause": {"$exists": True}},
        ),
        IndexModel(
            [("resume_at", 1)],
            name="refunds_to_resume",
            partialFilterExpression={"resume_at": {"$type": "date"}},
        ),
    ],
}


class RefundMoved(Exception):
    """A refund is no longer as it was read: somebody else moved it."""


class MongoRefunds:
    """Implements application.refunds.ports.Refunds."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._idempotency = idempotency
        self._breaks = MongoBreaks(mongo)
        self._refunds = mongo.db[REFUNDS]
        self._payments = mongo.db[PAYMENTS]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def begin(self, claim: Claim, refund: Refund, payment: Payment) -> Once[str]:
        try:
            return self._idempotency.once(
                claim, refund.refund_id, lambda session: self.reserve(session, refund, payment)
            )
        except RefundableChanged:
            stands = self._payments.find_one({"_id": payment.payment_id})
            raise refundable_changed(payment_of(stands) if stands else payment) from None

    def reserve(self, session: ClientSession, refund: Refund, payment: Payment) -> None:
        """Reserves the amount and writes the refund.

        Raises RefundableChanged and WalletNotOpen, and the transaction must be undone. A wallet that is open stays so.
        """
        # The payment goes first: it is what concurrent refunds of one payment conflict on.
        reserved = self._payments.update_one(
            {"_id": payment.payment_id, "state": State.COMPLETED.value, **_refunding(payment)},
            {"$set": {"refunding_paise": Int64(payment.refunding_paise + refund.paise)}},
            session=session,
        )
        if reserved.matched_count != 1:
            raise refundable_changed(payment)
        if refund.destination is Destination.WALLET and not self._ledger.is_open(session, refund.kiosk_id or ""):
            raise WalletNotOpen("This centre has no wallet; have the money sent to where it came from.")
        standing = {"payment_id": payment.payment_id, "state": {"$ne": RefundState.REFUSED.value}}
        earlier = [leg for row in self._refunds.find(standing, session=session) for leg in _refund_of(row).debits]
        fixed = replace(refund, debits=shares(payment.credits, earlier, refund.paise))
        self._refunds.insert_one(_refund_document(fixed), session=session)

    def record(self, before: Refund, change: RefundChange) -> bool:
        after = change.refund
        same: Document = {"_id": before.refund_id, "version": before.version}
        if after.version == before.version:  # A mere wait loses against whoever took it meanwhile.
            same["resume_at"] = before.resume_at
        update: Document = {"$set": _changing(after) | ({"event_id": change.event_id} if change.event_id else {})}
        if moves := after.history[len(before.history) :]:
            update["$push"] = {"history": {"$each": [_move_document(move) for move in moves]}}

        def write(session: ClientSession) -> None:
            if self._refunds.update_one(same, update, session=session).matched_count != 1:
                raise RefundMoved
            if change.event_id:
                self._tell(session, after, change.event_id)
            if change.released:
                self._payments.update_one(
                    {"_id": after.payment_id}, {"$inc": {"refunding_paise": Int64(-after.paise)}}, session=session
                )
            if change.entry:
                self._ledger.write(session, [change.entry])
            if change.resolved:
                self._breaks.resolve(session, after.payment_id, change.resolved)
            if change.opened:
                self._breaks.reopen(session, change.opened)
                self._breaks.open(session, change.opened)

        try:
            if moves:
                self._mongo.transact(write)
                return True
            return self._refunds.update_one(same, update).matched_count == 1
        except (RefundMoved, BreakMoved):
            return False
        except DuplicateKeyError:
            raise  # A second entry or event: a defect, which must not pass for an outage.
        except PyMongoError as error:
            raise DependencyUnavailable("The refund could not be written; the sweeper goes on with it.") from error

    def _tell(self, session: ClientSession, refund: Refund, event_id: str) -> None:
        """Counts the refund and its event on the payment, which lets go of its bill once all is back."""
        stands = self._payments.find_one_and_update(
            {"_id": refund.payment_id},
            [
                {
                    "$set": {
                        "refunded_paise": {"$add": [{"$ifNull": ["$refunded_paise", Int64(0)]}, Int64(refund.paise)]},
                        # Release 0.1.0 did not count them: a completed payment had one.
                        "events_told": {"$add": [{"$max": ["$events_told", 1]}, 1]},
                    }
                }
            ],
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        assert stands is not None, f"{refund.payment_id} of {refund.refund_id} is gone"
        payment = payment_of(stands)
        if refund.frees_the_bill and payment.refunded_paise == payment.total_paise:
            self._payments.update_one({"_id": payment.payment_id}, {"$unset": renamed("holds", "")}, session=session)
        self._outbox.add(session, refunded_event(payment, refund, event_id))

    def get(self, refund_id: str) -> Refund | None:
        document = self._refunds.find_one({"_id": refund_id})
        return _refund_of(document) if document else None

    def of_payment(self, payment_id: str) -> Sequence[Refund]:
        rows = self._refunds.find({"payment_id": payment_id}).sort([("created_at", 1), ("_id", 1)])
        return [_refund_of(row) for row in rows]

    def take_due(self, at: datetime, resume_at: datetime) -> Refund | None:
        document = self._refunds.find_one_and_update(
            # The type makes the partial index usable.
            {"resume_at": {"$lte": at, "$type": "date"}},
            {"$set": {"resume_at": resume_at, "unsent": False}},
            sort=[("resume_at", 1)],
            return_document=ReturnDocument.BEFORE,
        )
        return replace(_refund_of(document), resume_at=resume_at) if document else None


@dataclass(frozen=True)
class RefundsWithin:
    """Implements application.refunds.ports.AutomaticRefunds inside the transaction of `session`."""

    refunds: MongoRefunds
    session: ClientSession
    mongo: Mongo

    def payment(self, payment_id: str) -> Payment | None:
        document = self.mongo.db[PAYMENTS].find_one({"_id": payment_id}, session=self.session)
        return payment_of(document) if document else None

    def answered(self, cause: str) -> bool:
        return self.mongo.db[REFUNDS].find_one({"cause": cause}, {"_id": 1}, session=self.session) is not None

    def begin(self, refund: Refund, payment: Payment) -> None:
        self.refunds.reserve(self.session, refund, payment)


def _refunding(payment: Payment) -> Document:
    """The payment as it was read; a payment that was never refunded has no such member."""
    return {"refunding_paise": payment.refunding_paise if payment.refunding_paise else {"$in": [None, 0]}}


def _refund_document(refund: Refund) -> Document:
    return {
        "_id": refund.refund_id,
        "payment_id": refund.payment_id,
        "client_id": refund.client_id,
        "kiosk_id": refund.kiosk_id,
        "authorisation_id": refund.authorisation_id,
        "paise": Int64(refund.paise),
        "destination": refund.destination.value,
        "reason": refund.reason,
        **({"cause": refund.cause} if refund.cause else {}),
        "debits": [leg_document(leg) for leg in refund.debits],
        "request_id": refund.request_id,
        "history": [_move_document(move) for move in refund.history],
        "created_at": refund.created_at,
        "deadline_at": refund.deadline_at,
        **_changing(refund),
    }


def _changing(refund: Refund) -> Document:
    return {
        "state": refund.state.value,
        "version": refund.version,
        "attempts": refund.attempts,
        "unsent": refund.unsent,
        "resume_at": refund.resume_at,
        "reference": refund.reference,
        "refusal": refund.refusal,
    }


def _move_document(move: RefundMove) -> Document:
    return {"state": move.state.value, "at": move.at, **call_document(move.call)}


def _refund_of(document: Document) -> Refund:
    return Refund(
        refund_id=document["_id"],
        payment_id=document["payment_id"],
        client_id=document["client_id"],
        kiosk_id=document["kiosk_id"],
        authorisation_id=document["authorisation_id"],
        paise=int(document["paise"]),
        destination=Destination(document["destination"]),
        reason=document["reason"],
        cause=document.get("cause"),
        debits=tuple(Leg(leg["account"], int(leg["paise"])) for leg in document["debits"]),
        request_id=document["request_id"],
        state=RefundState(document["state"]),
        version=document["version"],
        history=tuple(
            RefundMove(RefundState(move["state"]), move["at"], call_of(move)) for move in document["history"]
        ),
        created_at=document["created_at"],
        deadline_at=document["deadline_at"],
        resume_at=document["resume_at"],
        attempts=document["attempts"],
        unsent=document["unsent"],
        reference=document["reference"],
        refusal=document["refusal"],
    )
