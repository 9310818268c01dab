"""Applications, history lines and certificates as MongoDB documents, and back.

Civil dates are ISO text, because MongoDB has no civil date; instants are dates; paise are 64-bit integers.
"""

from dataclasses import fields
from datetime import date
from typing import Any

from bson import Int64

from certificates.domain.applications.application import (
    Application,
    Ask,
    Decision,
    Happening,
    HistoryEntry,
    RefusalReason,
    State,
)
from certificates.domain.certificates.certificate import Certificate, Ending, EndReason, Status
from certificates.domain.label import Label
from certificates.domain.types.application_type import FeeRule

Document = dict[str, Any]

# Sorts before every day, so that applications without a due date (the fee is unpaid) are in the same order.
NO_DAY = ""


def application_to_document(application: Application) -> Document:
    """The application as it is stored; `applicant` is personal data."""
    return {
        "_id": application.id,
        "transaction_token": application.transaction_token,
        "type_code": application.type_code,
        "district_code": application.district_code,
        **form_to_document(application),
        "client_id": application.client_id,
        "kiosk_id": application.kiosk_id,
        **_whose(application.person_id),
        **({"assistance_id": application.assistance_id} if application.assistance_id else {}),
        **({"agreed_once": application.agreed_once} if application.agreed_once else {}),
        "fee": {
            "effective_from": application.fee.effective_from.isoformat(),
            "paise": Int64(application.fee.paise),
            "head": application.fee.head,
            "order": application.fee.order,
            "order_hi": application.fee.order_hi,
            "after_days": application.fee.after_days,
            "after_years": application.fee.after_years,
        },
        "submitted_at": application.submitted_at,
        **progress_to_document(application),
    }


def form_to_document(application: Application) -> Document:
    """The form, which is personal data; only a resubmission changes it."""
    return {"applicant": dict(application.applicant), "likeness": list(application.likeness)}


def progress_to_document(application: Application) -> Document:
    """The fields that every change may change; all others but the form are written once."""
    return {
        "state": application.state.value,
        "step": application.step,
        "department": application.department,
        "due_on": application.due_on.isoformat() if application.due_on else NO_DAY,
        "updated_at": application.updated_at,
        "version": application.version,
        "events_told": application.events_told,
        "payment_id": application.payment_id,
        "certificate_id": application.certificate_id,
    }


_PLAIN = {field.name for field in fields(Application)} - {"id", "fee", "state", "due_on", "likeness"}


def application_from_document(document: Document) -> Application:
    """The application that was stored."""
    # Members that a later release adds are not this one's to know.
    plain = {name: document[name] for name in _PLAIN if name in document}
    fee = document["fee"]
    return Application(
        id=document["_id"],
        fee=FeeRule(
            date.fromisoformat(fee["effective_from"]),
            int(fee["paise"]),
            fee["head"],
            fee["order"],
            # Applications from before the orders had Hindi names, and late reports fees, lack these.
            fee.get("order_hi", fee["order"]),
            fee.get("after_days", 0),
            fee.get("after_years", 0),
        ),
        state=State(document["state"]),
        likeness=tuple(document.get("likeness", ())),
        due_on=date.fromisoformat(document["due_on"]) if document["due_on"] else None,
        **plain,
    )


def entry_to_document(entry: HistoryEntry) -> Document:
    """The history line as it is stored, without the members that do not apply."""
    members = {
        "_id": entry.key,
        "application_id": entry.application_id,
        "what": entry.what.value,
        "at": entry.at,
        "state_before": entry.state_before.value if entry.state_before else None,
        "state_after": entry.state_after.value,
        "step": entry.step,
        "decision": entry.decision.value if entry.decision else None,
        "officer_id": entry.officer_id,
        "designation": entry.designation and _label_document(entry.designation),
        "charge_id": entry.charge_id,
        "for_officer_id": entry.for_officer_id,
        "reason": entry.reason and _reason_document(entry.reason),
        "remarks": entry.remarks,
        "payment_id": entry.payment_id,
        "paise": Int64(entry.paise) if entry.paise is not None else None,
        "certificate_id": entry.certificate_id,
        "asks": [
            {"field": ask.field, "document": ask.document, "reason": _reason_document(ask.reason)} for ask in entry.asks
        ]
        or None,
        "answered": list(entry.answered) or None,
        "attached": list(entry.attached) or None,
        "desk_days": entry.desk_days,
    }
    return {name: value for name, value in members.items() if value is not None}


def entry_from_document(document: Document) -> HistoryEntry:
    """The history line that was stored."""
    plain = {
        name: document.get(name)
        for name in (
            "step",
            "officer_id",
            "charge_id",
            "for_officer_id",
            "remarks",
            "payment_id",
            "paise",
            "certificate_id",
            "desk_days",
        )
    }
    before, decision = document.get("state_before"), document.get("decision")
    designation, reason = document.get("designation"), document.get("reason")
    return HistoryEntry(
        key=document["_id"],
        application_id=document["application_id"],
        what=Happening(document["what"]),
        at=document["at"],
        state_before=State(before) if before else None,
        state_after=State(document["state_after"]),
        decision=Decision(decision) if decision else None,
        designation=_label(designation) if designation else None,
        reason=_reason(reason) if reason else None,
        asks=tuple(Ask(_reason(ask["reason"]), ask["field"], ask["document"]) for ask in document.get("asks", ())),
        answered=tuple(document.get("answered", ())),
        attached=tuple(document.get("attached", ())),
        **plain,
    )


def _whose(person_id: str | None) -> Document:
    # Only where it is somebody's own: the release before this one cannot read the member.
    return {} if person_id is None else {"person_id": person_id}


def _reason_document(reason: RefusalReason) -> Document:
    return {"code": reason.code, **_label_document(reason.label)}


def _reason(document: Document) -> RefusalReason:
    return RefusalReason(document["code"], _label(document))


def _label_document(label: Label) -> Document:
    return {"en": label.en, "hi": label.hi}


def _label(document: Document) -> Label:
    return Label(document["en"], document["hi"])


def certificate_to_document(certificate: Certificate) -> Document:
    """The certificate as it is stored; personal data is in `document` only, as far as it is printed."""
    return {
        "_id": certificate.id,
        "number": certificate.number,
        "application_id": certificate.application_id,
        "transaction_token": certificate.transaction_token,
        "type_code": certificate.type_code,
        "district_code": certificate.district_code,
        "client_id": certificate.client_id,
        "kiosk_id": certificate.kiosk_id,
        **_whose(certificate.person_id),
        "issued_at": certificate.issued_at,
        "issued_on": certificate.issued_on.isoformat(),
        "valid_until": certificate.valid_until.isoformat() if certificate.valid_until else None,
        "status": certificate.status.value,
        "document": certificate.document,
    }


_PLAIN_OF_CERTIFICATES = {field.name for field in fields(Certificate)} - {
    "id",
    "issued_on",
    "valid_until",
    "status",
    "ending",
}


def certificate_from_document(document: Document) -> Certificate:
    """The certificate that was stored, without its ending, which is a document of its own."""
    plain = {name: document[name] for name in _PLAIN_OF_CERTIFICATES if name in document}
    until = document["valid_until"]
    return Certificate(
        id=document["_id"],
        issued_on=date.fromisoformat(document["issued_on"]),
        valid_until=date.fromisoformat(until) if until else None,
        status=Status(document["status"]),
        **plain,
    )


def ending_to_document(certificate_id: str, ending: Ending) -> Document:
    """Why a certificate ended, as it is stored."""
    return {
        "_id": certificate_id,
        "reason": ending.reason.value,
        "at": ending.at,
        "successor_id": ending.successor_id,
        "successor_number": ending.successor_number,
    }


def ending_from_document(document: Document) -> Ending:
    """Why a certificate ended."""
    return Ending(EndReason(document["reason"]), document["at"], document["successor_id"], document["successor_number"])
