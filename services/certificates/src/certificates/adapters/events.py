"""Domain events in the form in which they are published: ids and facts, nothing of the applicant's form."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from certificates.domain.applications.application import (
    Application,
    ApplicationDecided,
    ApplicationExpired,
    ApplicationResubmitted,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    FeeRefused,
    State,
)
from certificates.domain.certificates.certificate import CertificateIssued
from servicekit.events import NewEvent
from servicekit.instants import rfc3339
from servicekit.money import money


# What an application that expired had waited for.
_WAITED_FOR = {State.FEE_DUE: "fee", State.SENT_BACK: "answer"}

Told = (
    ApplicationSubmitted
    | ApplicationDecided
    | ApplicationResubmitted
    | ApplicationWithdrawn
    | ApplicationExpired
    | CertificateIssued
    | FeeRefused
)


def to_event(
    event: Told,
    request_id: str,
    causation_id: str | None = None,
) -> NewEvent:
    """The event for the outbox; `causation_id` is the id of the consumed event that caused it, if one did."""
    return replace(_published(event, request_id), causation_id=causation_id)


def _published(event: Told, request_id: str) -> NewEvent:
    match event:
        case ApplicationSubmitted():
            return _submitted(event, request_id)
        case ApplicationDecided():
            return _decided(event, request_id)
        case ApplicationResubmitted():
            return _resubmitted(event, request_id)
        case ApplicationWithdrawn():
            return _withdrawn(event, request_id)
        case ApplicationExpired():
            return _expired(event, request_id)
        case CertificateIssued():
            return _issued(event, request_id)
        case FeeRefused():
            return _refused(event, request_id)


def _submitted(event: ApplicationSubmitted, request_id: str) -> NewEvent:
    application = event.application
    data = {
        "kiosk_id": application.kiosk_id,
        "fee": money(application.fee.paise),
        "fee_order": application.fee.order,
        "fee_order_hi": application.fee.order_hi,
        "submitted_at": rfc3339(application.submitted_at),
    }
    return _of_application(event, application.submitted_at, data, request_id)


def _decided(event: ApplicationDecided, request_id: str) -> NewEvent:
    data: dict[str, Any] = {
        "step": event.step,
        "decision": event.decision.value,
        "officer_id": event.officer_id,
        "decided_at": rfc3339(event.decided_at),
    }
    if event.reason is not None:
        data |= {
            "reason": event.reason.code,
            "reason_en": event.reason.label.en,
            "reason_hi": event.reason.label.hi,
        }
    return _of_application(event, event.decided_at, data, request_id)


def _resubmitted(event: ApplicationResubmitted, request_id: str) -> NewEvent:
    application = event.application
    data = {"step": application.step, "resubmitted_at": rfc3339(application.updated_at)}
    return _of_application(event, application.updated_at, data, request_id)


def _withdrawn(event: ApplicationWithdrawn, request_id: str) -> NewEvent:
    application = event.application
    data: dict[str, Any] = {
        "payment_id": application.payment_id,
        "refund_due": event.refund > 0,
        "refund": money(event.refund),
        "withdrawn_at": rfc3339(application.updated_at),
    }
    if event.rule is not None:
        data |= {"refund_order": event.rule.order, "refund_order_hi": event.rule.order_hi}
    return _of_application(event, application.updated_at, data, request_id)


def _expired(event: ApplicationExpired, request_id: str) -> NewEvent:
    application = event.application
    data = {"waited_for": _WAITED_FOR[event.state_before], "expired_at": rfc3339(application.updated_at)}
    return _of_application(event, application.updated_at, data, request_id)


def _of_application(
    event: ApplicationSubmitted | ApplicationDecided | ApplicationResubmitted | ApplicationWithdrawn | ApplicationExpired,
    at: datetime,
    data: dict[str, Any],
    request_id: str,
) -> NewEvent:
    return NewEvent(
        id=event.event_id,
        type=event.type,
        aggregate_type="application",
        aggregate_id=event.application.id,
        sequence=event.application.events_told,
        occurred_at=at,
        data={**_about(event.application), **data},
        request_id=request_id,
    )


def _issued(event: CertificateIssued, request_id: str) -> NewEvent:
    certificate = event.certificate
    return NewEvent(
        id=event.event_id,
        type=event.type,
        aggregate_type="certificate",
        aggregate_id=certificate.id,
        sequence=1,
        occurred_at=certificate.issued_at,
        data={
            "certificate_id": certificate.id,
            "certificate_number": certificate.number,
            "application_id": certificate.application_id,
            "transaction_token": certificate.transaction_token,
            "application_type": certificate.type_code,
            "client_id": certificate.client_id,
            "district_code": certificate.district_code,
            "issued_at": rfc3339(certificate.issued_at),
        },
        request_id=request_id,
    )


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


def _about(application: Application) -> dict[str, Any]:
    return {
        "application_id": application.id,
        "transaction_token": application.transaction_token,
        "application_type": application.type_code,
        "district_code": application.district_code,
        "client_id": application.client_id,
    }
