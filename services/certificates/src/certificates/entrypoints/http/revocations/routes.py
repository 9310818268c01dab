"""The routes of revocations: one officer proposes, another one decides."""

from typing import Any

from certificates.application.certificates.errors import CertificateNotFound
from certificates.application.officers.errors import AnotherPostRequired, OfficerRequired
from certificates.application.revocations.decide_revocation import DecideRevocation
from certificates.application.revocations.errors import (
    NotInForceAnyMore,
    RevocationDecided,
    RevocationNotFound,
    RevocationPending,
    SecondOfficerRequired,
)
from certificates.application.revocations.propose_revocation import ProposeRevocation
from certificates.bootstrap import Certificates
from certificates.domain.certificates.certificate import END_REASONS, EndReason
from certificates.domain.officers.officer import Officer
from certificates.domain.revocations.revocation import Act, Revocation
from certificates.entrypoints.http.blueprint import (
    KEY_RETENTION_DAYS,
    acting_officer,
    blueprint,
    viewer,
)
from certificates.entrypoints.http.certificates.routes import CERTIFICATE_ID
from certificates.entrypoints.http.revocations import schemas
from servicekit.http import Role, application, idempotency_claim, mark_replayed, request_id
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now

_REVOCATION_ID = {
    "in": "path",
    "name": "revocation_id",
    "description": "From the answer to POST /v1/certificates/{certificate_id}/revocations.",
    "example": "rev_01a2117a74f078ff95842580c1cbe108",
}


@blueprint.route("/v1/certificates/<string:certificate_id>/revocations", methods=["POST"], parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.keyed("propose-revocation", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(CertificateNotFound, OfficerRequired, NotInForceAnyMore, RevocationPending)
@blueprint.arguments(schemas.RevocationProposalSchema, example=schemas.PROPOSAL_EXAMPLE)
@blueprint.response(201, schemas.CertificateRevocationSchema)
def propose_revocation(body: dict[str, Any], certificate_id: str) -> dict[str, Any]:
    """Propose that a certificate be revoked.

    An officer of the department that issued it, in its district. It stays in force until another officer confirms.
    """
    services = application(Certificates)
    once = services.propose_revocation(
        ProposeRevocation(
            revocation_id=public_id("rev"),
            certificate_id=certificate_id,
            officer=_officer(),
            reason=EndReason(body["reason"]),
            remarks=body["remarks"],
            at=utc_now(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _shown(services.revocations.get(once.value))


@blueprint.route("/v1/revocations/<string:revocation_id>/decisions", methods=["POST"], parameters=[_REVOCATION_ID])
@blueprint.requires("applications:decide", roles=[Role.OFFICER])
@blueprint.keyed("decide-revocation", retention_days=KEY_RETENTION_DAYS)
@blueprint.raises(
    RevocationNotFound,
    OfficerRequired,
    AnotherPostRequired,
    SecondOfficerRequired,
    RevocationDecided,
    NotInForceAnyMore,
)
@blueprint.arguments(schemas.RevocationDecisionSchema, example=schemas.DECISION_EXAMPLE)
@blueprint.response(201, schemas.CertificateRevocationSchema)
def decide_revocation(body: dict[str, Any], revocation_id: str) -> dict[str, Any]:
    """Confirm or refuse a proposed revocation.

    By somebody else than who proposed it, in a post that signs such certificates. Confirmed, the certificate has ended:
    its number, its QR, its paper and its document say so at once.
    """
    services = application(Certificates)
    once = services.decide_revocation(
        DecideRevocation(
            revocation_id=revocation_id,
            officer=_officer(),
            confirmed=schemas.DECISIONS[body["decision"]],
            remarks=body["remarks"],
            event_id=event_id(),
            at=utc_now(),
            request_id=request_id(),
            claim=idempotency_claim(),
        )
    )
    mark_replayed(once.replayed)
    return _shown(services.revocations.get(once.value))


@blueprint.route("/v1/certificates/<string:certificate_id>/revocations", parameters=[CERTIFICATE_ID])
@blueprint.requires("applications:read", roles=[Role.OFFICER, Role.DISTRICT_ADMIN, Role.AUDITOR])
@blueprint.raises(CertificateNotFound)
@blueprint.response(200, schemas.RevocationListSchema)
def list_revocations(certificate_id: str) -> dict[str, Any]:
    """The revocations of a certificate, oldest first.

    For officers of its district, the district's administration and auditors: proposals and decisions, with remarks.
    """
    return {"items": [_shown(one) for one in application(Certificates).revocations.of(certificate_id, viewer())]}


def _officer() -> Officer:
    officer = acting_officer()
    if officer is None:
        raise OfficerRequired("The token names no officer of a department.")
    return officer


def _shown(revocation: Revocation) -> dict[str, Any]:
    return {
        "revocation_id": revocation.id,
        "certificate_id": revocation.certificate_id,
        "reason": revocation.reason.value,
        "reason_says": END_REASONS[revocation.reason],
        "standing": revocation.standing.value,
        "proposed": _act(revocation.proposed),
        "decided": revocation.decided and _act(revocation.decided),
    }


def _act(act: Act) -> dict[str, Any]:
    return {"designation": act.designation, "remarks": act.remarks, "at": act.at}
