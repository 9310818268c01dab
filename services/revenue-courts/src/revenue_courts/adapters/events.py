"""What is told of a case, in the form in which it is published: ids and facts, nothing of the parties."""

from collections.abc import Mapping

from revenue_courts.domain.case import DISPOSED, FILED, PASSED, REGISTERED, SCHEDULED, Case, Told
from servicekit.events import NewEvent
from servicekit.instants import rfc3339

# In which member each event tells when it happened.
_INSTANTS: Mapping[str, str] = {
    FILED: "filed_at",
    REGISTERED: "registered_at",
    SCHEDULED: "scheduled_at",
    PASSED: "passed_at",
    DISPOSED: "disposed_at",
}


def to_event(case: Case, told: Told, request_id: str) -> NewEvent:
    """The event for the outbox. Every act sets `updated_at`, and what is told was the last one."""
    return NewEvent(
        id=told.event_id,
        type=told.type,
        aggregate_type="court-case",
        aggregate_id=case.id,
        sequence=told.sequence,
        occurred_at=case.updated_at,
        data={
            "court_case_id": case.id,
            "transaction_token": case.transaction_token,
            "court_code": case.court_code,
            "case_kind": case.filing.kind_code,
            "district_code": case.filing.district_code,
            "client_id": case.client_id,
            "kiosk_id": case.kiosk_id,
            "person_id": case.person_id,
            **told.facts,
            _INSTANTS[told.type]: rfc3339(case.updated_at),
        },
        request_id=request_id,
    )
