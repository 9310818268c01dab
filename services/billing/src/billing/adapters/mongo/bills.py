"""Bills as fetched, and fee demands, in MongoDB."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bson import Int64
from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.adapters.mongo.documents import renamed
from billing.application.bills.ports import BillFetch, FeeDemand, LeftOut, LeftOutReason
from billing.application.ownership import owns
from billing.domain.payer import Payer
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import Bill
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo

BILL_FETCHES = "bill_fetches"
FEE_DEMANDS = "fee_demands"

# Outlives the week in which a fetch may be replayed by its key; after that a customer's number is not kept here.
KEPT_FOR = timedelta(days=8)

INDEXES = {
    BILL_FETCHES: [
        # Partial, because a fetch that found nothing due has no bills to be found by.
        IndexModel(
            [("bills.bill_id", 1)], name="by_bill", partialFilterExpression={"bills.bill_id": {"$exists": True}}
        ),
        IndexModel([("purge_at", 1)], name="forget_old_fetches", expireAfterSeconds=0),
    ],
    FEE_DEMANDS: [IndexModel([("application_id", 1)], name="one_demand_per_application", unique=True)],
}


class MongoBills:
    """Implements application.bills.ports.Bills."""

    def __init__(self, mongo: Mongo, idempotency: Idempotency) -> None:
        self._idempotency = idempotency
        self._fetches = mongo.db[BILL_FETCHES]

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self._idempotency.find(claim)

    def add(self, claim: Claim, fetch: BillFetch) -> Once[str]:
        document = {
            "_id": fetch.bill_fetch_id,
            "biller_id": fetch.biller_id,
            "client_id": fetch.payer.client_id,
            "kiosk_id": fetch.payer.kiosk_id,
            **({"person_id": fetch.payer.person_id} if fetch.payer.person_id else {}),
            "channel": fetch.payer.stated_channel,
            "fetched_at": fetch.fetched_at,
            "purge_at": fetch.fetched_at + KEPT_FOR,
            "bills": [_bill_document(bill) for bill in fetch.bills],
            "left_out": [_left_out_document(one) for one in fetch.left_out],
        }

        def keep(session: ClientSession) -> None:
            self._fetches.insert_one(document, session=session)

        return self._idempotency.once(claim, fetch.bill_fetch_id, keep)

    def get_fetch(self, bill_fetch_id: str) -> BillFetch | None:
        document = self._fetches.find_one({"_id": bill_fetch_id})
        if document is None:
            return None
        return BillFetch(
            bill_fetch_id=document["_id"],
            biller_id=document["biller_id"],
            payer=_payer_of(document),
            bills=tuple(_bill_of(document, bill) for bill in document["bills"]),
            fetched_at=document["fetched_at"],
            # Release 0.1.0 left nothing out.
            left_out=tuple(_left_out_of(one) for one in document.get("left_out", [])),
        )

    def get(self, bill_id: str, payer: Payer) -> Bill | None:
        document = self._fetches.find_one(
            {"bills.bill_id": bill_id},
            {
                "bills": {"$elemMatch": {"bill_id": bill_id}},
                "biller_id": 1,
                "client_id": 1,
                "kiosk_id": 1,
                "person_id": 1,
                "fetched_at": 1,
            },
        )
        if document is None or not owns(payer, _payer_of(document)):
            return None
        return _bill_of(document, document["bills"][0])


def _payer_of(document: dict[str, Any]) -> Payer:
    # Release 0.1.0 kept neither person nor channel.
    return Payer(
        document["client_id"],
        document["kiosk_id"],
        document.get("person_id"),
        stated_channel=document.get("channel"),
    )


def _bill_document(bill: Bill) -> dict[str, Any]:
    return {
        "bill_id": bill.bill_id,
        "bill_ref": bill.bill_ref,
        "customer_params": dict(bill.customer_params),
        "amount_paise": Int64(bill.amount_paise),
        "exactness": bill.exactness.value,
        "minimum_paise": _long(bill.minimum_paise),
        "multiple_paise": _long(bill.multiple_paise),
        "due_on": _day(bill.due_on),
        "bill_period": bill.bill_period,
        "expires_at": bill.expires_at,
        # Release 0.1.0 pays a bill under the key that is stored with it; this one makes the key of what is stored.
        **renamed("claim_key", bill.bill_key),
        "application_id": bill.application_id,
        "fee_order": bill.fee_order,
        "fee_order_hi": bill.fee_order_hi,
        "channel": bill.channel,
        "fee_window": bill.fee_window,
        "once_key": bill.once_key,
        "older": list(bill.older),
    }


def _left_out_document(left_out: LeftOut) -> dict[str, Any]:
    return {
        "reason": left_out.reason.value,
        "bill_period": left_out.bill_period,
        "due_on": _day(left_out.due_on),
    }


def _left_out_of(left_out: dict[str, Any]) -> LeftOut:
    return LeftOut(LeftOutReason(left_out["reason"]), left_out["bill_period"], _day_of(left_out["due_on"]))


def _day(day: date | None) -> str | None:
    """A civil day has no instant, and BSON has no civil day."""
    return day.isoformat() if day else None


def _day_of(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None


def _long(paise: int | None) -> Int64 | None:
    return None if paise is None else Int64(paise)


def _bill_of(fetch: dict[str, Any], bill: dict[str, Any]) -> Bill:
    return Bill(
        bill_id=bill["bill_id"],
        biller_id=fetch["biller_id"],
        bill_ref=bill["bill_ref"],
        customer_params=bill["customer_params"],
        amount_paise=int(bill["amount_paise"]),
        exactness=Exactness(bill["exactness"]),
        minimum_paise=bill["minimum_paise"],
        multiple_paise=bill["multiple_paise"],
        due_on=_day_of(bill["due_on"]),
        bill_period=bill["bill_period"],
        fetched_at=fetch["fetched_at"],
        expires_at=bill["expires_at"],
        application_id=bill["application_id"],
        fee_order=bill["fee_order"],
        fee_order_hi=bill.get("fee_order_hi"),
        # Release 0.1.0 kept none of these.
        channel=bill.get("channel"),
        fee_window=bill.get("fee_window"),
        once_key=bill.get("once_key"),
        older=tuple(bill.get("older", ())),
    )


class MongoFeeDemands:
    """Implements application.bills.ports.FeeDemands."""

    def __init__(self, mongo: Mongo) -> None:
        self._demands = mongo.db[FEE_DEMANDS]

    def of_application(self, application_id: str) -> FeeDemand | None:
        document = self._demands.find_one({"application_id": application_id})
        if document is None:
            return None
        return FeeDemand(
            demand_id=document["_id"],
            application_id=application_id,
            fee_paise=int(document["fee_paise"]),
            fee_order=document["fee_order"],
            fee_order_hi=document.get("fee_order_hi") or document["fee_order"],
            raised_at=document["raised_at"],
        )

    def add(self, session: ClientSession, demand: FeeDemand) -> None:
        """Keeps a demand in the session's transaction; a repeat changes nothing."""
        self._demands.update_one(
            {"application_id": demand.application_id},
            {
                "$setOnInsert": {
                    "_id": demand.demand_id,
                    "fee_paise": Int64(demand.fee_paise),
                    "fee_order": demand.fee_order,
                    "fee_order_hi": demand.fee_order_hi,
                    "raised_at": demand.raised_at,
                }
            },
            upsert=True,
            session=session,
        )


@dataclass(frozen=True)
class FeeDemandsWithin:
    """Implements application.bills.ports.NewFeeDemands inside the transaction of `session`."""

    demands: MongoFeeDemands
    session: ClientSession

    def add(self, demand: FeeDemand) -> None:
        self.demands.add(self.session, demand)
