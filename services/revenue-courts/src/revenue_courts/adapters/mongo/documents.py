"""Cases, their lines and their hearings as documents, and back. Days are ISO text: they sort as days do."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from revenue_courts.domain.case import (
    Act,
    Actor,
    Case,
    Defect,
    Hearing,
    HistoryEntry,
    Office,
    Outcome,
    RecordAway,
    State,
)
from revenue_courts.domain.evidence import Evidence, EvidenceKind, Offered
from revenue_courts.domain.filing import Filing, Guardian, Paper, Parcel, Party, PartyKind, Side
from revenue_courts.domain.label import Label
from revenue_courts.domain.search import land_keys, words_of_parties
from revenue_courts.domain.vakalatnama import Appearance, Vakalatnama

Document = dict[str, Any]

_PLAIN = (
    "transaction_token", "client_id", "kiosk_id", "person_id", "assistance_id", "version", "begun_at", "updated_at",
    "forget_at", "filed_at", "registered_at", "disposal", "in_camera",
    "notices_issued", "joined", "decreed_at", "events_told",
)  # fmt: skip
DEPARTMENT = "revenue"


def case_to_document(case: Case) -> Document:
    """The district and the department stand outside of the filing too: by them an officer's cases are found."""
    filing = case.filing
    document = {
        "_id": case.id,
        **{name: getattr(case, name) for name in _PLAIN},
        "department": DEPARTMENT,
        "district_code": filing.district_code,
        "court_code": case.court_code,
        "former_numbers": list(case.former_numbers),
        "evidence": [_evidence_to_document(one) for one in case.evidence],
        "record_away": case.record_away and asdict(case.record_away),
        "state": case.state.value,
        "filing": _filing_to_document(filing),
        "defects": [asdict(defect) for defect in case.defects],
        "cure_by": _iso(case.cure_by),
        "hearing": case.hearing and _hearing_to_document(case.hearing),
        "vakalatnamas": [_vakalatnama_to_document(one) for one in case.vakalatnamas],
        # By these it is looked up, the first by who may see it: whose own it is, and the parties who joined.
        "seen_by": sorted({*case.joined, *([case.person_id] if case.person_id else [])}),
        "party_words": sorted(words_of_parties(filing)),
        "land_keys": sorted(land_keys(filing)),
        "enrolments": sorted({one.appearance.enrolment for one in case.vakalatnamas}),
    }
    # Left out where there is none: the indexes over them are of those that have one.
    for name in ("number", "agreed_once"):
        if getattr(case, name) is not None:
            document[name] = getattr(case, name)
    if case.number is not None:
        document["numbers"] = [*case.former_numbers, case.number]
    return document


def case_from_document(document: Mapping[str, Any]) -> Case:
    """The case as it was stored."""
    return Case(
        id=document["_id"],
        **{name: document[name] for name in _PLAIN},
        agreed_once=document.get("agreed_once"),
        filing=_filing_from_document(document["filing"]),
        state=State(document["state"]),
        defects=tuple(Defect(**defect) for defect in document["defects"]),
        cure_by=_day(document["cure_by"]),
        number=document.get("number"),
        hearing=document["hearing"] and hearing_from_document(document["hearing"]),
        court_code=document["court_code"],
        former_numbers=tuple(document["former_numbers"]),
        evidence=tuple(_evidence_from_document(one) for one in document["evidence"]),
        record_away=RecordAway(**document["record_away"]) if document["record_away"] else None,
        vakalatnamas=tuple(_vakalatnama_from_document(one) for one in document["vakalatnamas"]),
    )


def entry_to_document(entry: HistoryEntry) -> Document:
    """One line for each version, by its id: no act is written twice."""
    return {
        "_id": f"{entry.case_id}:{entry.version}",
        "case_id": entry.case_id,
        "version": entry.version,
        "act": entry.act.value,
        "at": entry.at,
        "by": {"id": entry.by.id, "office": entry.by.office.value, "post": entry.by.post and asdict(entry.by.post)},
        "state_before": entry.state_before and entry.state_before.value,
        "state_after": entry.state_after.value,
        "code": entry.code,
        "text": entry.text,
        "on": _iso(entry.on),
    }


def entry_from_document(document: Mapping[str, Any]) -> HistoryEntry:
    """The line as it was written."""
    by = document["by"]
    return HistoryEntry(
        case_id=document["case_id"],
        version=document["version"],
        act=Act(document["act"]),
        at=document["at"],
        by=Actor(by["id"], Office(by["office"]), Label(**by["post"]) if by["post"] else None),
        state_before=State(document["state_before"]) if document["state_before"] else None,
        state_after=State(document["state_after"]),
        code=document["code"],
        text=document["text"],
        on=_day(document["on"]),
    )


def listed_document(case: Case, hearing: Hearing) -> Document:
    """A hearing as the list of its day has it: nothing of the parties."""
    return {
        "_id": f"{case.id}:{hearing.no}",
        "place": listed_place(case, hearing.case_number),
        "in_camera": case.in_camera,
        "kind_code": case.filing.kind_code,
        **_hearing_to_document(hearing),
    }


def listed_place(case: Case, case_number: str) -> str:
    """Where it stands on a list. A cursor shows it, so of what is heard in camera it has the opaque id alone."""
    if case.in_camera:
        return f"~{case.id}"
    _, kind, year, number = case_number.split("/")
    # Text sorts 10 before 9, so the number is as wide as any will be.
    return f"{kind}/{year}/{int(number):08}"


def _evidence_to_document(one: Evidence) -> Document:
    offered = one.offered
    return {
        "mark": one.mark,
        "hearing_no": one.hearing_no,
        "side": offered.side.value,
        "kind": offered.kind.value,
        "name": offered.name,
        "sha256": offered.sha256,
    }


def _evidence_from_document(document: Mapping[str, Any]) -> Evidence:
    offered = Offered(
        side=Side(document["side"]),
        kind=EvidenceKind(document["kind"]),
        name=document["name"],
        sha256=document["sha256"],
    )
    return Evidence(mark=document["mark"], hearing_no=document["hearing_no"], offered=offered)


def _vakalatnama_to_document(one: Vakalatnama) -> Document:
    appearance = one.appearance
    return {
        "no": one.no,
        **asdict(appearance),
        "parties": list(appearance.parties),
        "begins": appearance.begins.isoformat(),
        "ends": _iso(one.ends),
    }


def _vakalatnama_from_document(document: Mapping[str, Any]) -> Vakalatnama:
    appearance = Appearance(
        advocate=document["advocate"],
        enrolment=document["enrolment"],
        parties=tuple(document["parties"]),
        sha256=document["sha256"],
        begins=date.fromisoformat(document["begins"]),
    )
    return Vakalatnama(no=document["no"], appearance=appearance, ends=_day(document["ends"]))


def _hearing_to_document(hearing: Hearing) -> Document:
    return {
        "no": hearing.no,
        "on": hearing.on.isoformat(),
        "purpose": hearing.purpose,
        "court_code": hearing.court_code,
        "case_number": hearing.case_number,
        "outcome": hearing.outcome.value,
        "noticed": sorted(hearing.noticed),
        "served": sorted(hearing.served),
    }


def hearing_from_document(document: Mapping[str, Any]) -> Hearing:
    """The hearing, of a case or of a list."""
    return Hearing(
        no=document["no"],
        on=date.fromisoformat(document["on"]),
        purpose=document["purpose"],
        court_code=document["court_code"],
        case_number=document["case_number"],
        outcome=Outcome(document["outcome"]),
        noticed=frozenset(document["noticed"]),
        served=frozenset(document["served"]),
    )


def _filing_to_document(filing: Filing) -> Document:
    return {
        **asdict(filing),
        "parties": [{**asdict(party), "side": party.side.value, "kind": party.kind.value} for party in filing.parties],
        "land": [{**asdict(parcel), "khasras": list(parcel.khasras)} for parcel in filing.land],
        "reliefs": list(filing.reliefs),
        "papers": [asdict(paper) for paper in filing.papers],
        "order_on": _iso(filing.order_on),
    }


def _filing_from_document(document: Mapping[str, Any]) -> Filing:
    return Filing(
        **{
            **document,
            "parties": tuple(_party_from_document(party) for party in document["parties"]),
            "land": tuple(Parcel(**{**parcel, "khasras": tuple(parcel["khasras"])}) for parcel in document["land"]),
            "reliefs": tuple(document["reliefs"]),
            "papers": tuple(Paper(**paper) for paper in document["papers"]),
            "order_on": _day(document["order_on"]),
        }
    )


def _party_from_document(document: Mapping[str, Any]) -> Party:
    guardian = document["guardian"]
    return Party(
        **{
            **document,
            "side": Side(document["side"]),
            "kind": PartyKind(document["kind"]),
            "guardian": Guardian(**guardian) if guardian else None,
        }
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
