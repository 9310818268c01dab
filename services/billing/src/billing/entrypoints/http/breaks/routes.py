"""The routes of breaks."""

from datetime import datetime
from typing import Any

from billing.application.breaks.approve_ending import ApproveEnding
from billing.application.breaks.errors import BreakEnded, BreakNotFound, ProposalChanged, SamePerson
from billing.application.breaks.propose_ending import ProposeEnding
from billing.bootstrap import Billing
from billing.domain.breaks.ending import Ending
from billing.entrypoints.http.blueprints import payments
from billing.entrypoints.http.breaks import schemas, views
from servicekit.errors import NotPermitted
from servicekit.http import Role, application, caller, cursor
from servicekit.ids import public_id
from servicekit.instants import rfc3339, utc_now

# Who answers for the state's money ends what nobody else can; auditors look on.
_ENDING = frozenset({Role.STATE_ADMIN})
_READING = _ENDING | {Role.AUDITOR}
_BREAK_ID = {
    "in": "path",
    "name": "break_id",
    "description": "From GET /v1/breaks.",
    "example": "pay_01a2076b44007ff7a6151691ea9526ea:unresolved",
}


@payments.route("/v1/breaks")
@payments.requires("payments:read", roles=_READING)
@payments.arguments(schemas.BreaksQuerySchema, location="query")
@payments.response(200, schemas.BreaksShownSchema)
def list_breaks(query: dict[str, Any]) -> dict[str, Any]:
    """Differences that need people.

    Payments, refunds and top-ups that no answer ended by their deadline, and what else the sagas could not end
    themselves; those that are due first in front.
    """
    after = None
    if "cursor" in query:
        position = cursor().decode(query["cursor"])
        after = datetime.fromisoformat(position["at"]), str(position["id"])
    at, limit = utc_now(), query["limit"]
    rows = application(Billing).breaks.page(is_open=query["status"] == "open", after=after, limit=limit + 1)
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    following = cursor().encode({"at": rfc3339(last.due_at), "id": last.break_id}) if last else None
    return {"items": [views.summary_view(row, at) for row in page], "next": following}


@payments.route("/v1/breaks/<break_id>", parameters=[_BREAK_ID])
@payments.requires("payments:read", roles=_READING)
@payments.raises(BreakNotFound)
@payments.response(200, schemas.BreakShownSchema)
def get_break(break_id: str) -> dict[str, Any]:
    """One break.

    With the endings there are for it now, and what the proposal books once it is approved.
    """
    at = utc_now()
    return views.break_view(application(Billing).breaks.get(break_id, at), at)


@payments.route("/v1/breaks/<break_id>/proposal", methods=["PUT"], parameters=[_BREAK_ID])
@payments.requires("payments:write", roles=_ENDING)
@payments.raises(BreakNotFound, BreakEnded)
@payments.arguments(schemas.ProposalRequestSchema, example=schemas.PROPOSAL_EXAMPLE)
@payments.response(200, schemas.BreakShownSchema)
def propose_ending(body: dict[str, Any], break_id: str) -> dict[str, Any]:
    """Propose how a break ends.

    Nothing is booked by it: the answer shows what will be, once another person approves. It takes the place of an
    earlier proposal; the same again changes nothing.
    """
    person_id, at = _person_id(), utc_now()
    shown = application(Billing).propose_ending(
        ProposeEnding(
            break_id, public_id("prp"), Ending(body["ending"]), body.get("reference"), body["evidence"], person_id, at
        )
    )
    return views.break_view(shown, at)


@payments.route("/v1/breaks/<break_id>/approvals", methods=["POST"], parameters=[_BREAK_ID])
@payments.requires("payments:write", roles=_ENDING)
@payments.repeatable("it names the proposal that it approves, which ends its break once")
@payments.raises(BreakNotFound, BreakEnded, SamePerson, ProposalChanged)
@payments.arguments(schemas.ApprovalRequestSchema)
@payments.response(200, schemas.BreakShownSchema)
def approve_ending(body: dict[str, Any], break_id: str) -> dict[str, Any]:
    """Approve how a break ends.

    By another person than who proposed it, whatever client either signed in by (403 otherwise). It books what the
    proposal shows, once; if what it is about has moved since, an answer that came among it, 412 says so and nothing is
    booked.
    """
    person_id, at = _person_id(), utc_now()
    shown = application(Billing).approve_ending(ApproveEnding(break_id, body["proposal_id"], person_id, at))
    return views.break_view(shown, at)


def _person_id() -> str:
    """Who does it: a person is one, by however many clients they signed in. Raises NotPermitted."""
    known = caller()
    assert known.person is not None  # the roles are people's
    if known.actor is not None:
        # Two whom one person acts for would be one, and one whom two act for would be two.
        raise NotPermitted(
            "How a break ends is said by who answers for it, and by nobody for them.",
            detail_hi="यह निर्णय वही व्यक्ति दे सकता है जो उत्तरदायी है, उनकी ओर से कोई और नहीं।",
        )
    return known.person.id
