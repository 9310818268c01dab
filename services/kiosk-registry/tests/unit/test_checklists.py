"""What is looked at in a centre."""

from datetime import date

from kiosk_registry.adapters.data.discipline_file import read_discipline
from kiosk_registry.adapters.data.inspections_file import read_checklists
from kiosk_registry.domain.inspections.inspection import checklist_on, inspection_problems, offences_seen

CHECKLIST = checklist_on(read_checklists(), date(2026, 11, 28))
ALL_WELL = {item.code: True for item in CHECKLIST.items}
PICTURES = {"board": "0" * 64, "rate-list": "1" * 64}


def problems(answers: dict[str, bool], photographs: dict[str, str]) -> list[tuple[str, str]]:
    told = inspection_problems(CHECKLIST, answers, photographs)
    return [(problem.pointer, problem.code) for problem in told if problem.hi]


def test_every_question_is_answered_and_what_is_there_is_pictured() -> None:
    assert problems(ALL_WELL, PICTURES) == []
    assert problems({"board": True}, PICTURES) == [("/answers", "missing")]
    assert problems(ALL_WELL | {"smell": True}, PICTURES) == [("/answers", "unknown")]
    assert problems(ALL_WELL, {"board": "0" * 64}) == [("/photographs", "missing")]


def test_what_is_not_there_needs_no_picture_and_is_an_offence() -> None:
    seen = ALL_WELL | {"rate-list": False, "equipment": False}

    assert problems(seen, {"board": "0" * 64}) == []
    assert offences_seen(CHECKLIST, seen) == ["rate-list-not-displayed"]
    assert offences_seen(CHECKLIST, ALL_WELL) == []


def test_the_offences_of_the_checklist_are_those_of_the_orders() -> None:
    offences = {item.offence for item in CHECKLIST.items if item.offence}

    assert offences <= read_discipline().offences.keys()
