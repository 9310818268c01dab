"""Cases as they are shown."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kiosk_registry.domain.discipline.acts import UNDECIDED, allowed, own_suspension
from kiosk_registry.domain.discipline.case import Case, CaseLine, Decision, Evidence, Standing, State
from kiosk_registry.domain.discipline.rules import DisciplineBook
from kiosk_registry.domain.running.centre import Office

SAYS = {
    State.OPEN: (
        "Evidence is gathered; the centre was given no notice yet.",
        "साक्ष्य जुटाए जा रहे हैं; केंद्र को अभी नोटिस नहीं दिया गया।",
    ),
    State.NOTICED: (
        "The centre was given notice, and may reply until `reply_until`.",
        "केंद्र को नोटिस दिया गया है; उत्तर `reply_until` तक दिया जा सकता है।",
    ),
    State.REPLIED: ("The centre has replied; the decision is next.", "केंद्र ने उत्तर दिया है; अब निर्णय होगा।"),
    State.DECIDED: (
        "It is decided; the centre may accept it, or appeal until `appeal_until`.",
        "निर्णय हो चुका है; केंद्र इसे स्वीकार कर सकता है, या `appeal_until` तक अपील कर सकता है।",
    ),
    State.APPEALED: (
        "The centre appealed; the state administration hears it.",
        "केंद्र ने अपील की है; राज्य प्रशासन सुनवाई करेगा।",
    ),
    State.ENDED: ("The case is over.", "प्रकरण समाप्त हो चुका है।"),
}


def summary_shown(case: Case, book: DisciplineBook) -> dict[str, Any]:
    """A case in a list."""
    says_en, says_hi = SAYS[case.state]
    return {
        "case_id": case.id,
        **{name: getattr(case, name) for name in ("kiosk_id", "district_code", "lsp_id", "observed_on", "version")},
        "offence": asdict(book.offences[case.offence]),
        "source": case.source.value,
        "state": case.state.value,
        "says_en": says_en,
        "says_hi": says_hi,
        **{name: getattr(case, name) for name in ("opened_at", "updated_at", "reply_until", "appeal_until")},
    }


def case_shown(
    case: Case,
    standing: Standing,
    history: Sequence[CaseLine],
    book: DisciplineBook,
    *,
    times: int,
    office: Office,
    at: datetime,
) -> dict[str, Any]:
    """A case with all that happened to it. Those at the centre and its provider are told offices, not people."""
    to_centre = office in (Office.OPERATOR, Office.LSP)
    suspension = own_suspension(case, standing)
    fitting = book.fitting(case.offence, case.district_code, case.observed_on, times + 1)
    return {
        **summary_shown(case, book),
        "source_id": case.source_id,
        "evidence": [_evidence_shown(evidence) for evidence in case.evidence],
        "decision": _decision_shown(case.decision) if case.decision else None,
        "overturned": case.overturned,
        "penalty_id": case.penalty_id,
        "suspension": suspension
        and {"kind": suspension.kind.value, "since": suspension.since, "until": suspension.until},
        "slabs": [asdict(slab) for slab in fitting] if case.state in UNDECIDED else [],
        "allowed": [
            {"act": act.value, "offices": sorted(office.value for office in offices)}
            for act, offices in allowed(case, standing, at).items()
        ],
        "history": [_line_shown(line, to_centre=to_centre) for line in history],
    }


def book_shown(book: DisciplineBook) -> dict[str, Any]:
    """All offences, slabs and days."""
    return {
        "rules": asdict(book.rules),
        "offences": [asdict(offence) for offence in book.offences.values()],
        "slabs": [asdict(slab) for slab in book.slabs],
    }


def _evidence_shown(evidence: Evidence) -> dict[str, Any]:
    place = evidence.place
    return {
        "at": evidence.at,
        "office": evidence.by.office.value,
        "text": evidence.text,
        "photographs": list(evidence.photographs),
        "position": place and {"lat": place.lat, "lon": place.lon},
        "facts": evidence.facts,
    }


def _decision_shown(decision: Decision) -> dict[str, Any]:
    plain = ("at", "remarks", "times", "slab", "order", "penalty_paise", "lsp_paise", "suspension_days")
    return {
        "outcome": decision.outcome.value,
        "office": decision.by.office.value,
        **{name: getattr(decision, name) for name in plain},
    }


def _line_shown(line: CaseLine, *, to_centre: bool) -> dict[str, Any]:
    return {
        "version": line.version,
        "act": line.act.value,
        "at": line.at,
        "office": line.by.office.value,
        "person_id": None if to_centre else line.by.person_id,
        "state_before": line.state_before and line.state_before.value,
        "state_after": line.state_after.value,
        "remarks": line.remarks,
        "facts": line.facts,
    }
