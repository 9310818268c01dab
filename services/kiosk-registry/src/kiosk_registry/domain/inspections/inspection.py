"""What was looked at in a centre, by whom, and what was not as it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.running.centre import Actor


class InspectionKind(StrEnum):
    """By the centre itself, or by an officer."""

    SELF = "self"
    OFFICIAL = "official"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One question, which is answered by yes or no. `offence` is that of a no; `pictured` ones need a photograph."""

    code: str
    en: str
    hi: str
    offence: str | None = None
    pictured: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One order's questions, from its first day on."""

    begins: date
    order: str
    order_hi: str
    items: Sequence[ChecklistItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """`metres` lie between the geo-tag and where the register has the centre; `photographs` are SHA-256 by item."""

    id: str
    kiosk_id: str
    district_code: str
    lsp_id: str
    kind: InspectionKind
    on: date
    at: datetime
    by: Actor
    answers: Mapping[str, bool]
    photographs: Mapping[str, str]
    place: Place
    metres: int
    remarks: str | None
    cases: Mapping[str, str]
    """The ids of the cases that were opened upon it, by offence."""


@dataclass(frozen=True, slots=True)
class InspectionProblem:
    """What is wrong with the answers, in both languages."""

    pointer: str
    code: str
    en: str
    hi: str


def checklist_on(checklists: Sequence[Checklist], day: date) -> Checklist:
    """The checklist of a day, of several with the newest first; before the first, that one."""
    return next((checklist for checklist in checklists if checklist.begins <= day), checklists[-1])


def inspection_problems(
    checklist: Checklist, answers: Mapping[str, bool], photographs: Mapping[str, str]
) -> list[InspectionProblem]:
    """Every question is answered, those that need a picture of what is there have one, and there are no others."""
    items = {item.code: item for item in checklist.items}
    missing = [code for code in items if code not in answers]
    unknown = sorted((answers.keys() | photographs.keys()) - items.keys())
    bare = [code for code, item in items.items() if item.pictured and answers.get(code) and code not in photographs]
    problems: list[InspectionProblem] = []
    if missing:
        listed = ", ".join(missing)
        problems.append(
            InspectionProblem("/answers", "missing", f"Answer these too: {listed}.", f"इनके उत्तर भी दें: {listed}।")
        )
    if unknown:
        listed = ", ".join(unknown)
        problems.append(
            InspectionProblem("/answers", "unknown", f"The checklist has no {listed}.", f"जाँच सूची में ये नहीं हैं: {listed}।")
        )
    if bare:
        listed = ", ".join(bare)
        problems.append(
            InspectionProblem(
                "/photographs", "missing", f"Photograph these too: {listed}.", f"इनके चित्र भी दें: {listed}।"
            )
        )
    return problems


def offences_seen(checklist: Checklist, answers: Mapping[str, bool]) -> list[str]:
    """The offences of what is not as it should be, each once, in the order of the checklist."""
    offences = [item.offence for item in checklist.items if item.offence and answers.get(item.code) is False]
    return list(dict.fromkeys(offences))
