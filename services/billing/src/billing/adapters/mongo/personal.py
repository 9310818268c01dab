"""What billing keeps by a person's id. The money stays in the books; what was looked up for the person goes."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.adapters.mongo.bills import BILL_FETCHES
from billing.adapters.mongo.disputes import DISPUTES
from billing.adapters.mongo.documents import PAYMENTS, Document
from billing.adapters.mongo.refunds import REFUNDS
from billing.domain.disputes.dispute import DisputeState, EvidenceKind
from billing.domain.payments.payment import ENDED, State
from billing.domain.refunds.refund import REFUND_ENDED
from servicekit.mongo import Mongo
from servicekit.personal import Answer, Hold, OwnRecord

ANSWERED = "billing.answered.v1"
_WHOSE = {"person_id": {"$exists": True}}
INDEXES = {
    PAYMENTS: [IndexModel("person_id", name="payments_of_a_person", partialFilterExpression=_WHOSE)],
    BILL_FETCHES: [IndexModel("person_id", name="fetches_of_a_person", partialFilterExpression=_WHOSE)],
}
_REFUND_ENDED = [state.value for state in REFUND_ENDED]


class MongoPersonal:
    """Implements servicekit.personal.PersonalRecords."""

    def __init__(self, mongo: Mongo) -> None:
        self._db = mongo.db

    def answer(self, person_id: str, session: ClientSession) -> Answer:
        """A payment that goes on, one that people look into or that is disputed, and money on its way back."""
        payments = list(
            self._db[PAYMENTS].find({"person_id": person_id}, {"state": 1, "created_at": 1}, session=session)
        )
        unended = {"payment_id": {"$in": [row["_id"] for row in payments]}, "state": {"$nin": _REFUND_ENDED}}
        refunds = self._db[REFUNDS].find(unended, {"created_at": 1}, session=session)
        disputed = {"person_id": person_id, "state": DisputeState.OPEN.value}
        disputes = self._db[DISPUTES].find(disputed, {"opened_at": 1}, session=session)
        return Answer(
            holds=(
                *(_hold("payment-pending", row) for row in payments if State(row["state"]) not in ENDED),
                *(_hold("payment-dispute", row) for row in payments if State(row["state"]) is State.MANUAL),
                *(_hold("payment-dispute", row) for row in refunds),
                *(_hold("payment-dispute", {**row, "created_at": row["opened_at"]}) for row in disputes),
            ),
            keeps=("books-of-account",) if payments else (),
        )

    def erase(self, person_id: str, at: datetime, session: ClientSession) -> None:
        """What was fetched, for a payment has its own copy of what it needs; and what was written in disputes."""
        del at
        self._db[BILL_FETCHES].delete_many({"person_id": person_id}, session=session)
        self._db[DISPUTES].update_many(
            {"person_id": person_id}, {"$pull": {"evidence": {"kind": EvidenceKind.TEXT.value}}}, session=session
        )

    def own(self, person_id: str) -> Sequence[OwnRecord]:
        """Payments with what they were for, money that came back, and disputes with what was written in them."""
        payments = list(self._db[PAYMENTS].find({"person_id": person_id}).sort("_id", -1))
        refunds = self._db[REFUNDS].find({"payment_id": {"$in": [row["_id"] for row in payments]}}).sort("_id", -1)
        fetches = self._db[BILL_FETCHES].find({"person_id": person_id}, {"biller_id": 1, "fetched_at": 1})
        disputes = self._db[DISPUTES].find({"person_id": person_id}).sort("_id", -1)
        return [
            *(
                OwnRecord(kind="dispute", id=row["_id"], since=row["opened_at"], says=_disputed(row))
                for row in disputes
            ),
            *(OwnRecord(kind="payment", id=row["_id"], since=row["created_at"], says=_paid(row)) for row in payments),
            *(OwnRecord(kind="refund", id=row["_id"], since=row["created_at"], says=_returned(row)) for row in refunds),
            *(
                OwnRecord(
                    kind="bill-fetch", id=row["_id"], since=row["fetched_at"], says={"biller_id": row["biller_id"]}
                )
                for row in fetches
            ),
        ]


def _hold(reason: str, row: Document) -> Hold:
    return Hold(reason=reason, subject=row["_id"], since=row["created_at"])


def _paid(row: Document) -> Document:
    said = {name: row[name] for name in ("state", "biller_id", "customer_params", "mode", "channel")}
    paise = {name: int(row[name]) for name in ("bill_paise", "service_charge_paise")}
    return {**said, **paise, "receipt_number": row["receipt"] and row["receipt"]["number"]}


def _returned(row: Document) -> Document:
    return {"payment_id": row["payment_id"], "state": row["state"]}


def _disputed(row: Document) -> Document:
    evidence = [{name: piece[name] for name in ("kind", "value")} for piece in row["evidence"]]
    return {"payment_id": row["payment_id"], "code": row["code"], "state": row["state"], "evidence": evidence}
