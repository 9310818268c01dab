"""The routes of top-ups."""

from datetime import datetime
from typing import Any

from flask import url_for

from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.top_ups.errors import TopUpNotFound
from billing.application.top_ups.request_top_up import RequestTopUp
from billing.application.wallets.errors import WalletNotOpen
from billing.bootstrap import Billing
from billing.domain.top_ups.top_up import TOP_UP_ENDED
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.top_ups import schemas, views
from billing.entrypoints.http.wallets.routes import KIOSK_ID, WALLET_READERS
from servicekit.http import Role, application, caller, cursor, idempotency_claim, mark_replayed, request_id
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

# Money: a kiosk may have been offline for days.
TOP_UP_KEY_DAYS = 30
PROCESSING_RETRY_AFTER_SECONDS = 2

# A centre's staff takes citizens' money; what the wallet is filled with is the operator's own.
_TOPPING_UP = frozenset({Role.MACHINE, Role.OPERATOR})
_TOP_UP_ID = {
    "in": "path",
    "name": "top_up_id",
    "description": "From the answer to POST /v1/wallets/{kiosk_id}/top-ups.",
    "example": "top_01930a6c5d2e7c1f9b3a4d5e6f708192",
}


@payments.route("/v1/wallets/<kiosk_id>/top-ups", methods=["POST"], parameters=[KIOSK_ID])
@payments.requires("payments:write", roles=_TOPPING_UP)
@payments.keyed("create-top-up", retention_days=TOP_UP_KEY_DAYS)
@payments.raises(WalletNotOpen, TopUpNotFound, CentreSuspended, CentreClosed)
@payments.arguments(schemas.TopUpRequestSchema, example=schemas.TOP_UP_EXAMPLE)
@payments.response(201, schemas.TopUpShownSchema, headers=["Location"])
@payments.alt_response(
    202,
    schema=schemas.TopUpShownSchema,
    description="Accepted; ask at Location after Retry-After.",
    headers=["Location", "Retry-After"],
)
def create_top_up(body: dict[str, Any], kiosk_id: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Put money into the centre's wallet.

    By the centre's operator or software, through the payment service provider. 201 when it came to its end within the
    request's time (act on `status`), else 202: what is in doubt is found out by itself, and nothing need be done. Not
    while the centre is suspended or closed; what was begun before is credited.
    """
    client = caller()
    made = application(Billing).request_top_up(
        RequestTopUp(
            top_up_id=public_id("top"),
            kiosk_id=kiosk_id,
            paise=body["amount"]["amount"],
            mode=body["mode"],
            instrument=body["payment_instrument"],
            client_id=client.client_id,
            reach=client.reach,
            request_id=request_id(),
            claim=idempotency_claim(),
            at=utc_now(),
        )
    )
    mark_replayed(made.replayed)
    top_up = made.value
    headers = {"Location": url_for("payments.get_top_up", kiosk_id=top_up.kiosk_id, top_up_id=top_up.top_up_id)}
    if top_up.state not in TOP_UP_ENDED:
        headers["Retry-After"] = str(PROCESSING_RETRY_AFTER_SECONDS)
    return views.top_up_view(top_up), 201 if top_up.state in TOP_UP_ENDED else 202, headers


@payments.route("/v1/wallets/<kiosk_id>/top-ups", parameters=[KIOSK_ID])
@payments.requires("wallet:read", roles=WALLET_READERS)
@payments.raises(WalletNotOpen)
@payments.arguments(schemas.TopUpsQuerySchema, location="query")
@payments.response(200, schemas.TopUpsShownSchema)
def list_top_ups(query: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """A centre's top-ups.

    The latest first, those in doubt among them.
    """
    before = None
    if "cursor" in query:
        position = cursor().decode(query["cursor"])
        before = datetime.fromisoformat(position["at"]), str(position["id"])
    shown = application(Billing).top_ups.of(kiosk_id, caller().reach, before=before, limit=query["limit"] + 1)
    page = shown[: query["limit"]]
    last = page[-1] if len(shown) > len(page) else None
    following = cursor().encode({"at": rfc3339(last.created_at), "id": last.top_up_id}) if last else None
    return {"items": [views.top_up_view(top_up) for top_up in page], "next": following}


@payments.route("/v1/wallets/<kiosk_id>/top-ups/<top_up_id>", parameters=[KIOSK_ID, _TOP_UP_ID])
@payments.requires("wallet:read", roles=WALLET_READERS)
@payments.raises(TopUpNotFound)
@payments.response(200, schemas.TopUpShownSchema)
def get_top_up(kiosk_id: str, top_up_id: str) -> dict[str, Any]:
    """One top-up.

    As it is at this moment, for whoever may see the centre's wallet.
    """
    return views.top_up_view(application(Billing).top_ups.get(kiosk_id, top_up_id, caller().reach))
