"""Advocates: who appears for whom, from when to when."""

from typing import Any

import pytest
from tests.support.world import World, json_of, places, problem, sitting_day


def vakalatnama(**members: Any) -> dict[str, Any]:
    return {
        "advocate": "Test Advocate One", "enrolment": "R/123/2010", "parties": [1, 2], "sha256": "0" * 64,
        "begins": "2026-01-05", **members,
    }  # fmt: skip


def test_an_advocate_comes_into_a_case_and_leaves_it_and_both_stay_on_the_record(world: World) -> None:
    case = json_of(world.reader().act(world.registered(), "vakalatnamas", vakalatnama()), 201)
    (one,) = case["vakalatnamas"]
    assert (one["no"], one["parties"], one["ends"]) == (1, [1, 2], None)
    end = {"no": 1, "ends": "2026-02-01", "text": "The party chose another advocate."}
    case = json_of(world.officer().act(case, "vakalatnama-ends", end), 201)
    case = json_of(world.reader().act(case, "vakalatnamas", vakalatnama(begins="2026-02-02")), 201)
    assert [(one["no"], one["ends"]) for one in case["vakalatnamas"]] == [(1, "2026-02-01"), (2, None)]
    assert [line["act"] for line in case["history"]][-3:] == ["appear", "end-appearance", "appear"]
    assert case["history"][-2]["text"] == "The party chose another advocate."


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"parties": [1, 3]}, {"/parties": "both-sides"}),
        ({"parties": [3]}, {"/enrolment": "appears-for-the-other-side"}),
        ({"parties": [2]}, {"/parties": "appears-already"}),
        ({"parties": [1, 7], "enrolment": "R/7/2010"}, {"/parties/1": "no-such-party"}),
        ({"begins": sitting_day().isoformat(), "enrolment": "R/7/2010"}, {"/begins": "to-come"}),
        ({"enrolment": "123"}, {"/enrolment": "wrong-form"}),
    ],
)
def test_a_vakalatnama_that_does_not_fit_is_refused_by_field(
    world: World, members: dict[str, Any], wrong: dict[str, str]
) -> None:
    case = json_of(world.reader().act(world.registered(), "vakalatnamas", vakalatnama()), 201)
    assert places(problem(world.reader().act(case, "vakalatnamas", vakalatnama(**members)), 422)) == wrong
    assert json_of(world.citizen().get(f"/cases/{case['court_case_id']}"), 200)["version"] == case["version"]


def test_what_is_not_in_force_does_not_end(world: World) -> None:
    case = json_of(world.reader().act(world.registered(), "vakalatnamas", vakalatnama()), 201)
    for no, ends, wrong in (
        (2, "2026-02-01", {"/no": "not-in-force"}),
        (1, "2025-12-31", {"/ends": "before-it-began"}),
    ):
        refused = world.reader().act(case, "vakalatnama-ends", {"no": no, "ends": ends, "text": "So."})
        assert places(problem(refused, 422)) == wrong


def test_it_is_the_courts_to_record(world: World) -> None:
    case = world.registered()
    assert world.officer(district="107").act(case, "vakalatnamas", vakalatnama()).status_code == 404
    other = world.officer("Sub-Divisional Officer").act(case, "vakalatnamas", vakalatnama())
    assert problem(other, 403)["offices"] == ["reader", "presiding-officer"]
