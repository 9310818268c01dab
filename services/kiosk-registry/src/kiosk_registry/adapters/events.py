"""Events in the form in which they are published: ids and facts, nothing of the applicant's form."""

from datetime import datetime
from typing import Any

from kiosk_registry.domain.discipline.case import Case, Penalty, Stood
from kiosk_registry.domain.openings.opening import Moved, Opening, Submitted
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import RunningCentre, Surrendered
from servicekit.events.envelope import NewEvent
from servicekit.instants import rfc3339

KIOSK_APPROVED = "kiosk.approved.v1"
KIOSK_SUSPENDED = "kiosk.suspended.v1"
KIOSK_REINSTATED = "kiosk.reinstated.v1"
PENALTY_IMPOSED = "penalty.imposed.v1"


def opening_told(event: Submitted | Moved, request_id: str) -> NewEvent:
    """What happened to an application for a centre. Its sequence is the version: each is told once."""
    opening = event.opening
    data: dict[str, Any] = {
        "opening_id": opening.id,
        "transaction_token": opening.transaction_token,
        "client_id": opening.client_id,
        "district_code": opening.district_code,
        "lsp_id": opening.lsp_id,
    }
    if isinstance(event, Submitted):
        data |= {"person_id": opening.person_id, "submitted_at": rfc3339(opening.submitted_at)}
    else:
        data |= {
            "move": event.act.value,
            "standing": opening.state.value,
            "reason": event.reason,
            "moved_at": rfc3339(opening.updated_at),
        }
    return _event(
        event.event_id, event.type, "opening", opening.id, opening.version, opening.updated_at, data, request_id
    )


def opened(opening: Opening, credit_limit_paise: int, event_id: str, request_id: str) -> NewEvent:
    """The centre of an opening may trade; the applicant is its operator."""
    data: dict[str, Any] = {
        "kiosk_id": opening.kiosk_id,
        "district_code": opening.district_code,
        "lsp_id": opening.lsp_id,
        "operator_person_id": opening.person_id,
        "credit_limit": {"amount": credit_limit_paise, "currency": "INR"},
        "approved_at": rfc3339(opening.updated_at),
    }
    return _event(event_id, KIOSK_APPROVED, "kiosk", opening.kiosk_id or "", 1, opening.updated_at, data, request_id)


def surrendered(event: Surrendered, centre: RunningCentre, request_id: str) -> NewEvent:
    """The centre is closed for good. Its sequence is the version: later than its approval."""
    data: dict[str, Any] = {
        "kiosk_id": centre.kiosk_id,
        "district_code": centre.district_code,
        "reason": "surrendered",
        "closed_at": rfc3339(event.at),
    }
    return _event(event.event_id, event.type, "kiosk", centre.kiosk_id, centre.version, event.at, data, request_id)


def standing_told(stood: Stood, case: Case, at: datetime, event_id: str, request_id: str) -> NewEvent:
    """The centre may not trade, may again, or is closed for good. Its sequence is the version, as of all its events."""
    standing = stood.standing
    data: dict[str, Any] = {
        "kiosk_id": standing.kiosk_id,
        "district_code": case.district_code,
        "reason": stood.reason,
    }
    if standing.suspension is not None:
        event = KIOSK_SUSPENDED
        data |= {
            "suspended_at": rfc3339(standing.suspension.since),
            "suspended_until": rfc3339(standing.suspension.until),
        }
    elif standing.status is Status.CLOSED:
        event = Surrendered.type
        data |= {"closed_at": rfc3339(at)}
    else:
        event = KIOSK_REINSTATED
        data |= {"reinstated_at": rfc3339(at)}
    return _event(event_id, event, "kiosk", standing.kiosk_id, standing.version, at, data, request_id)


def penalty_imposed(penalty: Penalty, case: Case, event_id: str, request_id: str) -> NewEvent:
    """A penalty is final: it is to be debited. It is told once."""
    data: dict[str, Any] = {
        "penalty_id": penalty.penalty_id,
        "kiosk_id": case.kiosk_id,
        "lsp_id": case.lsp_id,
        "district_code": case.district_code,
        "amount": {"amount": penalty.kiosk_paise + penalty.lsp_paise, "currency": "INR"},
        "kiosk_share": {"amount": penalty.kiosk_paise, "currency": "INR"},
        "lsp_share": {"amount": penalty.lsp_paise, "currency": "INR"},
        "offence": case.offence,
        "penalty_order": penalty.order,
        "imposed_at": rfc3339(case.updated_at),
    }
    return _event(event_id, PENALTY_IMPOSED, "penalty", penalty.penalty_id, 1, case.updated_at, data, request_id)


def _event(
    event_id: str,
    event: str,
    kind: str,
    subject: str,
    sequence: int,
    at: datetime,
    data: dict[str, Any],
    request: str,
) -> NewEvent:
    return NewEvent(
        id=event_id,
        type=event,
        aggregate_type=kind,
        aggregate_id=subject,
        sequence=sequence,
        occurred_at=at,
        request_id=request,
        data=data,
    )
