"""The route of statements."""

import re
from datetime import date
from typing import Any

from billing.application.commission.errors import StatementNotFound
from billing.application.timeline.read_timeline import Viewer
from billing.bootstrap import Billing
from billing.domain.calendar import EARLIEST_DAY, LATEST_DAY
from billing.entrypoints.commission_documents import statement_document
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.commission import schemas
from servicekit.http import Role, application, caller

_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_READING = frozenset({Role.MACHINE, Role.OPERATOR, Role.LSP, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR})


@payments.route("/v1/commission-statements/<month>", parameters=[schemas.MONTH])
@payments.requires("payments:read", roles=_READING)
@payments.raises(StatementNotFound)
@payments.arguments(schemas.CommissionQuerySchema, location="query")
@payments.response(200, schemas.CommissionStatementSchema)
def get_commission_statement(query: dict[str, Any], month: str) -> dict[str, Any]:
    """A month's commission of a centre, line by line.

    Each line names its event and its rule, and is exact to the paisa. What no order states is in suspense. The same
    statement recomputes with `check_commission.py`, which needs nothing of ours.
    """
    client = caller()
    kiosk_id = query["kiosk_id"] or client.kiosk_id
    if not _MONTH.fullmatch(month) or not str(EARLIEST_DAY) <= f"{month}-01" <= str(LATEST_DAY):
        raise StatementNotFound("A month looks like 2026-11.")
    lsp_id = client.person.lsp_id if client.person and client.role == Role.LSP else None
    first = date.fromisoformat(f"{month}-01")
    lines = application(Billing).commission.seen_by(Viewer(client.reach, lsp_id), kiosk_id, first)
    return {**statement_document(kiosk_id or "", first, lines), "next": None}
