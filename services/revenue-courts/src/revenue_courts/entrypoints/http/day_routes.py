"""A court's day, for its officers."""

from typing import Any

from revenue_courts.application.close_day import CloseDay
from revenue_courts.application.errors import CourtNotFound, DayNotPossible, NotOfThisCourt
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.entrypoints.http import day_schemas as schemas
from revenue_courts.entrypoints.http.blueprint import ACT, PREFIX, blueprint, viewer
from revenue_courts.entrypoints.http.court_routes import COURT_CODE
from revenue_courts.entrypoints.http.officer_routes import known_code
from servicekit.http import Role, application, caller, request_id
from servicekit.instants import utc_now


@blueprint.route(f"{PREFIX}/courts/<string:court_code>/closures", methods=["POST"], parameters=[COURT_CODE])
@blueprint.requires(ACT, roles=[Role.OFFICER])
@blueprint.repeatable("a repeat goes on with what is still listed on the day, and moves nothing twice")
@blueprint.raises(CourtNotFound, NotOfThisCourt, DayNotPossible)
@blueprint.arguments(schemas.CourtClosureRequestSchema, example=schemas.CLOSURE_EXAMPLE)
@blueprint.response(200, schemas.CourtClosureSchema)
def close_court_day(body: dict[str, Any], court_code: str) -> dict[str, Any]:
    """Let a day fall away, and give its cases other dates.

    For a holiday of the court or its officer's leave. Nothing new is set for the day; each case on its list is
    adjourned to one of the days that are given, and told. At most 50 cases in one request: ask again while some are
    left. By the reader or the presiding officer.
    """
    services = application(RevenueCourts)
    known_code(body["reason"], services.codes.adjournments, "/reason")
    done = services.close_day(
        CloseDay(
            court_code=court_code,
            on=body["on"],
            days=sorted(set(body["days"])),
            reason=body["reason"],
            text=body["text"],
            viewer=viewer(),
            client_id=caller().client_id,
            request_id=request_id(),
            at=utc_now(),
        )
    )
    refused = [{"court_case_id": case_id, "code": code} for case_id, code in done.refused.items()]
    return {"moved": done.moved, "refused": refused, "left": done.left}
