"""Payments in MongoDB. Whatever changes together (payment, journal, wallet, break, event) is one transaction."""

from dataclasses import replace
from datetime import datetime

from pymongo import IndexModel, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from billing.adapters.events import ending_event
from billing.adapters.mongo_ledger import MongoLedger
from billing.adapters.payment_documents import (
    HOLDING_STATES,
    PAYMENTS,
    payment_document,
    payment_of,
    payment_update,
    still_as,
)
from billing.application.errors import BillAlreadyPaid
from billing.application.ports import Break, Change, IdempotencyClaim, Stored
from billing.domain.ledger import JournalEntry
from billing.domain.payment import Payment, State
from servicekit.errors import DependencyUnavailable
from servicekit.faults import crash_point
from servicekit.mongo import Claim, Idempotency, Mongo, Outbox, duplicate_key

BREAKS = "breaks"

INDEXES = {
    PAYMENTS: [
        IndexModel([("token", 1)], name="one_payment_per_token", unique=True),
        IndexModel(
            [("holds", 1)],
            name="a_bill_is_paid_once",
            unique=True,
            partialFilterExpression={"holds": {"$exists": True}},
        ),
        IndexModel(
            [("next_action_at", 1), ("deadline_at", 1)],
            name="due_for_the_sweeper",
            partialFilterExpression={"next_action_at": {"$type": "date"}},
        ),
        IndexModel(
            [("kiosk_id", 1), ("state", 1)],
            name="held_from_a_wallet",
            partialFilterExpression={"state": {"$in": HOLDING_STATES}},
        ),
    ],
    BREAKS: [IndexModel([("status", 1), ("due_at", 1)], name="open_breaks_by_due_time")],
}


def claim_of(claim: IdempotencyClaim) -> Claim:
    """servicekit's claim with the same contents."""
    return Claim(claim.client_id, claim.operation, claim.key, claim.fingerprint, claim.expires_at)


class MongoPayments:
    """Implements application.ports.Payments."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._idempotency = idempotency
        self._payments = mongo.db[PAYMENTS]
        self._breaks = mongo.db[BREAKS]

    def find_claim(self, claim: IdempotencyClaim) -> Stored | None:
        found = self._idempotency.find(claim_of(claim))
        return Stored(found.resource_id, replayed=True) if found else None

    def begin(self, claim: IdempotencyClaim, payment: Payment, hold: JournalEntry | None) -> Stored:
        document = payment_document(payment)

        def intend(session: ClientSession) -> None:
            if hold is not None:
                self._ledger.write(session, hold)
            self._payments.insert_one(document, session=session)
            crash_point("A1")

        try:
            once = self._idempotency.once(claim_of(claim), payment.payment_id, intend)
        except DuplicateKeyError as err:
            if duplicate_key(err) != ("holds",):
                raise
            raise BillAlreadyPaid("A payment for this bill exists and has not failed.") from err
        return Stored(once.resource_id, once.replayed)

    def record(self, before: Payment, change: Change) -> bool:
        after = change.payment
        same, update = still_as(before, after), payment_update(before, after)
        event = ending_event(after, change.event_id) if change.event_id else None

        def move(session: ClientSession) -> bool:
            if not self._payments.update_one(same, update, session=session).matched_count:
                return False
            for entry in change.entries:
                self._ledger.write(session, entry)
            if change.opened:
                self._open_break(session, change.opened)
            if event:
                self._outbox.add(session, event)
            return True

        try:
            if not (change.entries or event or change.opened):
                return self._payments.update_one(same, update).matched_count == 1
            return self._mongo.transact(move)
        except DuplicateKeyError:
            raise  # A second entry or event: a defect, which must not pass for an outage.
        except PyMongoError as err:
            raise DependencyUnavailable("The payment could not be written; the sweeper goes on with it.") from err

    def get(self, payment_id: str) -> Payment | None:
        document = self._payments.find_one({"_id": payment_id})
        return payment_of(document) if document else None

    def by_token(self, token: str) -> Payment | None:
        """The payment with this transaction token."""
        document = self._payments.find_one({"token": token})
        return payment_of(document) if document else None

    def holder_of(self, claim_key: str) -> Payment | None:
        document = self._payments.find_one({"holds": claim_key})
        return payment_of(document) if document else None

    def take_due(self, now: datetime, look_again_at: datetime) -> Payment | None:
        document = self._payments.find_one_and_update(
            # The type makes the partial index usable.
            {"next_action_at": {"$lte": now, "$type": "date"}},
            {"$set": {"next_action_at": look_again_at, "unsent": False}},
            sort=[("next_action_at", 1)],
            return_document=ReturnDocument.BEFORE,
        )
        return replace(payment_of(document), next_action_at=look_again_at) if document else None

    def ring(self, payment_id: str, now: datetime) -> bool:
        # A payment with a next action is on its way; one given back is looked at in case the biller took it.
        needs_looking_at = [{"next_action_at": {"$type": "date"}}, {"state": State.VOIDED.value}]
        rung = self._payments.update_one(
            {"_id": payment_id, "$or": needs_looking_at}, {"$set": {"next_action_at": now}}
        )
        return rung.matched_count == 1

    def _open_break(self, session: ClientSession, opened: Break) -> None:
        self._breaks.update_one(
            {"_id": f"{opened.payment_id}:{opened.kind}"},
            {
                "$setOnInsert": {
                    "payment_id": opened.payment_id,
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
