"""Cases against centres as MongoDB documents."""

from datetime import UTC, date, datetime, time
from typing import Any

from kiosk_registry.adapters.mongo.documents import Document, point
from kiosk_registry.domain.discipline.case import (
    Act,
    Case,
    CaseLine,
    Decision,
    Evidence,
    Outcome,
    Source,
    Standing,
    State,
    Suspension,
    SuspensionKind,
)
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor, Office

_PLAIN = ("kiosk_id", "district_code", "lsp_id", "offence", "source_id", "opened_at", "updated_at", "version")
_ALSO = ("reply_until", "was_suspended_at_once", "appeal_until", "overturned", "penalty_id")
_OF_DECISION = ("at", "remarks", "times", "slab", "order", "penalty_paise", "lsp_paise", "suspension_days")


def case_document(case: Case) -> Document:
    """The case as it is stored. `counts` is a member of one that is held against the centre."""
    decision = case.decision
    counts = decision is not None and decision.outcome is not Outcome.DISMISSED and not case.overturned
    # A report, or an inspection, opens one case: the index is of those that have a source.
    source = {"source_id": case.source_id} if case.source_id is not None else {}
    return {
        "_id": case.id,
        **{name: getattr(case, name) for name in (*_PLAIN, *_ALSO) if name != "source_id"},
        **source,
        "source": case.source.value,
        "observed_on": datetime.combine(case.observed_on, time(), UTC),
        "opened_by": _actor_document(case.opened_by),
        "state": case.state.value,
        "is_told": case.state is not State.OPEN or case.was_suspended_at_once,
        "counts": counts,
        "evidence": [_evidence_document(evidence) for evidence in case.evidence],
        "decision": decision
        and {
            **{name: getattr(decision, name) for name in _OF_DECISION},
            "outcome": decision.outcome.value,
            "by": _actor_document(decision.by),
        },
    }


def case_of(document: Document) -> Case:
    """The case of a document."""
    decision = document["decision"]
    # One that was opened without a report has no such member.
    plain: Document = {"source_id": None, **document}
    return Case(
        id=document["_id"],
        **{name: plain[name] for name in (*_PLAIN, *_ALSO)},
        source=Source(document["source"]),
        observed_on=_day(document["observed_on"]),
        opened_by=_actor(document["opened_by"]),
        state=State(document["state"]),
        evidence=tuple(_evidence(row) for row in document["evidence"]),
        decision=decision
        and Decision(
            **{name: decision[name] for name in _OF_DECISION},
            outcome=Outcome(decision["outcome"]),
            by=_actor(decision["by"]),
        ),
    )


def case_line_document(line: CaseLine) -> Document:
    """A line: its id is the case's with the version, so that each has one."""
    return {
        "_id": f"{line.case_id}:{line.version:06}",
        "case_id": line.case_id,
        "version": line.version,
        "act": line.act.value,
        "at": line.at,
        "by": _actor_document(line.by),
        "state_before": line.state_before and line.state_before.value,
        "state_after": line.state_after.value,
        "remarks": line.remarks,
        "facts": dict(line.facts),
    }


def case_line_of(document: Document) -> CaseLine:
    """The line of a document."""
    before = document["state_before"]
    return CaseLine(
        **{name: document[name] for name in ("case_id", "version", "at", "remarks", "facts")},
        act=Act(document["act"]),
        by=_actor(document["by"]),
        state_before=State(before) if before else None,
        state_after=State(document["state_after"]),
    )


def suspension_document(suspension: Suspension | None) -> Document | None:
    """A suspension as the centre has it."""
    if suspension is None:
        return None
    return {
        "case_id": suspension.case_id,
        "kind": suspension.kind.value,
        "by_person": suspension.by_person,
        "since": suspension.since,
        "until": suspension.until,
    }


def standing_of(document: Document) -> Standing:
    """How a centre stands."""
    row = document.get("suspension")
    return Standing(
        kiosk_id=document["_id"],
        status=Status(document["status"]),
        version=document["version"],
        suspension=Suspension(**{**row, "kind": SuspensionKind(row["kind"])}) if row else None,
    )


def _actor_document(by: Actor) -> Document:
    return {"person_id": by.person_id, "office": by.office.value}


def _actor(document: Document) -> Actor:
    return Actor(document["person_id"], Office(document["office"]))


def _evidence_document(evidence: Evidence) -> Document:
    return {
        "at": evidence.at,
        "by": _actor_document(evidence.by),
        "text": evidence.text,
        "photographs": list(evidence.photographs),
        "location": point(evidence.place) if evidence.place else None,
        "facts": dict(evidence.facts),
    }


def _evidence(document: Document) -> Evidence:
    location: Any = document["location"]
    return Evidence(
        at=document["at"],
        by=_actor(document["by"]),
        text=document["text"],
        photographs=tuple(document["photographs"]),
        place=Place(location["coordinates"][1], location["coordinates"][0]) if location else None,
        facts=document["facts"],
    )


def _day(at: datetime) -> date:
    return at.date()
