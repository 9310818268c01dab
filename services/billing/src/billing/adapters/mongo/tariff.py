"""Payments as a rehearsal of fees reads them, in MongoDB."""

from collections.abc import Iterator
from datetime import datetime

from billing.adapters.mongo.documents import PAYMENTS
from billing.domain.calendar import civil_day
from billing.domain.payments.payment import State
from billing.domain.tariff.rehearsal import PaidBill
from servicekit.mongo import Mongo

_NEEDED = ["category", "channel", "kiosk_id", "bill_paise", "service_charge_paise", "created_at", "refunded_paise"]
_BATCH = 5_000


class MongoMonthOfPayments:
    """Implements application.tariff.ports.MonthOfPayments."""

    def __init__(self, mongo: Mongo) -> None:
        self._payments = mongo.db[PAYMENTS]

    def completed(self, begun_from: datetime, begun_before: datetime) -> Iterator[PaidBill]:
        # Ids begin with the millisecond they were made in (UUIDv7), so their own index finds a month.
        ids = {"$gte": _first_id(begun_from), "$lt": _first_id(begun_before)}
        query = {"_id": ids, "state": State.COMPLETED.value}
        for document in self._payments.find(query, _NEEDED).batch_size(_BATCH):
            if document.get("refunded_paise") == document["bill_paise"] + document["service_charge_paise"]:
                continue  # It went back whole: nobody paid or earned anything.
            yield PaidBill(
                category=document["category"],
                channel=document["channel"],
                kiosk_id=document["kiosk_id"],
                bill_paise=int(document["bill_paise"]),
                charged_paise=int(document["service_charge_paise"]),
                on=civil_day(document["created_at"]),
            )


def _first_id(at: datetime) -> str:
    return f"pay_{int(at.timestamp() * 1000):012x}"
