"""The routes of settlements."""

from datetime import date
from typing import Any

from flask import Response

from billing.application.settlement.errors import SettlementNotFound
from billing.application.settlement.read_settlements import Desk
from billing.bootstrap import Billing
from billing.domain.settlement.settlement import Settlement
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.settlements import schemas
from servicekit.errors import NotPermitted
from servicekit.http import Role, application, caller, cursor
from servicekit.money import money

CSV = "text/csv"
_READING = frozenset({Role.OFFICER, Role.STATE_ADMIN, Role.AUDITOR})


@payments.route("/v1/settlements")
@payments.requires("payments:read", roles=_READING)
@payments.arguments(schemas.SettlementsQuerySchema, location="query")
@payments.response(200, schemas.SettlementsShownSchema)
def list_settlements(query: dict[str, Any]) -> dict[str, Any]:
    """What billers were paid.

    A department's officer sees those of its billers, the state administration and auditors all; the latest days in
    front.
    """
    before = None
    if "cursor" in query:
        position = cursor().decode(query["cursor"])
        before = date.fromisoformat(position["day"]), str(position["id"])
    limit = query["limit"]
    rows = application(Billing).settlement_reader.page(_desk(), before=before, limit=limit + 1)
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    following = cursor().encode({"day": last.day.isoformat(), "id": last.settlement_id}) if last else None
    return {"items": [_shown(row) for row in page], "next": following}


@payments.route("/v1/settlements/<settlement_id>", parameters=[schemas.SETTLEMENT_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(SettlementNotFound)
@payments.response(200, schemas.SettlementShownSchema)
def get_settlement(settlement_id: str) -> dict[str, Any]:
    """What a biller was paid for a day.

    With totals, and the hash of the file that lists what they are made of.
    """
    return _shown(application(Billing).settlement_reader.get(settlement_id, _desk()))


@payments.route("/v1/settlements/<settlement_id>/lines-csv", parameters=[schemas.SETTLEMENT_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(SettlementNotFound)
@payments.response(200, {"type": "string"}, content_type=CSV)
def get_settlement_file(settlement_id: str) -> Response:
    """The file of a settlement.

    A line for each act (`entry_id,payment_id,paise,at`), below zero where money went back, between a heading and the
    totals: always the same bytes, of which `file_sha256` is the hash. It names no person.
    """
    settlement, lines = application(Billing).settlement_reader.file(settlement_id, _desk())
    response = Response("".join(f"{line}\n" for line in lines), content_type=f"{CSV}; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{settlement.biller_id}-{settlement.day}-{settlement_id}.csv"'
    )
    return response


def _desk() -> Desk:
    """Raises NotPermitted for an officer whose token names no department: unset is never all."""
    client = caller()
    if client.role != Role.OFFICER:
        return Desk(None)
    if client.person is None or not client.person.department:
        raise NotPermitted(
            "This is for a department's officers, and the token names no department.",
            detail_hi="यह विभाग के अधिकारियों के लिए है, और टोकन में कोई विभाग नहीं है।",
        )
    return Desk(client.person.department)


def _shown(settlement: Settlement) -> dict[str, Any]:
    return {
        "settlement_id": settlement.settlement_id,
        "biller_id": settlement.biller_id,
        "department": settlement.department,
        "day": settlement.day,
        "lines": settlement.lines,
        "gross": money(settlement.gross_paise),
        "refunded": money(settlement.refunded_paise),
        "net": money(settlement.net_paise),
        "held_back": settlement.held_back,
        "file_sha256": settlement.file_sha256,
        "settled_at": settlement.closed_at,
    }
