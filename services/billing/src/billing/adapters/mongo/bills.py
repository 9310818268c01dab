"""Bills as fetched, and fee demands, in MongoDB."""

from datetime import date, datetime, timedelta
from typing import Any

from bson import Int64
from pymongo import IndexModel
from pymongo.client_session import ClientSession

from billing.application.payments.ports import BillFetch, FeeDemand, Payer
from billing.domain.tariff.billers import Bill, Exactness
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
    """Implements application.ports.Bills."""

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
            "fetched_at": fetch.fetched_at,
            "purge_at": fetch.fetched_at + KEPT_FOR,
            "bills": [_bill_document(bill) for bill in fetch.bills],
        }

        def keep(session: ClientSession) -> None:
            self._fetches.insert_one(document, session=session)

        return self._idempotency.once(claim, fetch.bill_fetch_id, keep)

    def get_fetch(self, bill_fetch_id: str) -> BillFetch | None:
        found = self._fetches.find_one({"_id": bill_fetch_id})
        if found is None:
            return None
        return BillFetch(
            bill_fetch_id=found["_id"],
            biller_id=found["biller_id"],
            payer=Payer(found["client_id"], found["kiosk_id"]),
            bills=tuple(_bill_of(found, bill) for bill in found["bills"]),
            fetched_at=found["fetched_at"],
        )

    def get(self, bill_id: str, payer: Payer) -> Bill | None:
        found = self._fetches.find_one(
            {"bills.bill_id": bill_id},
            {
                "bills": {"$elemMatch": {"bill_id": bill_id}},
                "biller_id": 1,
                "client_id": 1,
                "kiosk_id": 1,
                "fetched_at": 1,
            },
        )
        if found is None or not payer.owns(found["client_id"], found["kiosk_id"]):
            return None
        return _bill_of(found, found["bills"][0])


def _bill_document(bill: Bill) -> dict[str, Any]:
    return {
        "bill_id": bill.bill_id,
        "bill_ref": bill.bill_ref,
        "customer_params": dict(bill.customer_params),
        "amount_paise": Int64(bill.amount_paise),
        "exactness": bill.exactness.value,
        "minimum_paise": _long(bill.minimum_paise),
        "multiple_paise": _long(bill.multiple_paise),
        # A civil day has no instant; BSON has no civil day.
        "due_on": bill.due_on.isoformat() if bill.due_on else None,
        "bill_period": bill.bill_period,
        "expires_at": bill.expires_at,
        "claim_key": bill.claim_key,
        "application_id": bill.application_id,
        "fee_order": bill.fee_order,
    }


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
        due_on=date.fromisoformat(bill["due_on"]) if bill["due_on"] else None,
        bill_period=bill["bill_period"],
        fetched_at=fetch["fetched_at"],
        expires_at=bill["expires_at"],
        claim_key=bill["claim_key"],
        application_id=bill["application_id"],
        fee_order=bill["fee_order"],
    )


class MongoFeeDemands:
    """Implements application.ports.FeeDemands; raised by application.submitted.v1."""

    def __init__(self, mongo: Mongo) -> None:
        self._demands = mongo.db[FEE_DEMANDS]

    def of_application(self, application_id: str) -> FeeDemand | None:
        found = self._demands.find_one({"application_id": application_id})
        if found is None:
            return None
        return FeeDemand(
            demand_id=found["_id"],
            application_id=application_id,
            fee_paise=int(found["fee_paise"]),
            fee_order=found["fee_order"],
            raised_at=found["raised_at"],
        )

    def raise_demand(
        self, session: ClientSession, application_id: str, *, fee_paise: int, fee_order: str, raised_at: datetime
    ) -> None:
        """Keep the fee an application costs; one that costs nothing raises none. A repeat changes nothing."""
        if fee_paise == 0:
            return
        demand = {"fee_paise": Int64(fee_paise), "fee_order": fee_order, "raised_at": raised_at}
        self._demands.update_one(
            {"application_id": application_id},
            {"$setOnInsert": {"_id": application_id.replace("app_", "dem_", 1), **demand}},
            upsert=True,
            session=session,
        )
