"""The route of money in doubt."""

from datetime import timedelta
from typing import Any

from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import tariff
from billing.entrypoints.http.doubts import schemas
from servicekit.http import application
from servicekit.instants import utc_now


@tariff.route("/v1/in-doubt")
@tariff.public("what the platform does not know of people's money is a public number")
@tariff.response(200, schemas.DoubtsShownSchema)
def list_in_doubt() -> dict[str, Any]:
    """What is in doubt now.

    By biller and mode: how many payments have no answer yet, how many of them are past the published limit, and since
    when the oldest is open. Counts are told as classes, and of nobody's payment.
    """
    at = utc_now()
    rows = application(Billing).doubts.in_doubt(at)
    items = [
        {
            "biller_id": row.biller_id,
            "biller_name": row.biller.name if row.biller else row.biller_id,
            "biller_name_hi": row.biller.name_hi if row.biller else row.biller_id,
            "mode": row.mode,
            "limit_hours": row.limit / timedelta(hours=1),
            "queue_hours": row.queue_limit / timedelta(hours=1),
            "in_doubt": row.count.name,
            "late": row.late.name,
            "oldest_hours": row.oldest_hours,
        }
        for row in rows
    ]
    return {"items": items, "next": None, "as_of": at}
