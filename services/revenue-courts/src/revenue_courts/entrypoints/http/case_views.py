"""Cases as plain dictionaries for the schemas to dump."""

from collections.abc import Sequence
from typing import Any

from revenue_courts.application.ports import PublishedEvent
from revenue_courts.domain.case import Case, Hearing, HistoryEntry
from revenue_courts.domain.case_kinds import Codes
from revenue_courts.domain.moves import may_be_asked_for
from revenue_courts.domain.notice import Notice
from revenue_courts.domain.vakalatnama import Vakalatnama
from revenue_courts.entrypoints.http.court_views import FEE_UNSET, STATES, coded, label
from servicekit.instants import rfc3339


def summary(case: Case, lists: Codes) -> dict[str, Any]:
    """A line of a list, without personal data."""
    return {
        "court_case_id": case.id,
        "transaction_token": case.transaction_token,
        "court_code": case.court_code,
        "kind_code": case.filing.kind_code,
        "district_code": case.filing.district_code,
        "case_number": case.number,
        "state": case.state.value,
        "state_text": label(STATES[case.state]),
        "in_camera": case.in_camera,
        "court_fee": {"state": "unset", "note": label(FEE_UNSET)},
        "hearing": case.hearing and hearing(case.hearing, lists),
        "disposal": case.disposal and coded(case.disposal, lists.disposals),
        "filed_at": case.filed_at and rfc3339(case.filed_at),
        "forget_at": case.forget_at and rfc3339(case.forget_at),
        "version": case.version,
        "updated_at": rfc3339(case.updated_at),
    }


def hearing(shown: Hearing, lists: Codes) -> dict[str, Any]:
    """A hearing, and whether the parties were served."""
    return {
        "no": shown.no,
        "on": shown.on.isoformat(),
        "purpose": coded(shown.purpose, lists.purposes),
        "outcome": shown.outcome.value,
        "noticed": sorted(shown.noticed),
        "served": sorted(shown.served),
        "all_served": shown.all_served,
    }


def notice(shown: Notice, case: Case, lists: Codes, *, with_code: bool) -> dict[str, Any]:
    """A notice, and what became of it; its secret for who prints it."""
    report = shown.report
    return {
        "no": shown.no,
        "notice_number": f"{case.number}/{shown.no}",
        "party": shown.party,
        "hearing_no": shown.hearing_no,
        "kind": shown.kind.value,
        "mode": shown.mode.value,
        "address": shown.address,
        "issued_on": shown.issued_on.isoformat(),
        "instead_of": shown.instead_of,
        "status": shown.status.value,
        "outcome": report and coded(report.outcome, {code: one.label for code, one in lists.services.items()}),
        "reported_on": report and report.on.isoformat(),
        "position": report and report.position and list(report.position),
        "photo_sha256": report and report.photo_sha256,
        "code": shown.code if with_code else None,
    }


def details(case: Case, lines: Sequence[HistoryEntry], lists: Codes) -> dict[str, Any]:
    """The case with what was filed and all that happened, for those whom it concerns."""
    return {
        **summary(case, lists),
        "filing": case.filing,
        "defects": [{**coded(one.code, lists.defects), "remarks": one.remarks} for one in case.defects],
        "cure_by": case.cure_by and case.cure_by.isoformat(),
        "allowed_actions": [act.value for act in may_be_asked_for(case)],
        "former_numbers": list(case.former_numbers),
        "record_away": case.record_away
        and {"court_code": case.record_away.court_code, "court_case_id": case.record_away.case_id},
        "decreed_at": case.decreed_at and rfc3339(case.decreed_at),
        "evidence": [
            {
                "mark": one.mark,
                "side": one.offered.side.value,
                "kind": one.offered.kind.value,
                "name": one.offered.name,
                "sha256": one.offered.sha256,
                "hearing_no": one.hearing_no,
            }
            for one in case.evidence
        ],
        "vakalatnamas": [_vakalatnama(one) for one in case.vakalatnamas],
        "history": [_line(line) for line in lines],
    }


def transaction(case: Case, events: Sequence[PublishedEvent]) -> dict[str, Any]:
    """What the gateway's view of transactions needs of a case."""
    return {
        "token": case.transaction_token,
        "kind": "application",
        "reference_id": case.id,
        "status": case.state.value,
        "owner_client_id": case.client_id,
        "kiosk_id": case.kiosk_id,
        "updated_at": rfc3339(case.updated_at),
        "events": [{"type": event.type, "at": rfc3339(event.at)} for event in events],
    }


def _vakalatnama(shown: Vakalatnama) -> dict[str, Any]:
    appearance = shown.appearance
    return {
        "no": shown.no,
        "advocate": appearance.advocate,
        "enrolment": appearance.enrolment,
        "parties": list(appearance.parties),
        "sha256": appearance.sha256,
        "begins": appearance.begins.isoformat(),
        "ends": shown.ends and shown.ends.isoformat(),
    }


def _line(line: HistoryEntry) -> dict[str, Any]:
    return {
        "act": line.act.value,
        "at": rfc3339(line.at),
        "by": {"id": line.by.id, "office": line.by.office.value, "post": line.by.post and label(line.by.post)},
        "state_after": line.state_after.value,
        "code": line.code,
        "text": line.text,
        "on": line.on and line.on.isoformat(),
    }
