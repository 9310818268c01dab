"""Payments in MongoDB. What changes together with a payment is written by the unit of work."""

from dataclasses import replace
from datetime import datetime

from pymongo import IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from billing.adapters.events import ending_event
from billing.adapters.mongo import payment_metrics
from billing.adapters.mongo.breaks import BreakMoved
from billing.adapters.mongo.documents import (
    HOLDING_STATES,
    PAYMENTS,
    payment_document,
    payment_of,
    payment_update,
    still_as,
)
from billing.adapters.mongo.unit_of_work import PaymentMoved, UnitOfWork, Work
from billing.application.payments.errors import BillAlreadyPaid
from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.payments.saga import Change
from servicekit.acts import used_up
from servicekit.errors import DependencyUnavailable
from servicekit.events import Outbox
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

INDEXES = {
    PAYMENTS: [
        IndexModel([("token", 1)], name="one_payment_per_token", unique=True),
        IndexModel(
            [("holds", 1)],
            name="a_bill_is_paid_once",
            unique=True,
            partialFilterExpression={"holds": {"$exists": True}},
        ),
        # Of the new names: see documents.RENAMED.
        IndexModel(
            [("pays", 1)],
            name="one_payment_of_a_bill",
            unique=True,
            partialFilterExpression={"pays": {"$exists": True}},
        ),
        IndexModel(
            [("agreed_once", 1)],
            name="one_payment_of_a_consent_to_one",
            unique=True,
            partialFilterExpression={"agreed_once": {"$exists": True}},
        ),
        IndexModel(
            [("resume_at", 1), ("deadline_at", 1)],
            name="to_resume",
            partialFilterExpression={"resume_at": {"$type": "date"}},
        ),
        IndexModel(
            [("next_action_at", 1), ("deadline_at", 1)],
            name="due_for_the_sweeper",
            partialFilterExpression={"next_action_at": {"$type": "date"}},
        ),
        IndexModel(
            [("kiosk_id", 1), ("receipt.issued_at", 1)],
            name="receipts_of_a_centre",
            partialFilterExpression={"receipt.issued_at": {"$type": "date"}},
        ),
        IndexModel(
            [("part.due_key", 1)],
            name="parts_of_a_due",
            partialFilterExpression={"part.due_key": {"$exists": True}},
        ),
        IndexModel(
            [("kiosk_id", 1), ("state", 1)],
            name="held_from_a_wallet",
            partialFilterExpression={"state": {"$in": HOLDING_STATES}},
        ),
    ],
}


class MongoPayments:
    """Implements application.payments.ports.Payments and application.bills.ports.PaidBills."""

    def __init__(self, mongo: Mongo, unit_of_work: UnitOfWork, outbox: Outbox, idempotency: Idempotency) -> None:
        self._unit_of_work = unit_of_work
        self._outbox = outbox
        self._idempotency = idempotency
        self._payments = mongo.db[PAYMENTS]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        work = Work(payment.payment_id, begun=payment_document(payment), entries=[hold] if hold else [])
        try:
            return self._unit_of_work.begin(work, claim)
        except DuplicateKeyError as error:
            if duplicate_key(error) == ("agreed_once",):
                raise used_up() from error
            if duplicate_key(error) not in (("holds",), ("pays",)):
                raise
            raise BillAlreadyPaid("A payment for this bill exists and has not failed.") from error

    def record(self, before: Payment, change: Change) -> bool:
        after = change.payment
        rows = self._outbox.rows(ending_event(after, change.event_id)) if change.event_id else []
        same, update = still_as(before, after), payment_update(before, after)
        if change.event_id:
            update["$set"]["ending_event_id"] = change.event_id  # Statements name it; the outbox forgets.
        try:
            if not (change.entries or rows or change.opened or change.resolved):
                if recorded := self._payments.update_one(same, update).matched_count == 1:
                    payment_metrics.moved(before, after)
                return recorded
            self._unit_of_work.move(
                Work(
                    after.payment_id,
                    same=same,
                    update=update,
                    entries=change.entries,
                    opened=change.opened,
                    resolved=change.resolved,
                    outbox_rows=rows,
                )
            )
        except (PaymentMoved, BreakMoved):
            return False
        except DuplicateKeyError:
            raise  # A second entry or event: a defect, which must not pass for an outage.
        except PyMongoError as error:
            raise DependencyUnavailable("The payment could not be written; the sweeper goes on with it.") from error
        payment_metrics.moved(before, after)
        return True

    def get(self, payment_id: str) -> Payment | None:
        document = self._payments.find_one({"_id": payment_id})
        return payment_of(document) if document else None

    def by_token(self, token: str) -> Payment | None:
        document = self._payments.find_one({"token": token})
        return payment_of(document) if document else None

    def is_paid(self, bill_key: str) -> bool:
        payment = self.paying(bill_key)
        return payment is not None and payment.state is State.COMPLETED

    def paying(self, bill_key: str) -> Payment | None:
        document = self._payments.find_one({"holds": bill_key})
        return payment_of(document) if document else None

    def take_due(self, at: datetime, resume_at: datetime) -> Payment | None:
        document = self._payments.find_one_and_update(
            # The type makes the partial index usable.
            {"next_action_at": {"$lte": at, "$type": "date"}},
            {"$set": {"next_action_at": resume_at, "resume_at": resume_at, "unsent": False}},
            sort=[("next_action_at", 1)],
            return_document=ReturnDocument.BEFORE,
        )
        return replace(payment_of(document), resume_at=resume_at) if document else None

    def resume_now(self, payment_id: str, at: datetime) -> bool:
        # With a next look it is on its way or in doubt; one given back is looked at in case it was taken after all.
        needs_looking_at = [
            {"next_action_at": {"$type": "date"}},
            {"state": {"$in": [state.value for state in FAILED]}},
        ]
        resumed = self._payments.update_one(
            {"_id": payment_id, "$or": needs_looking_at}, {"$set": {"next_action_at": at, "resume_at": at}}
        )
        return resumed.matched_count == 1
