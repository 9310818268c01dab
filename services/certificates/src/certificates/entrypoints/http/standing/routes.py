"""The routes of standing."""

from typing import Any

from certificates.application.applications.errors import ApplicationNotFound, UnknownApplicationType
from certificates.bootstrap import Certificates
from certificates.entrypoints.http.applications.routes import APPLICATION_ID
from certificates.entrypoints.http.blueprint import APPLICANTS, READERS, blueprint, viewer
from certificates.entrypoints.http.standing import schemas, views
from certificates.entrypoints.http.types.routes import APPLICATION_TYPE
from servicekit.access import Belonging
from servicekit.http import EVERYBODY, Role, application, caller
from servicekit.instants import utc_now


@blueprint.route("/v1/applications/<string:application_id>/standing", parameters=[APPLICATION_ID])
@blueprint.requires("applications:read", roles=READERS)
@blueprint.raises(ApplicationNotFound)
@blueprint.response(200, schemas.StandingSchema)
def get_application_standing(application_id: str) -> dict[str, Any]:
    """Where an application stands, and what can be done with it now.

    At whose desk it is, since when and until when; how long that desk takes; what is asked of the applicant, and why.
    """
    standing = application(Certificates).standing.get(
        application_id, viewer(), applicant=caller().role in APPLICANTS, at=utc_now()
    )
    return views.standing(standing)


@blueprint.route("/v1/application-types/<string:application_type>/desks", parameters=[APPLICATION_TYPE])
@blueprint.requires("applications:read", roles=EVERYBODY)
@blueprint.raises(UnknownApplicationType)
@blueprint.arguments(schemas.DesksQuerySchema, location="query")
@blueprint.response(200, schemas.DesksSchema)
def list_application_type_desks(query: dict[str, Any], application_type: str) -> dict[str, Any]:
    """The offices that decide a type in a district, in order of work, and how long each takes.

    For who wants to know before applying.
    """
    desks = application(Certificates).standing.desks(application_type, query["district_code"])
    return {"items": [views.desk(desk) for desk in desks], "next": None}


@blueprint.route("/v1/desk-healths")
@blueprint.public("how offices keep their limits is the public's to know; nobody is named")
@blueprint.arguments(schemas.DeskHealthsQuerySchema, location="query")
@blueprint.response(200, schemas.DeskHealthsSchema)
def list_desk_healths(query: dict[str, Any]) -> dict[str, Any]:
    """How the offices of a district keep up, as counted within the last minutes.

    What waits, what is late, what was decided in the last month, and whether a desk falls behind.
    """
    healths = application(Certificates).desk_healths.of(query["district_code"], None)
    return {"items": [views.desk_health(health) for health in healths], "next": None}


@blueprint.route("/v1/officer-desk-healths")
@blueprint.requires("applications:read", roles=[Role.OFFICER, Role.DISTRICT_ADMIN, Role.AUDITOR])
@blueprint.arguments(schemas.DeskHealthsQuerySchema, location="query")
@blueprint.response(200, schemas.OfficerDeskHealthsSchema)
def list_officer_desk_healths(query: dict[str, Any]) -> dict[str, Any]:
    """How the offices of a district keep up, with how much each officer decided.

    An officer sees the own department in the own districts, the administration its districts.
    """
    reach = caller().reach
    healths = [
        health
        for health in application(Certificates).desk_healths.of(query["district_code"], None)
        if reach.covers(
            Belonging(
                client_id="",
                kiosk_id=None,
                person_id=None,
                departments=[health.department],
                district_code=health.district_code,
            )
        )
    ]
    return {"items": [views.officer_desk_health(health) for health in healths], "next": None}
