"""What officers are shown, as plain dictionaries for the schemas to dump."""

from datetime import datetime
from typing import Any

from certificates.application.officers.ports import DeskQueue
from certificates.domain.applications.application import Application
from certificates.domain.officers.bulk import BulkDecision, BulkItem
from certificates.domain.officers.charge import Charge
from certificates.domain.officers.officer import Officer
from certificates.domain.officers.taking import Taking
from certificates.domain.sla.calendar import ONE_DAY, WorkingCalendar, civil_date
from certificates.entrypoints.http.applications.views import application_summary
from servicekit.http import Person
from servicekit.instants import rfc3339


def waiting(
    application: Application, taken: Taking | None, person: Person | None, calendar: WorkingCalendar, at: datetime
) -> dict[str, Any]:
    """A case of the queue, with its age and its limit."""
    today, came_on = civil_date(at), civil_date(application.updated_at)
    due_on = application.due_on
    return {
        **application_summary(application),
        "since": rfc3339(application.updated_at),
        "working_days_waited": calendar.working_days(came_on + ONE_DAY, today),
        "working_days_left": None if due_on is None else calendar.working_days(today + ONE_DAY, due_on),
        "late": due_on is not None and due_on < today,
        "taken": taken
        and {
            "by_you": person is not None and taken.officer_id == person.id,
            "post": taken.designation,
            "until": rfc3339(taken.until),
        },
    }


def queue_count(count: DeskQueue) -> dict[str, Any]:
    """What waits at a desk."""
    return {**vars(count), "application_type": count.type_code, "oldest_since": rfc3339(count.oldest_since)}


def taking(shown: Taking) -> dict[str, Any]:
    """A case in hand."""
    return {"application_id": shown.application_id, "step": shown.step, "until": rfc3339(shown.until)}


def charge(shown: Charge, officer: Officer) -> dict[str, Any]:
    """A charge, as one of its two sides sees it."""
    return {
        "charge_id": shown.id,
        "handed_over_by_you": shown.officer_id == officer.id,
        "post": shown.post,
        "districts": sorted(shown.districts),
        "to_officer_id": shown.to_officer_id,
        "to_posts": list(shown.to_posts),
        "from_on": shown.from_on,
        "until_on": shown.until_on,
        "ended_at": rfc3339(shown.ended_at) if shown.ended_at else None,
    }


def bulk_decision(bulk: BulkDecision) -> dict[str, Any]:
    """An operation and what became of each case."""
    outcomes = [item.outcome for item in bulk.items]
    return {
        "id": bulk.id,
        "done": bulk.done_at is not None,
        "total": len(outcomes),
        "decided": sum(outcome is not None and outcome.code is None for outcome in outcomes),
        "refused": sum(outcome is not None and outcome.code is not None for outcome in outcomes),
        "made_at": rfc3339(bulk.made_at),
        "done_at": rfc3339(bulk.done_at) if bulk.done_at else None,
        "items": [_item(item) for item in bulk.items],
    }


def _item(item: BulkItem) -> dict[str, Any]:
    outcome = item.outcome
    became = "waiting" if outcome is None else "decided" if outcome.code is None else "refused"
    return {
        "application_id": item.application_id,
        "step": item.step,
        "outcome": became,
        "code": outcome and outcome.code,
        "detail": outcome and outcome.detail,
        "detail_hi": outcome and outcome.detail_hi,
        "certificate_id": outcome and outcome.certificate_id,
    }
