"""Domain objects as the plain data that answers are made of."""

from datetime import date
from typing import Any

from certificates.application.applications.read_applications import TransactionEvent
from certificates.application.certificates.read_certificates import Reason, Verdict
from certificates.domain.applications.application import Application, State
from certificates.domain.certificates.certificate import Certificate, document_uri
from certificates.domain.types.application_type import ApplicationType, FeeRule, FormField
from servicekit.instants import rfc3339

# billing's biller for the fees that departments announce by application.submitted.v1
FEE_BILLER = "EMITRA-FEES"


def type_summary(application_type: ApplicationType, today: date) -> dict[str, Any]:
    """A line of the list of types."""
    fee = application_type.fee_on(today)
    return {
        "application_type": application_type.code,
        "title": application_type.title,
        "fee": None if fee is None else {**_fee(fee), "effective_from": fee.effective_from},
    }


def type_details(application_type: ApplicationType, today: date) -> dict[str, Any]:
    """Everything a client needs to draw the form and say what happens next."""
    return {
        **type_summary(application_type, today),
        "legal_basis": application_type.legal_basis,
        "signer": application_type.signer,
        "validity_months": application_type.validity_months,
        "form": {"fields": [_field(field) for field in application_type.form]},
        "documents": application_type.documents,
        "steps": application_type.steps,
    }


def _field(field: FormField) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": field.name,
        "type": field.kind,
        "label": field.label,
        "required": field.required,
        "on_certificate": field.on_certificate,
    }
    match field.kind:
        case "text":
            shown["max_length"] = field.max_length
            if field.pattern is not None:
                shown |= {"pattern": field.pattern.pattern, "hint": field.hint}
        case "integer":
            shown |= {"minimum": field.minimum, "maximum": field.maximum}
        case "choice":
            shown["choices"] = [{"value": choice.code, "label": choice.label} for choice in field.choices]
        case _:
            pass
    return shown


def _fee(fee: FeeRule) -> dict[str, Any]:
    return {"amount": fee.paise, "currency": "INR", "head": fee.head, "order": fee.order}


def application_summary(application: Application) -> dict[str, Any]:
    """A line of a queue: no personal data."""
    owed = application.state is State.FEE_DUE
    pay_with = {"biller_id": FEE_BILLER, "customer_params": {"application_id": application.id}}
    return {
        "application_id": application.id,
        "transaction_token": application.transaction_token,
        "application_type": application.type_code,
        "district_code": application.district_code,
        "kiosk_id": application.kiosk_id,
        "state": application.state,
        "fee": {**_fee(application.fee), "pay_with": pay_with if owed else None},
        "step": application.step,
        "department": application.department,
        "due_on": application.due_on,
        "certificate_id": application.certificate_id,
        "version": application.version,
        "submitted_at": rfc3339(application.submitted_at),
        "updated_at": rfc3339(application.updated_at),
    }


def application_details(application: Application) -> dict[str, Any]:
    """The application with its form, for those it concerns."""
    return {**application_summary(application), "applicant": dict(application.applicant)}


def etag(application: Application) -> str:
    """The strong ETag of an application: its version."""
    return f'"{application.version}"'


def certificate_details(certificate: Certificate, doctype: str) -> dict[str, Any]:
    """The certificate with its document, for those it concerns."""
    return {
        "certificate_id": certificate.id,
        "certificate_number": certificate.number,
        "uri": document_uri(doctype, certificate.number),
        "application_id": certificate.application_id,
        "application_type": certificate.type_code,
        "district_code": certificate.district_code,
        "issued_on": certificate.issued_on,
        "valid_until": certificate.valid_until,
        "status": certificate.status.value,
        "document": certificate.document,
    }


def verification(verdict: Verdict) -> dict[str, Any]:
    """The public answer: the minimum, never parents, birth date or address."""
    answer: dict[str, Any] = {"valid": verdict.reason is None, "reason": verdict.reason}
    if verdict.certificate is not None:
        expired = verdict.reason is Reason.EXPIRED
        answer["certificate"] = {
            "certificate_number": verdict.certificate.number,
            "application_type": verdict.certificate.type_code,
            "issued_on": verdict.certificate.issued_on,
            "district_code": verdict.certificate.district_code,
            "status": "EXPIRED" if expired else verdict.certificate.status.value,
        }
    return answer


def transaction(application: Application, events: list[TransactionEvent]) -> dict[str, Any]:
    """What the gateway's transactions view wants to know."""
    return {
        "token": application.transaction_token,
        "kind": "application",
        "reference_id": application.id,
        "status": application.state.value,
        "owner_client_id": application.client_id,
        "kiosk_id": application.kiosk_id,
        "updated_at": rfc3339(application.updated_at),
        "events": [{"type": event.type, "at": rfc3339(event.at)} for event in events],
    }
