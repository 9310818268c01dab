"""Disputes in MongoDB; a decision and the refund that it begins are one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from billing.adapters.mongo.documents import PAYMENTS, Document, payment_of
from billing.adapters.mongo.refunds import MongoRefunds
from billing.application.disputes.errors import AlreadyDisputed, DisputeEnded, TooMuchEvidence
from billing.application.refunds.errors import RefundableChanged
from billing.application.refunds.request_refund import refundable_changed
from billing.domain.disputes.dispute import (
    MOST_EVIDENCE,
    Dispute,
    DisputeMove,
    DisputeState,
    Evidence,
    EvidenceKind,
    with_evidence,
)
from billing.domain.payments.payment import Payment
from billing.domain.refunds.refund import Refund
from servicekit.access import Reach
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

DISPUTES = "disputes"
INDEXES = {
    DISPUTES: [
        IndexModel(
            [("payment_id", 1)],
            name="a_payment_has_one_open_dispute",
            unique=True,
            partialFilterExpression={"state": DisputeState.OPEN.value},
        ),
        IndexModel([("payment_id", 1), ("opened_at", 1)], name="disputes_of_a_payment"),
        IndexModel([("state", 1), ("opened_at", 1)], name="disputes_by_age"),
        IndexModel(
            [("person_id", 1)], name="disputes_of_a_person", partialFilterExpression={"person_id": {"$type": "string"}}
        ),
    ]
}


class MongoDisputes:
    """Implements application.disputes.ports.Disputes."""

    def __init__(self, mongo: Mongo, refunds: MongoRefunds, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._refunds = refunds
        self._idempotency = idempotency
        self._disputes = mongo.db[DISPUTES]
        self._payments = mongo.db[PAYMENTS]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def open(self, claim: Claim, dispute: Dispute) -> Once[str]:
        def keep(session: ClientSession) -> None:
            self._disputes.insert_one(_document(dispute), session=session)

        try:
            return self._idempotency.once(claim, dispute.dispute_id, keep)
        except DuplicateKeyError as error:
            if duplicate_key(error) != ("payment_id",):
                raise
            if earlier := self._idempotency.find(claim):
                return earlier
            stands = self._disputes.find_one({"payment_id": dispute.payment_id, "state": DisputeState.OPEN.value})
            raise AlreadyDisputed(
                "A dispute of this payment is open: add what you have to it.",
                dispute_id=stands["_id"] if stands else None,
            ) from error

    def add(self, dispute_id: str, evidence: Sequence[Evidence]) -> None:
        def keep(session: ClientSession) -> None:
            stands = self._disputes.find_one({"_id": dispute_id}, session=session)
            if stands is None or stands["state"] != DisputeState.OPEN.value:
                raise DisputeEnded("This dispute was decided; its decision stays.")
            all_of_it = with_evidence(_dispute_of(stands).evidence, evidence)
            if len(all_of_it) > MOST_EVIDENCE:
                raise TooMuchEvidence(f"A dispute has {MOST_EVIDENCE} pieces of evidence at most.")
            # Written in the transaction that read it: of two who add at once, one is tried again and sees the other's.
            self._disputes.update_one(
                {"_id": dispute_id},
                {"$set": {"evidence": [_evidence_document(piece) for piece in all_of_it]}},
                session=session,
            )

        self._mongo.transact(keep)

    def decide(self, claim: Claim, dispute: Dispute, refund: Refund | None, payment: Payment) -> Once[str]:
        def keep(session: ClientSession) -> None:
            decided = self._disputes.update_one(
                {"_id": dispute.dispute_id, "state": DisputeState.OPEN.value, "version": dispute.version - 1},
                {
                    "$set": {"state": dispute.state.value, "version": dispute.version, "refund_id": dispute.refund_id},
                    "$push": {"history": _move_document(dispute.history[-1])},
                },
                session=session,
            )
            if decided.matched_count != 1:
                raise DisputeEnded("This dispute was decided; its decision stays.")
            if refund:
                self._refunds.reserve(session, refund, payment)
            crash_point("E1")

        try:
            return self._idempotency.once(claim, dispute.dispute_id, keep)
        except RefundableChanged:
            stands = self._payments.find_one({"_id": payment.payment_id})
            raise refundable_changed(payment_of(stands) if stands else payment) from None

    def get(self, dispute_id: str) -> Dispute | None:
        document = self._disputes.find_one({"_id": dispute_id})
        return _dispute_of(document) if document else None

    def of_payment(self, payment_id: str) -> Sequence[Dispute]:
        rows = self._disputes.find({"payment_id": payment_id}).sort([("opened_at", 1), ("_id", 1)])
        return [_dispute_of(row) for row in rows]

    def page(self, reach: Reach, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[Dispute]:
        query: dict[str, Any] = {"state": DisputeState.OPEN.value if is_open else {"$ne": DisputeState.OPEN.value}}
        query |= reach.as_query()
        if after:
            opened_at, dispute_id = after
            query["$or"] = [{"opened_at": {"$gt": opened_at}}, {"opened_at": opened_at, "_id": {"$gt": dispute_id}}]
        rows = self._disputes.find(query).sort([("opened_at", 1), ("_id", 1)]).limit(limit)
        return [_dispute_of(row) for row in rows]


def _document(dispute: Dispute) -> Document:
    return {
        "_id": dispute.dispute_id,
        "payment_id": dispute.payment_id,
        "code": dispute.code,
        "client_id": dispute.client_id,
        "kiosk_id": dispute.kiosk_id,
        "person_id": dispute.person_id,
        "district_code": dispute.district_code,
        "state": dispute.state.value,
        "version": dispute.version,
        "opened_at": dispute.opened.at,
        "history": [_move_document(move) for move in dispute.history],
        "evidence": [_evidence_document(piece) for piece in dispute.evidence],
        "due_at": dispute.due_at,
        "refund_id": dispute.refund_id,
    }


def _move_document(move: DisputeMove) -> Document:
    return {"state": move.state.value, "at": move.at, "by": move.by, "reason": move.reason}


def _evidence_document(piece: Evidence) -> Document:
    return {"kind": piece.kind.value, "value": piece.value, "by": piece.by, "at": piece.at}


def _dispute_of(document: Document) -> Dispute:
    return Dispute(
        dispute_id=document["_id"],
        payment_id=document["payment_id"],
        code=document["code"],
        client_id=document["client_id"],
        kiosk_id=document["kiosk_id"],
        person_id=document["person_id"],
        district_code=document["district_code"],
        state=DisputeState(document["state"]),
        version=document["version"],
        history=tuple(
            DisputeMove(DisputeState(move["state"]), move["at"], move["by"], move["reason"])
            for move in document["history"]
        ),
        evidence=tuple(
            Evidence(EvidenceKind(piece["kind"]), piece["value"], piece["by"], piece["at"])
            for piece in document["evidence"]
        ),
        due_at=document["due_at"],
        refund_id=document["refund_id"],
    )
