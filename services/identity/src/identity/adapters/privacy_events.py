"""What identity publishes of people's rights: ids and instants, nothing of a person."""

from datetime import datetime
from typing import Any

from identity.domain.privacy.consents import Consent
from identity.domain.privacy.erasures import Erasure
from servicekit.events import NewEvent
from servicekit.instants import rfc3339

CONSENT_WITHDRAWN = "consent.withdrawn.v1"
ERASURE_REQUESTED = "erasure.requested.v1"
ERASURE_WITHDRAWN = "erasure.withdrawn.v1"
ERASURE_COMPLETED = "erasure.completed.v1"


def consent_withdrawn(consent: Consent, at: datetime, event_id: str, request_id: str) -> NewEvent:
    """That a consent is no longer in force, and by which other one it was replaced, if it was."""
    return NewEvent(
        id=event_id,
        type=CONSENT_WITHDRAWN,
        aggregate_type="consent",
        aggregate_id=consent.id,
        sequence=1,  # it ends once
        occurred_at=at,
        data={
            "consent_id": consent.id,
            "person_id": consent.person_id,
            "notice_id": consent.notice_id,
            "notice_version": consent.notice_version,
            "purposes": list(consent.purposes),
            "replaced_by": consent.replaced_by,
            "withdrawn_at": rfc3339(at),
        },
        request_id=request_id,
    )


def erasure_requested(erasure: Erasure, event_id: str, request_id: str) -> NewEvent:
    """The question to every service what it has against the erasure."""
    data = {"requested_at": rfc3339(erasure.requested_at), "runs_after": rfc3339(erasure.runs_after)}
    return _of_erasure(ERASURE_REQUESTED, erasure, 1, erasure.requested_at, data, event_id, request_id)


def erasure_withdrawn(erasure: Erasure, at: datetime, event_id: str, request_id: str) -> NewEvent:
    """That nothing is to be answered or erased any more. It takes the place of the completion: one of the two is."""
    return _of_erasure(ERASURE_WITHDRAWN, erasure, 2, at, {"withdrawn_at": rfc3339(at)}, event_id, request_id)


def erasure_completed(erasure: Erasure, at: datetime, event_id: str, request_id: str) -> NewEvent:
    """That identity keeps nothing any more by which the person is found: others erase what they keep."""
    return _of_erasure(ERASURE_COMPLETED, erasure, 2, at, {"erased_at": rfc3339(at)}, event_id, request_id)


def _of_erasure(
    event: str, erasure: Erasure, sequence: int, at: datetime, data: dict[str, Any], event_id: str, request_id: str
) -> NewEvent:
    return NewEvent(
        id=event_id,
        type=event,
        aggregate_type="erasure",
        aggregate_id=erasure.id,
        sequence=sequence,
        occurred_at=at,
        data={"erasure_id": erasure.id, "person_id": erasure.person_id, **data},
        request_id=request_id,
    )
