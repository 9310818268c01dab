"""Filing from home and at a centre: a draft, its submission, scrutiny, cure and registration."""

from typing import Any

import pytest
from tests.support.builders import filing_body, party_without
from tests.support.world import KIOSK, World, json_of, new_key, places, problem, sitting_day, sunday

from emitra_contracts import validate_produced
from servicekit.acts import AgreedAct

STATE = {"side": "respondent", "kind": "state", "through": "Tehsildar"}


def test_a_case_is_filed_scrutinised_cured_and_registered(world: World) -> None:
    citizen, reader = world.citizen(), world.reader()
    case = json_of(citizen.begin(), 201)
    assert (case["state"], case["allowed_actions"]) == ("DRAFT", ["revise", "submit"])
    assert case["forget_at"] is not None
    assert case["court_fee"]["state"] == "unset"
    case = json_of(citizen.act(case, "submissions"), 201)
    assert (case["state"], case["forget_at"]) == ("SUBMITTED", None)
    defects = {
        "decision": "defects", "cure_by": sitting_day().isoformat(),
        "defects": [{"code": "land-details", "remarks": "Which part of 113/2?"}],
    }  # fmt: skip
    case = json_of(reader.act(case, "scrutinies", defects), 201)
    assert (case["state"], case["cure_by"]) == ("DEFECTIVE", sitting_day().isoformat())
    assert case["defects"][0]["hi"]
    case = json_of(citizen.act(case, "filings", filing_body(facts="The northern part.")), 201)
    case = json_of(citizen.act(case, "submissions"), 201)
    case = json_of(reader.act(case, "scrutinies", {"decision": "register"}), 201)
    assert case["state"] == "REGISTERED"
    assert case["case_number"].startswith("test-tehsildar-jaipur/tenancy-division/")
    assert case["case_number"].endswith("/1")
    assert case["filing"]["facts"] == "The northern part."
    assert [line["act"] for line in case["history"]] == [
        "begin", "submit", "raise-defects", "revise", "submit", "register",
    ]  # fmt: skip
    assert case["history"][-1]["by"]["post"] == {"en": "Reader", "hi": "पद"}


def test_what_is_told_is_told_once_and_names_nobody(world: World) -> None:
    world.registered()
    events = world.events()
    assert [event["type"] for event in events] == ["org.emitra.case.filed.v1", "org.emitra.case.registered.v1"]
    for event in events:
        validate_produced(event)
        assert "Test Citizen" not in str(event)


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"parties": [party_without("parent_or_spouse"), STATE]}, {"/parties/0/parent_or_spouse": "no-parent"}),
        ({"parties": [party_without("guardian", minor=True), STATE]}, {"/parties/0/guardian": "no-guardian"}),
        ({"district_code": "107"}, {"/district_code": "outside-jurisdiction"}),
        ({"reliefs": ["possession", "ejectment"]}, {"/reliefs/1": "unknown-relief"}),
        ({"kind_code": "tenancy-appeal", "reliefs": ["stay"]}, {"/order_on": "no-order"}),
    ],
)
def test_a_draft_may_lack_what_a_submission_needs(world: World, members: dict[str, Any], wrong: dict[str, str]) -> None:
    case = json_of(world.citizen().begin(**members), 201)
    refusal = problem(world.citizen().act(case, "submissions"), 422)
    assert refusal["code"] == "filing-not-complete"
    assert places(refusal) == wrong
    assert world.events() == []


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"parties": [party_without("", address="x" * 1000), STATE]}, "/parties/0/address"),
        ({"parties": [party_without("", name="<b>1</b>"), STATE]}, "/parties/0/name"),
        ({"parties": [STATE] * 201}, "/parties"),
        ({"land": [{"tehsil": "J", "village": "G", "khasras": ["one hundred"]}]}, "/land/0/khasras/0"),
        ({"land": [{"tehsil": "J", "village": "G", "khasras": ["1"], "area_sqm": -1}]}, "/land/0/area_sqm"),
        ({"land": [{"tehsil": "J", "village": "G", "khasras": ["1"], "area_sqm": "5"}]}, "/land/0/area_sqm"),
        ({"affirmed": "yes"}, "/affirmed"),
        ({"order_on": "yesterday"}, "/order_on"),
        ({"papers": [{"kind": "affidavit", "title": "A", "sha256": "abc"}]}, "/papers/0/sha256"),
        ({"court_code": "nowhere"}, "/court_code"),
        ({"kind_code": "murder"}, "/kind_code"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_place(world: World, members: dict[str, Any], pointer: str) -> None:
    refusal = problem(world.citizen().begin(**members), 422)
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]


def test_a_repeat_files_once_and_another_body_under_the_key_is_refused(world: World) -> None:
    key = new_key()
    first = json_of(world.citizen().begin(key), 201)
    again = world.citizen().begin(key)
    assert json_of(again, 201)["court_case_id"] == first["court_case_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(world.citizen().begin(key, facts="Other."), 422)["code"] == "idempotency-key-reused"
    assert world.mongo.db.court_cases.count_documents({}) == 1


def test_a_draft_is_its_makers_alone(world: World) -> None:
    draft = json_of(world.citizen().begin(), 201)
    path = f"/cases/{draft['court_case_id']}"
    for other in (world.citizen("per_0192f3a1c0de7d33c7f25d2c9a7b1e99"), world.reader(), world.centre()):
        assert problem(other.get(path), 404)["code"] == "court-case-not-found"
        assert json_of(other.get("/cases"), 200)["items"] == []
    assert [case["state"] for case in json_of(world.citizen().get("/cases"), 200)["items"]] == ["DRAFT"]


def test_a_submitted_case_is_its_filers_and_its_districts(world: World) -> None:
    case = world.submitted()
    path = f"/cases/{case['court_case_id']}"
    for who in (world.citizen(), world.reader(), world.officer("Tehsildar")):
        assert json_of(who.get(path), 200)["state"] == "SUBMITTED"
        assert len(json_of(who.get("/cases?state=SUBMITTED"), 200)["items"]) == 1
    for other in (world.centre(), world.officer("Reader", district="107"), world.officer("Reader", "102", "police")):
        assert problem(other.get(path), 404)["code"] == "court-case-not-found"


def test_a_list_goes_on_where_its_page_ended(world: World) -> None:
    ids = [json_of(world.citizen().begin(), 201)["court_case_id"] for _ in range(3)]
    first = json_of(world.citizen().get("/cases?limit=2"), 200)
    second = json_of(world.citizen().get(f"/cases?limit=2&cursor={first['next']}"), 200)
    assert [case["court_case_id"] for case in [*first["items"], *second["items"]]] == ids[::-1]
    assert second["next"] is None


def test_a_stale_version_changes_nothing(world: World) -> None:
    case = json_of(world.citizen().begin(), 201)
    json_of(world.citizen().act(case, "filings", filing_body(), **{"If-Match": '"1"'}), 201)
    refusal = problem(world.citizen().act(case, "filings", filing_body(), **{"If-Match": '"1"'}), 412)
    assert refusal["code"] == "stale-version"


def test_a_centre_files_for_somebody_who_agreed_to_that_kind_and_once(world: World) -> None:
    agreed = AgreedAct(type="case-filing", identifier="tenancy-division", once=True)
    centre = world.acting_for("ast_1", agreed)
    case = json_of(centre.begin(), 201)
    assert json_of(centre.act(case, "submissions"), 201)["state"] == "SUBMITTED"
    assert json_of(world.citizen().get(f"/cases/{case['court_case_id']}"), 200)["state"] == "SUBMITTED"
    (filed,) = world.events()
    assert filed["data"]["kiosk_id"] == KIOSK
    assert problem(centre.begin(), 403)["code"] == "act-used-up"
    other = world.acting_for("ast_2", AgreedAct(type="case-filing", identifier="tenancy-trespass"))
    assert problem(other.begin(), 403)["code"] == "act-not-agreed"


def test_a_later_consent_is_to_one_case(world: World) -> None:
    case = json_of(world.citizen().begin(), 201)
    other = world.acting_for("ast_3", AgreedAct(type="case-filing", identifier="tenancy-division"))
    assert problem(other.act(case, "submissions"), 403)["code"] == "act-not-agreed"
    answering = world.acting_for("ast_4", AgreedAct(type="case-answer", identifier=case["court_case_id"]))
    assert json_of(answering.act(case, "submissions"), 201)["state"] == "SUBMITTED"


def test_defects_need_a_day_a_registration_none_and_codes_are_of_the_list(world: World) -> None:
    case, reader = world.submitted(), world.reader()
    missing = problem(reader.act(case, "scrutinies", {"decision": "defects"}), 422)
    assert set(places(missing)) <= {"/defects", "/cure_by"}
    strange = {"decision": "defects", "defects": [{"code": "ugly"}], "cure_by": sitting_day().isoformat()}
    assert places(problem(reader.act(case, "scrutinies", strange), 422)) == {"/defects/0/code": "unknown"}
    closed = {"decision": "defects", "defects": [{"code": "land-details"}], "cure_by": sunday().isoformat()}
    assert places(problem(reader.act(case, "scrutinies", closed), 422)) == {"/cure_by": "court-closed"}
