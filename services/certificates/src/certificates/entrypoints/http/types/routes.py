"""The routes of application types."""

from typing import Any

from certificates.application.applications.errors import UnknownApplicationType
from certificates.bootstrap import Certificates
from certificates.domain.sla.calendar import civil_date
from certificates.entrypoints.http.blueprint import blueprint
from certificates.entrypoints.http.types import schemas, views
from servicekit.http import EVERYBODY, application
from servicekit.instants import utc_now

APPLICATION_TYPE = {
    "in": "path",
    "name": "application_type",
    "description": "A code of GET /v1/application-types.",
    "example": "domicile",
}


@blueprint.route("/v1/application-types")
@blueprint.requires("applications:read", roles=EVERYBODY)
@blueprint.response(200, schemas.ApplicationTypesSchema)
def list_application_types() -> dict[str, Any]:
    """What may be applied for, with today's fee.

    All types on one page.
    """
    today = civil_date(utc_now())
    types = application(Certificates).rulebook.types.values()
    return {"items": [views.type_summary(application_type, today) for application_type in types], "next": None}


@blueprint.route("/v1/application-types/<string:application_type>", parameters=[APPLICATION_TYPE])
@blueprint.requires("applications:read", roles=EVERYBODY)
@blueprint.raises(UnknownApplicationType)
@blueprint.response(200, schemas.ApplicationTypeSchema)
def get_application_type(application_type: str) -> dict[str, Any]:
    """One type of application.

    Its form, documents, fee, steps, signer and legal basis: all that a client needs to ask for it.
    """
    rulebook = application(Certificates).rulebook
    described = rulebook.types.get(application_type)
    if described is None:
        raise UnknownApplicationType("There is no application type of that code.")
    return views.type_details(described, rulebook.refusal_reasons, civil_date(utc_now()))
