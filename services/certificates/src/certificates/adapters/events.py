"""Domain events in the form in which they are published: ids and facts, nothing of the applicant's form."""

from dataclasses import replace
from typing import Any

from certificates.domain.applications.application import (
    Application,
    ApplicationDecided,
    ApplicationExpired,
    ApplicationResubmitted,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    FeeRefused,
    OfApplication,
    State,
)
from certificates.domain.applications.escalate import StepDelayed
from certificates.domain.certificates.certificate import (
    Certificate,
    CertificateIssued,
    CertificateRevoked,
    CertificateSuperseded,
)
from certificates.domain.sla.desk_health import DeskDelayed
from servicekit.events import NewEvent
from servicekit.instants import rfc3339
from servicekit.money import money

# What an application that expired had waited for.
_WAITED_FOR = {State.FEE_DUE: "fee", State.SENT_BACK: "answer"}

OfCertificate = CertificateIssued | CertificateRevoked | CertificateSuperseded
Told = OfApplication | OfCertificate | FeeRefused | StepDelayed | DeskDelayed
# A certificate is issued, then revoked, and of what is superseded the new one is told then: in this order, each once.
_SEQUENCES = {CertificateIssued: 1, CertificateRevoked: 2, CertificateSuperseded: 3}


def to_event(
    event: Told,
    request_id: str,
    causation_id: str | None = None,
) -> NewEvent:
    """The event for the outbox; `causation_id` is the id of the consumed event that caused it, if one did."""
    return replace(_published(event, request_id), causation_id=causation_id)


def _published(event: Told, request_id: str) -> NewEvent:
    match event:
        case CertificateIssued() | CertificateRevoked() | CertificateSuperseded():
            return _of_certificate(event, request_id)
        case FeeRefused():
            return _refused(event, request_id)
        case StepDelayed():
            return _step_delayed(event, request_id)
        case DeskDelayed():
            return _desk_delayed(event, request_id)
        case _:
            return _of_application(event, request_id)


def _of_application(event: OfApplication, request_id: str) -> NewEvent:
    application = event.application
    # Every move sets it; what is told was the last one.
    at = application.updated_at
    return NewEvent(
        id=event.event_id,
        type=event.type,
        aggregate_type="application",
        aggregate_id=application.id,
        sequence=application.events_told,
        occurred_at=at,
        data={**_about(application), **_told_of(event, rfc3339(at))},
        request_id=request_id,
    )


def _told_of(event: OfApplication, at: str) -> dict[str, Any]:
    application = event.application
    match event:
        case ApplicationSubmitted():
            return {
                "kiosk_id": application.kiosk_id,
                "person_id": application.person_id,
                "fee": money(application.fee.paise),
                "fee_order": application.fee.order,
                "fee_order_hi": application.fee.order_hi,
                "submitted_at": at,
            }
        case ApplicationDecided():
            return _decided(event)
        case ApplicationResubmitted():
            return {"step": application.step, "resubmitted_at": at}
        case ApplicationWithdrawn():
            return _withdrawn(event, at)
        case ApplicationExpired():
            return {"waited_for": _WAITED_FOR[event.state_before], "expired_at": at}


def _decided(event: ApplicationDecided) -> dict[str, Any]:
    told = {
        "step": event.step,
        "decision": event.decision.value,
        "officer_id": event.officer_id,
        "decided_at": rfc3339(event.decided_at),
    }
    if event.reason is None:
        return told
    label = event.reason.label
    return {**told, "reason": event.reason.code, "reason_en": label.en, "reason_hi": label.hi}


def _withdrawn(event: ApplicationWithdrawn, at: str) -> dict[str, Any]:
    told = {
        "payment_id": event.application.payment_id,
        "refund_due": event.refund > 0,
        "refund": money(event.refund),
        "withdrawn_at": at,
    }
    rule = event.rule
    return told if rule is None else {**told, "refund_order": rule.order, "refund_order_hi": rule.order_hi}


def _of_certificate(event: OfCertificate, request_id: str) -> NewEvent:
    certificate = event.certificate
    ending = None if isinstance(event, CertificateIssued) else certificate.ending
    return NewEvent(
        id=event.event_id,
        type=event.type,
        aggregate_type="certificate",
        aggregate_id=certificate.id,
        sequence=_SEQUENCES[type(event)],
        occurred_at=ending.at if ending else certificate.issued_at,
        data={**_about_certificate(certificate), **_told_of_certificate(event)},
        request_id=request_id,
    )


def _about_certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "certificate_id": certificate.id,
        "certificate_number": certificate.number,
        "application_id": certificate.application_id,
        "transaction_token": certificate.transaction_token,
        "application_type": certificate.type_code,
        "client_id": certificate.client_id,
        "district_code": certificate.district_code,
    }


def _told_of_certificate(event: OfCertificate) -> dict[str, Any]:
    ending = event.certificate.ending
    match event:
        case CertificateIssued():
            return {"issued_at": rfc3339(event.certificate.issued_at)}
        case CertificateRevoked():
            assert ending is not None
            return {"reason": ending.reason.value, "revoked_at": rfc3339(ending.at)}
        case CertificateSuperseded():
            assert ending is not None
            return {
                "superseded_by": ending.successor_id,
                "superseded_by_number": ending.successor_number,
                "superseded_at": rfc3339(ending.at),
            }


def _refused(event: FeeRefused, request_id: str) -> NewEvent:
    application = event.application
    return NewEvent(
        id=event.event_id,
        type=event.type,
        # It is about the payment, which is refused once; the application does not change, nor its sequence.
        aggregate_type="fee",
        aggregate_id=event.payment_id,
        sequence=1,
        occurred_at=event.refused_at,
        data={
            "payment_id": event.payment_id,
            "application_id": application.id,
            "transaction_token": application.transaction_token,
            "client_id": application.client_id,
            "reason": event.reason.value,
            "fee": money(application.fee.paise),
            "amount": money(event.paise),
            "refused_at": rfc3339(event.refused_at),
        },
        request_id=request_id,
    )


def _step_delayed(event: StepDelayed, request_id: str) -> NewEvent:
    application = event.application
    return NewEvent(
        id=event.event_id,
        type=event.type,
        # It is about the missed day, which is told once; the application does not change, nor its sequence.
        aggregate_type="step",
        aggregate_id=event.id,
        sequence=1,
        occurred_at=event.at,
        data={
            "step_id": event.id,
            **_about(application),
            "step": application.step,
            "department": application.department,
            "due_on": event.due_on.isoformat(),
            "delayed_at": rfc3339(event.at),
        },
        request_id=request_id,
    )


def _desk_delayed(event: DeskDelayed, request_id: str) -> NewEvent:
    desk = event.desk
    return NewEvent(
        id=event.event_id,
        type=event.type,
        aggregate_type="desk",
        aggregate_id=desk.id,
        sequence=desk.told,
        occurred_at=desk.as_of,
        data={
            "desk_id": desk.id,
            "application_type": desk.type_code,
            "step": desk.step,
            "department": desk.department,
            "district_code": desk.district_code,
            "warning": desk.warning.value if desk.warning else None,
            "waiting": desk.waiting,
            "late": desk.late,
            "decided": desk.decided,
            "delayed_at": rfc3339(desk.as_of),
        },
        request_id=request_id,
    )


def _about(application: Application) -> dict[str, Any]:
    return {
        "application_id": application.id,
        "transaction_token": application.transaction_token,
        "application_type": application.type_code,
        "district_code": application.district_code,
        "client_id": application.client_id,
    }
