"""The HTTP routes."""

from typing import Any

from certificates.application.applications.errors import OfficerRequired, UnknownApplicationType
from certificates.application.applications.ports import Position
from certificates.application.applications.submit_application import SubmitApplication
from certificates.application.officers.decide_application import DecideApplication
from certificates.application.viewer import Viewer
from certificates.bootstrap import Certificates
from certificates.domain.applications.application import Decision
from certificates.domain.officer import Officer
from certificates.domain.sla.calendar import civil_date
from certificates.entrypoints.http.applications import schemas, views
from servicekit.http import Blueprint, application, caller, cursor, idempotency_claim, mark_replayed, request_id
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.instants import utc_now

# Records that move no money are remembered for a week: a centre may be offline for days.
KEY_RETENTION_DAYS = 7
# Keys change rarely and overlap for long, so verifiers may keep them for an hour.
KEYS_CACHE_CONTROL = "public, max-age=3600"

OFFICER_ROLE = "officer"
DECISIONS = {"approve": Decision.APPROVED, "reject": Decision.REJECTED, "send_back": Decision.SENT_BACK}

blueprint = Blueprint("certificates", description="Applications, decisions and certificates.")

Answer = tuple[dict[str, Any], int, dict[str, str]]

_APPLICATION_TYPE = {
    "in": "path",
    "name": "application_type",
    "description": "A code of GET /v1/application-types.",
    "example": "domicile",
}
_APPLICATION_ID = {
    "in": "path",
    "name": "application_id",
    "description": "From the answer to POST /v1/applications.",
    "example": "app_01a2117a73e07c0fa29ee9f787e4850a",
}
_CERTIFICATE_ID = {
    "in": "path",
    "name": "certificate_id",
    "description": "Of an application that is ISSUED.",
    "example": "crt_01a2117a74f078ff95842580c1cbe108",
}


@blueprint.route("/v1/application-types")
@blueprint.requires("applications:read")
@blueprint.response(200, schemas.ApplicationTypesSchema)
def list_application_types() -> dict[str, Any]:
    """What may be applied for, with today's fee."""
    today = civil_date(utc_now())
    types = application(Certificates).rulebook.types.values()
    return {"items": [views.type_summary(each, today) for each in types], "next": None}


@blueprint.route("/v1/application-types/<string:application_type>", parameters=[_APPLICATION_TYPE])
@blueprint.requires("applications:read")
@blueprint.response(200, schemas.ApplicationTypeSchema)
def get_application_type(application_type: str) -> dict[str, Any]:
    """One type: its form, documents, fee, steps, signer and legal basis."""
    found = application(Certificates).rulebook.types.get(application_type)
    if found is None:
        raise UnknownApplicationType("There is no application type of that code.")
    return views.type_details(found, civil_date(utc_now()))


@blueprint.route("/v1/applications", methods=["POST"])
@blueprint.requires("applications:write")
@blueprint.keyed("submit-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.arguments(schemas.SubmitSchema, example=schemas.APPLICATION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema)
def submit_application(body: dict[str, Any]) -> Answer:
    """Apply. The answer says what is to be paid and how; without a fee verification begins at once."""
    services = application(Certificates)
    once = services.submit_application(
        SubmitApplication(
            application_id=public_id("app"),
            transaction_token=transaction_token(),
            event_id=event_id(),
            client_id=caller().client_id,
            kiosk_id=caller().kiosk_id,
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
            **body,
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@blueprint.route("/v1/applications")
@blueprint.requires("applications:read")
@blueprint.arguments(schemas.ApplicationQuerySchema, location="query")
@blueprint.response(200, schemas.ApplicationsSchema)
def list_applications(query: dict[str, Any]) -> dict[str, Any]:
    """Applications, those due first in front.

    An officer gets the queue of the own department and districts (state IN_VERIFICATION unless asked
    otherwise); a centre what was lodged there; a portal what it lodged.
    """
    after = Position(**cursor().decode(query["cursor"])) if "cursor" in query else None
    found, following = application(Certificates).applications.page(
        _viewer(), state=query.get("state"), district_code=query.get("district_code"), after=after, limit=query["limit"]
    )
    position = None if following is None else cursor().encode(vars(following))
    return {"items": [views.application_summary(each) for each in found], "next": position}


@blueprint.route("/v1/applications/<string:application_id>", parameters=[_APPLICATION_ID])
@blueprint.requires("applications:read")
@blueprint.response(200, schemas.ApplicationSchema)
def get_application(application_id: str) -> Answer:
    """An application as it is now, with its form; the ETag is its version."""
    found = application(Certificates).applications.get(application_id, _viewer())
    return views.application_details(found), 200, {"ETag": views.etag(found)}


@blueprint.route("/v1/applications/<string:application_id>/decisions", methods=["POST"], parameters=[_APPLICATION_ID])
@blueprint.requires("applications:decide")
@blueprint.keyed("decide-application", retention_days=KEY_RETENTION_DAYS)
@blueprint.arguments(schemas.DecisionSchema, example=schemas.DECISION_EXAMPLE)
@blueprint.response(201, schemas.ApplicationSchema)
def decide_application(body: dict[str, Any], application_id: str) -> Answer:
    """Decide the step in hand; the last approval issues the certificate. Answers the application as it is now."""
    once = application(Certificates).decide_application(
        DecideApplication(
            application_id=application_id,
            officer=_deciding_officer(),
            decision=DECISIONS[body["decision"]],
            remarks=body.get("remarks"),
            step=body.get("step"),
            certificate_id=public_id("crt"),
            decided_event_id=event_id(),
            issued_event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _created(once.value)


@blueprint.route("/v1/certificates/<string:certificate_id>", parameters=[_CERTIFICATE_ID])
@blueprint.requires("applications:read")
@blueprint.response(200, schemas.CertificateSchema)
def get_certificate(certificate_id: str) -> dict[str, Any]:
    """A certificate with its signed document."""
    services = application(Certificates)
    found = services.certificates.get(certificate_id, _viewer())
    return views.certificate_details(found, services.rulebook.types[found.type_code].doctype)


@blueprint.route("/v1/certificate-verifications", methods=["POST"])
@blueprint.public()
@blueprint.arguments(schemas.VerificationRequestSchema, example={"document": "eyJ.eyJ.c2ln"})
@blueprint.response(200, schemas.VerificationSchema)
def verify_certificate(body: dict[str, Any]) -> dict[str, Any]:
    """Whether a document is a certificate of ours, unchanged and in force. Anybody may ask; nothing is kept."""
    return views.verification(application(Certificates).certificates.verify(body["document"], utc_now()))


@blueprint.route("/v1/certificate-keys")
@blueprint.public()
@blueprint.response(200, schemas.KeySetSchema)
def list_certificate_keys() -> Answer:
    """The public keys that verify documents offline, the earlier ones included."""
    keys = dict(application(Certificates).signatures.public_keys())
    return keys, 200, {"Cache-Control": KEYS_CACHE_CONTROL}


@blueprint.route("/v1/internal/transactions/<string:token>")
@blueprint.internal()
@blueprint.response(200, schemas.TransactionSchema)
def get_transaction(token: str) -> dict[str, Any]:
    """What a transaction token stands for here; the gateway checks the owner."""
    return views.transaction(*application(Certificates).applications.transaction(token))


def _created(application_id: str) -> Answer:
    found = application(Certificates).applications.get(application_id, _viewer())
    headers = {"ETag": views.etag(found), "Location": f"/v1/applications/{found.id}"}
    return views.application_details(found), 201, headers


def _officer() -> Officer | None:
    person = caller().person
    if person is None or person.role != OFFICER_ROLE or person.department is None:
        return None
    return Officer(person.id, person.role, person.department, person.districts)


def _deciding_officer() -> Officer:
    officer = _officer()
    if officer is None:
        raise OfficerRequired("The token names no officer of a department.")
    return officer


def _viewer() -> Viewer:
    return Viewer(caller().client_id, caller().kiosk_id, _officer())
