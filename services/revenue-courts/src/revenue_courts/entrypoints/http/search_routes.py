"""Looking cases up by number, party, land and advocate."""

from typing import Any

from revenue_courts.application.read_cases import Sought
from revenue_courts.bootstrap import RevenueCourts
from revenue_courts.domain.search import land_key, words
from revenue_courts.entrypoints.http import case_schemas as schemas
from revenue_courts.entrypoints.http import case_views as views
from revenue_courts.entrypoints.http.blueprint import PREFIX, READ, READERS, blueprint, viewer
from revenue_courts.entrypoints.http.search_schemas import SEARCH_EXAMPLE, CaseSearchSchema
from servicekit.http import Role, application, caller, cursor


@blueprint.route(f"{PREFIX}/case-searches", methods=["POST"])
@blueprint.requires(READ, roles=READERS - {Role.AUDITOR})
@blueprint.repeatable("a question: nothing is kept")
@blueprint.arguments(CaseSearchSchema, example=SEARCH_EXAMPLE)
@blueprint.response(200, schemas.CourtCasesSchema)
def search_court_cases(body: dict[str, Any]) -> dict[str, Any]:
    """Search cases by number, party, khasra or advocate.

    Among those that the caller may see, the youngest first. A POST, so that no name stands in an address. What is held
    in camera is found by who filed it, and by its court's officers when they name the court.
    """
    services = application(RevenueCourts)
    cases, following = services.cases.page(
        viewer(),
        role=caller().role,
        after=cursor().decode(body["cursor"])["id"] if "cursor" in body else None,
        limit=body["limit"],
        **_sought(body),
    )
    items = [views.summary(case, services.codes) for case in cases]
    return {"items": items, "next": None if following is None else cursor().encode({"id": following})}


def _sought(body: dict[str, Any]) -> Sought:
    sought = Sought(court_code=body.get("court_code"), district_code=body.get("district_code"))
    if "number" in body:
        sought["number"] = body["number"]
    if "party" in body:
        sought["party"] = words(body["party"])
    if "land" in body:
        sought["land_key"] = land_key(**body["land"])
    if "enrolment" in body:
        sought["enrolment"] = body["enrolment"]
    return sought
