"""Notices as documents, and back. Days are ISO text."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from revenue_courts.domain.notice import Mode, Notice, NoticeKind, ServiceReport, Status


def notice_to_document(case_id: str, notice: Notice) -> dict[str, Any]:
    """One row for each, by its number in the case."""
    report = notice.report
    return {
        "_id": f"{case_id}:{notice.no}",
        "case_id": case_id,
        "no": notice.no,
        "party": notice.party,
        "hearing_no": notice.hearing_no,
        "kind": notice.kind.value,
        "mode": notice.mode.value,
        "address": notice.address,
        "code": notice.code,
        "issued_on": notice.issued_on.isoformat(),
        "instead_of": notice.instead_of,
        "status": notice.status.value,
        "report": report
        and {
            "outcome": report.outcome,
            "on": report.on.isoformat(),
            "position": report.position and list(report.position),
            "photo_sha256": report.photo_sha256,
        },
        "joined": notice.joined,
    }


def notice_from_document(document: Mapping[str, Any]) -> Notice:
    """The notice as it was stored."""
    report = document["report"]
    return Notice(
        no=document["no"],
        party=document["party"],
        hearing_no=document["hearing_no"],
        kind=NoticeKind(document["kind"]),
        mode=Mode(document["mode"]),
        address=document["address"],
        code=document["code"],
        issued_on=date.fromisoformat(document["issued_on"]),
        instead_of=document["instead_of"],
        status=Status(document["status"]),
        report=report
        and ServiceReport(
            no=document["no"],
            outcome=report["outcome"],
            on=date.fromisoformat(report["on"]),
            position=report["position"] and (report["position"][0], report["position"][1]),
            photo_sha256=report["photo_sha256"],
        ),
        joined=document["joined"],
    )
