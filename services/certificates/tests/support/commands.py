"""Commands of the use cases, as a route or a consumer would make them; a test says what is special."""

from typing import Any

from tests.support.builders import MONDAY, TEHSILDAR, a_claim, domicile_form, viewer_of

from certificates.application.applications.record_fee_payment import RecordFeePayment
from certificates.application.applications.submit_application import SubmitApplication
from certificates.application.officers.decide_application import DecideApplication
from certificates.domain.applications.application import Decision
from servicekit.versions import Precondition


def submit_command(**changed: Any) -> SubmitApplication:
    """A domicile application of Jaipur, by the key `submit`."""
    members: dict[str, Any] = {
        "application_id": "app_1",
        "transaction_token": "EM1",
        "event_id": "evt_1",
        "application_type": "domicile",
        "district_code": "102",
        "applicant": domicile_form(),
        "attachments": (),
        "viewer": viewer_of("cli_kiosk", "ksk_RJ10200001", None),
        "client_id": "cli_kiosk",
        "kiosk_id": "ksk_RJ10200001",
        "at": MONDAY,
        "request_id": "req_1",
        "claim": a_claim("submit"),
        **changed,
    }
    return SubmitApplication(**members)


def decide_command(**changed: Any) -> DecideApplication:
    """The tehsildar's approval of app_1, by the key `decide`."""
    members: dict[str, Any] = {
        "application_id": "app_1",
        "officer": TEHSILDAR,
        "decision": Decision.APPROVED,
        "reason": None,
        "remarks": "Seen.",
        "step": None,
        "precondition": Precondition(),
        "certificate_id": "crt_1",
        "decided_event_id": "evt_decided",
        "issued_event_id": "evt_issued",
        "ended_event_ids": ("evt_revoked", "evt_superseded"),
        "at": MONDAY,
        "request_id": "req_2",
        "claim": a_claim("decide", operation="decide"),
        **changed,
    }
    return DecideApplication(**members)


def pay_command(**changed: Any) -> RecordFeePayment:
    """The fee of app_1."""
    members: dict[str, Any] = {
        "application_id": "app_1",
        "payment_id": "pay_1",
        "paise": 5000,
        "completed_at": MONDAY,
        "refused_event_id": "evt_refused",
        "refused_at": MONDAY,
        "request_id": "req_3",
        "causation_id": "evt_paid",
        **changed,
    }
    return RecordFeePayment(**members)
