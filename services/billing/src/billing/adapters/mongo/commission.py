"""What was charged at a centre in a time, and what of it went back, in MongoDB."""

from collections.abc import Iterator
from datetime import datetime

from billing.adapters.mongo.centres import CENTRES
from billing.adapters.mongo.documents import PAYMENTS, Document
from billing.adapters.mongo.refunds import REFUNDS
from billing.domain.calendar import civil_day
from billing.domain.commission.statement import Earning, charge_in
from billing.domain.ledger.entries import Leg
from servicekit.mongo import Mongo

_NEEDED = ["kiosk_id", "category", "channel", "created_at", "credits", "receipt", "ending_event_id"]


class MongoEarnings:
    """Implements application.commission.ports.Earnings."""

    def __init__(self, mongo: Mongo) -> None:
        self._payments = mongo.db[PAYMENTS]
        self._refunds = mongo.db[REFUNDS]
        self._centres = mongo.db[CENTRES]

    def of_kiosk(self, kiosk_id: str, begun: datetime, before: datetime) -> Iterator[Earning]:
        # The type makes the partial index usable.
        in_time = {"$gte": begun, "$lt": before, "$type": "date"}
        for payment in self._payments.find({"kiosk_id": kiosk_id, "receipt.issued_at": in_time}, _NEEDED).sort(
            "receipt.issued_at", 1
        ):
            at, event_id = payment["receipt"]["issued_at"], payment.get("ending_event_id")
            if charge := charge_in(_legs(payment["credits"])):
                yield _earning(payment, None, event_id, at, 0, charge)
        for refund in self._refunds.find({"kiosk_id": kiosk_id, "state": "REFUNDED"}).sort("_id", 1):
            at = _refunded_at(refund)
            charge = charge_in(_legs(refund["debits"]))
            if not (begun <= at < before and charge):
                continue
            refunded = self._payments.find_one({"_id": refund["payment_id"]}, _NEEDED)
            assert refunded is not None, f"{refund['payment_id']} of {refund['_id']} is gone"
            earlier = sum(
                charge_in(_legs(other["debits"]))
                for other in self._refunds.find({"payment_id": refund["payment_id"], "state": "REFUNDED"})
                if (_refunded_at(other), other["_id"]) < (at, refund["_id"])
            )
            yield _earning(refunded, refund["_id"], refund.get("event_id"), at, earlier, charge)

    def kiosks_of(self, lsp_id: str) -> list[str]:
        return [row["_id"] for row in self._centres.find({"lsp_id": lsp_id}, {"_id": 1}).sort("_id", 1)]


def _earning(
    payment: Document, refund_id: str | None, event_id: str | None, at: datetime, before_paise: int, charge_paise: int
) -> Earning:
    return Earning(
        event_id=event_id,
        payment_id=payment["_id"],
        refund_id=refund_id,
        kiosk_id=payment["kiosk_id"],
        at=at,
        category=payment["category"],
        channel=payment["channel"],
        charged_on=civil_day(payment["created_at"]),
        before_paise=before_paise,
        charge_paise=charge_paise,
    )


def _refunded_at(refund: Document) -> datetime:
    at: datetime = refund["history"][-1]["at"]
    return at


def _legs(stored: list[Document]) -> list[Leg]:
    return [Leg(leg["account"], int(leg["paise"])) for leg in stored]
