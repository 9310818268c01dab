"""Looking cases up: what is found, by whom, and by which index."""

from typing import Any

import pytest
from tests.support.world import Caller, World, json_of, places, problem

from revenue_courts.adapters.mongo.cases import CASES, as_query, index_of
from revenue_courts.application.ports import Selection
from revenue_courts.domain.search import land_key, words
from revenue_courts.entrypoints.http.case_schemas import FILING_EXAMPLE
from servicekit.access import Reach

OTHER_CITIZEN = "per_0192f3a1c0de7d33c7f25d2c9a7b1e99"
PETITIONER = {**FILING_EXAMPLE["parties"][0], "name": "रामेश्वर लाल मीणा"}
STATE = FILING_EXAMPLE["parties"][2]
LAND = {"tehsil": "jaipur", "village": "SANDBOX  gaon", "khasra": "113/2"}


def sought(caller: Caller, **body: Any) -> list[str]:
    return [case["court_case_id"] for case in json_of(caller.post("/case-searches", body), 200)["items"]]


def test_a_case_is_looked_up_by_number_party_and_khasra_by_whom_it_concerns(world: World) -> None:
    case = world.registered(parties=[PETITIONER, STATE])
    world.registered()
    for caller in (world.citizen(), world.reader()):
        assert sought(caller, number=case["case_number"]) == [case["court_case_id"]]
        assert sought(caller, party="मीणा रामेश्वर", district_code="102") == [case["court_case_id"]]
        assert case["court_case_id"] in sought(caller, land=LAND, district_code="102")
        assert sought(caller, party="रामेश्वर गुप्ता", district_code="102") == []
        assert sought(caller, land={**LAND, "khasra": "113"}, district_code="102") == []
        assert sought(caller, party="मीणा", district_code="107") == []


def test_who_may_not_see_a_case_does_not_find_it(world: World) -> None:
    case = world.registered(parties=[PETITIONER, STATE])
    others = [
        world.citizen(OTHER_CITIZEN),
        world.centre(),
        world.officer("Tehsildar", district="107"),
        world.officer("Tehsildar", department="home"),
    ]
    for caller in others:
        assert sought(caller, number=case["case_number"]) == []
        assert sought(caller, party="मीणा", district_code="102") == []
        assert sought(caller, land=LAND, district_code="102") == []


def test_a_draft_is_found_by_who_made_it_alone(world: World) -> None:
    draft = json_of(world.citizen().begin(), 201)
    assert sought(world.citizen(), land=LAND, district_code="102") == [draft["court_case_id"]]
    assert sought(world.reader(), land=LAND, district_code="102") == []


def test_an_advocates_cases_are_found_also_when_they_left_them(world: World) -> None:
    body = {
        "advocate": "Test Advocate One", "enrolment": "R/123/2010", "parties": [1], "sha256": "0" * 64,
        "begins": "2026-01-05",
    }  # fmt: skip
    case = json_of(world.reader().act(world.registered(), "vakalatnamas", body), 201)
    world.registered()
    assert sought(world.citizen(), enrolment="R/123/2010", district_code="102") == [case["court_case_id"]]
    end = {"no": 1, "ends": "2026-02-01", "text": "Asked to."}
    json_of(world.reader().act(case, "vakalatnama-ends", end), 201)
    assert sought(world.reader(), enrolment="R/123/2010", district_code="102") == [case["court_case_id"]]
    assert sought(world.reader(), enrolment="R/124/2010", district_code="102") == []


def test_what_is_found_comes_a_page_at_a_time_without_a_name(world: World) -> None:
    ids = [world.registered()["court_case_id"] for _ in range(3)]
    body: dict[str, Any] = {"land": LAND, "district_code": "102", "limit": 2}
    answer = world.citizen().post("/case-searches", body)
    first = json_of(answer, 200)
    second = json_of(world.citizen().post("/case-searches", {**body, "cursor": first["next"]}), 200)
    assert [case["court_case_id"] for case in [*first["items"], *second["items"]]] == ids[::-1]
    assert second["next"] is None
    assert "Test Citizen" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"/number": "one-way"}),
        ({"party": "Meena", "enrolment": "R/1/2010", "district_code": "102"}, {"/enrolment": "one-way"}),
        ({"party": "Meena"}, {"/district_code": "required"}),
        ({"land": {**LAND, "khasra": "all"}, "district_code": "102"}, {"/land/khasra": "wrong-form"}),
        ({"enrolment": "' or 1=1", "district_code": "102"}, {"/enrolment": "wrong-form"}),
    ],
)
def test_a_search_that_is_none_is_refused_by_field(world: World, body: dict[str, Any], wrong: dict[str, str]) -> None:
    assert places(problem(world.reader().post("/case-searches", body), 422)) == wrong


def plan(world: World, selection: Selection) -> tuple[set[str], set[str]]:
    """The stages and the indexes of the plan by which the database answers."""
    query = as_query(selection, "rcs_f")
    explained = world.mongo.db[CASES].find(query, hint=index_of(selection)).sort("_id", -1).limit(50).explain()
    stages: set[str] = set()
    indexes: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        stages.add(node["stage"])
        if "indexName" in node:
            indexes.add(node["indexName"])
        for inner in [node.get("inputStage"), *node.get("inputStages", [])]:
            if inner:
                walk(inner)

    winning = explained["queryPlanner"]["winningPlan"]
    walk(winning.get("queryPlan", winning))
    return stages, indexes


@pytest.mark.parametrize(
    ("members", "index"),
    [
        ({"number": "a/b/2026/1"}, "one_case_per_number"),
        ({"party": words("Test Citizen"), "district_code": "102"}, "by_party"),
        ({"land_key": land_key("Jaipur", "Sandbox Gaon", "112"), "district_code": "102"}, "by_land"),
        ({"enrolment": "R/123/2010", "district_code": "102"}, "by_advocate"),
    ],
)
@pytest.mark.parametrize(
    "reach", [Reach({}), Reach({"department": frozenset({"revenue"}), "district_code": frozenset({"102", "107"})})]
)
def test_every_way_of_searching_is_by_its_index_and_sorts_nothing(
    world: World, reach: Reach, members: dict[str, Any], index: str
) -> None:
    # An index over lists is planned as one when a document has such a list.
    world.registered()
    stages, indexes = plan(world, Selection(reach=reach, **members))
    assert indexes == {index}
    assert "COLLSCAN" not in stages
    assert "SORT" not in stages or index == "one_case_per_number"


def test_who_files_is_served_by_the_index_of_their_own_cases(world: World) -> None:
    reach = Reach({"person_id": frozenset({"per_1"})})
    selection = Selection(reach=reach, own_drafts=True, in_camera=True, party=words("Test"), district_code="102")
    case = world.registered()
    document = world.mongo.db[CASES].find_one({"_id": case["court_case_id"]}) or {}
    names = ("number", "numbers", "agreed_once")
    others = [
        {key: value for key, value in document.items() if key not in names}
        | {"_id": f"rcs_{n:03}", "transaction_token": f"EM{n}", "seen_by": [f"per_{n % 100}"]}
        for n in range(300)
    ]
    world.mongo.db[CASES].insert_many(others)
    stages, indexes = plan(world, selection)
    assert (indexes, "SORT" in stages) == ({"of_a_person"}, False)
