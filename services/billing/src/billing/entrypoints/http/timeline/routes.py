"""The routes of timelines."""

from typing import Any

from billing.application.payments.errors import PaymentNotFound
from billing.application.timeline.errors import TimelineChanged
from billing.application.timeline.read_timeline import Viewer
from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import PAYERS, payments
from billing.entrypoints.http.payments.routes import PAYMENT_ID
from billing.entrypoints.http.timeline import schemas, views
from servicekit.http import Role, application, caller
from servicekit.instants import utc_now

# Keys change rarely, and an earlier one stays published, so whoever checks may keep them for an hour.
_KEYS_CACHE_CONTROL = "public, max-age=3600"
# A citizen and a department see what happened, with the amounts; not between which accounts of a centre's.
_WITHOUT_LEGS = frozenset({Role.CITIZEN, Role.OFFICER})
_SEEING = PAYERS | {Role.LSP, Role.OFFICER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR}


@payments.route("/v1/payments/<payment_id>/timeline", parameters=[PAYMENT_ID])
@payments.requires("payments:read", roles=_SEEING)
@payments.raises(PaymentNotFound, TimelineChanged)
@payments.response(200, schemas.TimelineShownSchema)
def get_timeline(payment_id: str) -> dict[str, Any]:
    """What happened to the money of a payment.

    Every state, entry of the ledger, answer of the biller and the payment provider, event and refund, chained by
    digests and signed. It is one chain for the citizen, the centre, its provider, the department and the
    administration: what of a hop is not for a caller is in it as a digest. Whoever kept an earlier copy can show that
    nothing in it was changed.
    """
    client = caller()
    lsp_id = client.person.lsp_id if client.person and client.role == Role.LSP else None
    with_legs = client.role not in _WITHOUT_LEGS and not (client.role == Role.MACHINE and client.kiosk_id is None)
    timeline = application(Billing).timelines.of(payment_id, Viewer(client.reach, lsp_id), utc_now())
    return views.timeline_view(timeline, with_legs=with_legs)


@payments.route("/v1/timeline-keys")
@payments.public("public keys, to check a timeline without us")
@payments.response(200, schemas.TimelineKeysSchema, headers=["Cache-Control"])
def list_timeline_keys() -> tuple[dict[str, Any], int, dict[str, str]]:
    """The public keys that timelines are signed with.

    The earlier ones included: what was signed stays evidence.
    """
    return dict(application(Billing).timelines.seal.public_keys()), 200, {"Cache-Control": _KEYS_CACHE_CONTROL}
