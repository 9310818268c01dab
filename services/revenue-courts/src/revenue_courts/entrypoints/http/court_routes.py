"""What is everybody's: courts, kinds of cases, lists of a day, and how far a case is."""

from datetime import date
from typing import Any

from revenue_courts.application.errors import CourtCaseNotFound, CourtNotFound
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.closure import without
from revenue_courts.domain.courts import Level
from revenue_courts.domain.pendency import shown_months
from revenue_courts.entrypoints.http import court_schemas as schemas
from revenue_courts.entrypoints.http import court_views as views
from revenue_courts.entrypoints.http.blueprint import PREFIX, blueprint
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.http import application, cursor
from servicekit.instants import utc_now

COURT_CODE = {
    "in": "path",
    "name": "court_code",
    "description": "From GET /v1/revenue-courts/courts.",
    "example": "bor",
}
_ON = {"in": "path", "name": "on", "description": "A day, such as 2026-12-01.", "example": "2026-12-01"}


@blueprint.route(f"{PREFIX}/courts")
@blueprint.public("which courts there are is for everybody to know")
@blueprint.arguments(schemas.CourtQuerySchema, location="query")
@blueprint.response(200, schemas.CourtsSchema)
def list_revenue_courts(query: dict[str, Any]) -> dict[str, Any]:
    """The revenue courts of today.

    Those that are known: of about 1,330 the Board of Revenue ships, and in the sandbox some that are invented; the
    others are loaded as the department gives them.
    """
    after = cursor().decode(query["cursor"])["code"] if "cursor" in query else None
    limit = query["limit"]
    level = Level(query["level"]) if "level" in query else None
    courts = application(RevenueCourts).courts.page(
        query.get("district_code"), level, civil_date(utc_now()), after, limit + 1
    )
    following = cursor().encode({"code": courts[limit - 1].code}) if len(courts) > limit else None
    return {"items": [views.court(court) for court in courts[:limit]], "next": following}


@blueprint.route(f"{PREFIX}/courts/<string:court_code>", parameters=[COURT_CODE])
@blueprint.public("which courts there are is for everybody to know")
@blueprint.raises(CourtNotFound)
@blueprint.response(200, schemas.CourtSchema)
def get_revenue_court(court_code: str) -> dict[str, Any]:
    """One court, and what it may hear.

    Also one that ended: its cases still name it.
    """
    return views.court(application(RevenueCourts).cases.court(court_code))


@blueprint.route(f"{PREFIX}/case-kinds")
@blueprint.public("what may be filed is for everybody to know")
@blueprint.response(200, schemas.CaseKindsSchema)
def list_case_kinds() -> dict[str, Any]:
    """What may be brought before a revenue court.

    With the reliefs that may be asked for, and what of limitation and court fee is unset. All on one page.
    """
    services = application(RevenueCourts)
    items = [views.kind(kind) for kind in services.kinds.values()]
    return {"items": items, "next": None, "codes": views.codes(services.codes)}


@blueprint.route(f"{PREFIX}/courts/<string:court_code>/cause-lists/<string:on>", parameters=[COURT_CODE, _ON])
@blueprint.public("a court sits in public; its list names no party")
@blueprint.raises(CourtNotFound)
@blueprint.arguments(schemas.CauseListQuerySchema, location="query")
@blueprint.response(200, schemas.CauseListSchema)
def get_cause_list(query: dict[str, Any], court_code: str, on: str) -> dict[str, Any]:
    """What is before a court on a day.

    By number and purpose, without the parties.
    """
    services, day = application(RevenueCourts), _day(on)
    after = cursor().decode(query["cursor"])["place"] if "cursor" in query else None
    court, lines, following = services.cases.cause_list(court_code, day, after, query["limit"])
    own = services.closures.of(court.code)
    closed = without(services.calendar, own, dict(services.codes.adjournments)).closed(day)
    return {
        "court_code": court.code,
        "court_name": views.label(court.name),
        "on": day.isoformat(),
        "closed": closed and views.label(closed),
        "items": [views.listed(line, services.kinds, services.codes) for line in lines],
        "next": None if following is None else cursor().encode({"place": following}),
    }


@blueprint.route(f"{PREFIX}/pendency")
@blueprint.public("how long courts take is for everybody to know; only counts are told")
@blueprint.raises(CourtNotFound)
@blueprint.arguments(schemas.PendencyQuerySchema, location="query")
@blueprint.response(200, schemas.PendencySchema)
def get_court_pendency(query: dict[str, Any]) -> dict[str, Any]:
    """How many cases are before the courts, and how fast they go.

    Of one court or of the whole state, by the year in which they came. Counted with every act, not looked up. What is
    over a limit is not told: no days of disposal are set.
    """
    services, months = application(RevenueCourts), shown_months(civil_date(utc_now()))
    if "court_code" in query:
        counts = services.pendency.of(services.cases.court(query["court_code"]).code, months)
    else:
        counts = services.pendency.of_the_state(months)
    return views.pendency(counts, months)


@blueprint.route(f"{PREFIX}/case-standings")
@blueprint.public("how far a case is stands on the court's board; nothing of the parties is told")
@blueprint.raises(CourtCaseNotFound)
@blueprint.arguments(schemas.CaseStandingQuerySchema, location="query")
@blueprint.response(200, schemas.CaseStandingSchema)
def get_case_standing(query: dict[str, Any]) -> dict[str, Any]:
    """How far the case with a number is.

    For parties, advocates and whoever else has the number; by the token of the filing it is POST
    /v1/transaction-lookups.
    """
    services = application(RevenueCourts)
    case, lines = services.cases.by_number(query["number"])
    return views.standing(case, lines, services.kinds, services.codes)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        problem = FieldProblem("on", "invalid", "Must be a day such as 2026-12-01.", "2026-12-01 जैसी तिथि दें।")
        raise ValidationFailed("The address names no day.", errors=[problem]) from None
