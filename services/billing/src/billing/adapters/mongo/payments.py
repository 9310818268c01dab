"""Payments in MongoDB. Whatever changes together (payment, journal, wallet, break, event) is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pymongo import IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError, PyMongoError

from billing.adapters.events import ending_event
from billing.adapters.mongo.documents import (
    HOLDING_STATES,
    PAYMENTS,
    Document,
    payment_document,
    payment_of,
    payment_update,
    still_as,
)
from billing.adapters.mongo.ledger import MongoLedger, NotAllTaken
from billing.application.payments.errors import BillAlreadyPaid
from billing.application.payments.ports import Break, Change, Resolution
from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.payment import FAILED, Payment
from servicekit.errors import DependencyUnavailable
from servicekit.events.outbox import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import GroupCommit, Idempotency, Mongo, duplicate_key

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


@dataclass(frozen=True, slots=True)
class _Begun:
    """An intent, ready to be written alone or with others'."""

    claim: Claim
    document: Document
    hold: JournalEntry | None


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A change of one payment, ready to be written alone or with others'."""

    same: Document
    update: Document
    change: Change
    rows: list[Document]


class MongoPayments:
    """Implements application.ports.Payments."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._idempotency = idempotency
        self._begin_together = GroupCommit(self._begin_all)
        self._record_together = GroupCommit(self._record_all)
        self._payments = mongo.db[PAYMENTS]
        self._breaks = mongo.db[BREAKS]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        begun = _Begun(claim, payment_document(payment), hold)
        first = Once(payment.payment_id, replayed=False)
        return self._begin_together.run(begun, lambda: self._begin(begun), first)

    def _begin(self, begun: _Begun) -> Once[str]:
        def intend(session: ClientSession) -> None:
            if begun.hold is not None:
                self._ledger.write(session, begun.hold)
            self._payments.insert_one(begun.document, session=session)
            crash_point("A1")

        try:
            return self._idempotency.once(begun.claim, begun.document["_id"], intend)
        except DuplicateKeyError as error:
            if duplicate_key(error) != ("holds",):
                raise
            raise BillAlreadyPaid("A payment for this bill exists and has not failed.") from error

    def _begin_all(self, several: Sequence[_Begun]) -> None:
        def intend(session: ClientSession) -> None:
            self._idempotency.claim(session, {begun.document["_id"]: begun.claim for begun in several})
            self._ledger.write_all(session, [begun.hold for begun in several if begun.hold])
            self._payments.insert_many([begun.document for begun in several], session=session)
            crash_point("A1")

        self._mongo.transact(intend)

    def record(self, before: Payment, change: Change) -> bool:
        after = change.payment
        event = ending_event(after, change.event_id) if change.event_id else None
        rows = self._outbox.rows(event) if event else []
        recorded = _Recorded(still_as(before, after), payment_update(before, after), change, rows)
        try:
            if change.opened or change.resolved:  # Seldom, and people wait for it.
                return self._record(recorded)
            if not (change.entries or rows):
                return self._payments.update_one(recorded.same, recorded.update).matched_count == 1
            return self._record_together.run(recorded, lambda: self._record(recorded), True)
        except DuplicateKeyError:
            raise  # A second entry or event: a defect, which must not pass for an outage.
        except PyMongoError as error:
            raise DependencyUnavailable("The payment could not be written; the sweeper goes on with it.") from error

    def _record(self, recorded: _Recorded) -> bool:
        def move(session: ClientSession) -> bool:
            if not self._payments.update_one(recorded.same, recorded.update, session=session).matched_count:
                return False
            for entry in recorded.change.entries:
                self._ledger.write(session, entry)
            if recorded.change.resolved:
                self._resolve_break(session, recorded.change.payment, recorded.change.resolved)
            if recorded.change.opened:
                self._reopen_break(session, recorded.change.opened)
                self.open_break(session, recorded.change.opened)
            self._outbox.add_rows(session, recorded.rows)
            return True

        return self._mongo.transact(move)

    def _record_all(self, several: Sequence[_Recorded]) -> None:
        moves = [UpdateOne(recorded.same, recorded.update) for recorded in several]

        def move(session: ClientSession) -> None:
            if self._payments.bulk_write(moves, session=session).matched_count != len(moves):
                raise NotAllTaken("a payment was moved by somebody else")
            self._ledger.write_all(session, [entry for recorded in several for entry in recorded.change.entries])
            self._outbox.add_rows(session, [row for recorded in several for row in recorded.rows])

        self._mongo.transact(move)

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
        # With a next action it is on its way or in doubt; one given back is looked at in case it was taken after all.
        needs_looking_at = [
            {"next_action_at": {"$type": "date"}},
            {"state": {"$in": [state.value for state in FAILED]}},
        ]
        rung = self._payments.update_one(
            {"_id": payment_id, "$or": needs_looking_at}, {"$set": {"next_action_at": now}}
        )
        return rung.matched_count == 1

    def _resolve_break(self, session: ClientSession, payment: Payment, resolution: Resolution) -> None:
        self._breaks.update_one(
            {"_id": f"{payment.payment_id}:{resolution.kind}", "status": "open"},
            {
                "$set": {
                    "status": "resolved",
                    "resolved_at": resolution.resolved_at,
                    "resolved_by": resolution.resolved_by,
                }
            },
            session=session,
        )

    def _reopen_break(self, session: ClientSession, opened: Break) -> None:
        self._breaks.update_one(
            {"_id": _break_id(opened), "status": "resolved"},
            {
                "$set": {"status": "open", "detail": opened.detail, "due_at": opened.due_at},
                "$unset": {"resolved_at": "", "resolved_by": ""},
            },
            session=session,
        )

    def open_break(self, session: ClientSession, opened: Break) -> None:
        """Hand a payment to operations, in the session's transaction; a repeat leaves the first as people have it."""
        self._breaks.update_one(
            {"_id": _break_id(opened)},
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


def _break_id(opened: Break) -> str:
    return f"{opened.payment_id}:{opened.kind}"
