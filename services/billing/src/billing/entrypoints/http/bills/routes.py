"""The routes of billers and bill fetches."""

from typing import Any

from billing.application.bills.errors import (
    AccountRenumbered,
    BillerNotFound,
    BillerTimeout,
    BillerUnavailable,
    BillRequestRefused,
    CustomerNotKnown,
    FeeDemandNotFound,
    FeeNotPayable,
)
from billing.application.bills.fetch_bills import FetchBills
from billing.bootstrap import Billing
from billing.entrypoints.http.bills import schemas, views
from billing.entrypoints.http.blueprints import PAYERS, billers, payer, payments
from servicekit.http import EVERYBODY, application, idempotency_claim, mark_replayed
from servicekit.ids import public_id
from servicekit.instants import utc_now

# A bill fetch makes a record, but moves nothing.
FETCH_KEY_DAYS = 7

_BILLER_ID = {"in": "path", "name": "biller_id", "description": "Of GET /v1/billers.", "example": "JVVNL"}


@billers.route("/v1/billers")
@billers.requires("billers:read", roles=EVERYBODY)
@billers.arguments(schemas.BillersQuerySchema, location="query")
@billers.response(200, schemas.BillersSchema)
def list_billers(query: dict[str, Any]) -> dict[str, Any]:
    """The billers that can be paid.

    All of them on one page, or those of one category; each says what it asks of its customers.
    """
    category = query.get("category")
    listed = [b for b in application(Billing).billers.values() if category in (None, b.category)]
    return {"items": [views.biller_view(biller) for biller in listed], "next": None}


@billers.route("/v1/billers/<biller_id>", parameters=[_BILLER_ID])
@billers.requires("billers:read", roles=EVERYBODY)
@billers.raises(BillerNotFound)
@billers.response(200, schemas.BillerShownSchema)
def get_biller(biller_id: str) -> dict[str, Any]:
    """One biller.

    `customer_params` says what a bill fetch must name, `payment_modes` how and how much can be paid.
    """
    biller = application(Billing).billers.get(biller_id)
    if biller is None:
        raise BillerNotFound("No biller has this id; GET /v1/billers lists them.")
    return views.biller_view(biller)


@billers.route("/v1/billers/<biller_id>/plans", parameters=[{**_BILLER_ID, "example": "BSNL-PREPAID"}])
@billers.requires("billers:read", roles=EVERYBODY)
@billers.raises(BillerNotFound, BillRequestRefused, BillerUnavailable, BillerTimeout)
@billers.arguments(schemas.PlansQuerySchema, location="query")
@billers.response(200, schemas.PlansSchema)
def list_plans(query: dict[str, Any], biller_id: str) -> dict[str, Any]:
    """The plans of a prepaid biller.

    As its operator offers them in a circle at this moment; none of a biller that has no plans. Recharge with
    `customer_params` that name the plan, and its amount.
    """
    plans = application(Billing).plans.of(biller_id, query["circle"])
    return {"items": [views.plan_view(plan) for plan in plans], "next": None}


@payments.route("/v1/bill-fetches", methods=["POST"])
@payments.requires("bills:fetch", roles=PAYERS)
@payments.keyed("fetch-bills", retention_days=FETCH_KEY_DAYS)
@payments.raises(
    BillerNotFound,
    AccountRenumbered,
    CustomerNotKnown,
    BillRequestRefused,
    FeeDemandNotFound,
    FeeNotPayable,
    BillerUnavailable,
    BillerTimeout,
)
@payments.arguments(schemas.BillFetchRequestSchema, example=schemas.BILL_FETCH_EXAMPLE)
@payments.response(201, schemas.BillFetchShownSchema)
def fetch_bills(body: dict[str, Any]) -> dict[str, Any]:
    """Ask a biller what a customer owes.

    For an application's fee the biller is EMITRA-FEES and the parameter `application_id`. A biller whose `flow` is
    VALIDATE_AND_PAY or DIRECT lists no bills: name the `amount`, unless the fee follows from an order; the answer is a
    bill to pay like any other.
    """
    billing = application(Billing)
    amount = body.get("amount")
    fetched = billing.fetch_bills(
        FetchBills(
            bill_fetch_id=public_id("bfe"),
            biller_id=body["biller_id"],
            customer_params=body["customer_params"],
            payer=payer(body.get("channel")),
            claim=idempotency_claim(),
            at=utc_now(),
            amount_paise=amount["amount"] if amount else None,
        )
    )
    mark_replayed(fetched.replayed)
    biller = billing.billers.get(fetched.value.biller_id)
    if biller is None:
        raise BillerNotFound("This biller is no longer paid here.")
    return views.fetch_view(biller, billing.fees, fetched.value)
