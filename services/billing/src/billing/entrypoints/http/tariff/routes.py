"""The routes of fees and service charges."""

from typing import Any

from billing.bootstrap import Billing
from billing.domain.calendar import civil_day
from billing.entrypoints.http.blueprints import tariff
from billing.entrypoints.http.tariff import schemas, views
from servicekit.http import application
from servicekit.instants import utc_now


@tariff.route("/v1/service-charges")
@tariff.public("what citizens may be charged is for everybody to read")
@tariff.arguments(schemas.ServiceChargesQuerySchema, location="query")
@tariff.response(200, schemas.ServiceChargesSchema)
def list_service_charges(query: dict[str, Any]) -> dict[str, Any]:
    """What a citizen pays as service charge.

    For each kind of bill that is charged by its size, on one day: by which order, and how much. Where no order that we
    hold sets a charge for that day, `charge` is null. A day to come is told by the orders of today. What is charged by
    another rule is in `GET /v1/fees`.
    """
    on = query.get("on") or civil_day(utc_now())
    return views.service_charges_view(on, application(Billing).fees.rates_on(on))


@tariff.route("/v1/fees")
@tariff.public("what citizens may be charged is for everybody to read")
@tariff.arguments(schemas.ServiceChargesQuerySchema, location="query")
@tariff.response(200, schemas.FeesSchema)
def list_fees(query: dict[str, Any]) -> dict[str, Any]:
    """Every fee of one day, by the order that sets it.

    What paying a bill costs, by whatever rule (`GET /v1/service-charges` tells those by the size of the bill alone);
    what a centre may ask for papers and forms; and what bodies ask for examinations and registrations, in which window.
    What no order that we hold sets is null.
    """
    on = query.get("on") or civil_day(utc_now())
    billing = application(Billing)
    return views.fees_view(on, billing.fees, billing.billers.values())
