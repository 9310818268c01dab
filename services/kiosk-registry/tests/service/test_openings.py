"""Opening a centre over HTTP on a real database: who does what, what is told, and what is kept."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import Schema
from tests.support.openings import (
    APPLICANT,
    DISTRICT,
    LSP,
    OTHER_STATE,
    POSITION,
    REFUSAL,
    STATE,
    STEPS,
    Applying,
    a_body,
    prepared,
)

from kiosk_registry.entrypoints.http.openings.schemas import (
    CentreApplicationSchema,
    CentreApplicationsSchema,
    CentreRulesSchema,
    LspsSchema,
)
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, published, settings_for

NEIGHBOUR = Person("per_neighbour", "citizen")


@pytest.fixture
def http(settings: KioskRegistrySettings, mongo: Mongo) -> FlaskClient:
    return SERVICE.flask_app(settings, prepared(mongo)).test_client()


@pytest.fixture
def world(http: FlaskClient) -> Applying:
    return Applying(http)


def test_an_application_becomes_a_centre_that_trades_and_is_told_of(world: Applying, mongo: Mongo) -> None:
    opening_id = world.applies()

    opened = world.opens(opening_id)

    assert opened["state"] == "ACTIVE"
    kiosk = mongo.db.kiosks.find_one({"_id": opened["kiosk_id"]})
    assert kiosk is not None
    assert (kiosk["status"], kiosk["lsp_id"], kiosk["district_code"]) == ("ACTIVE", "lsp_sandbox_1", "102")
    assert opened["kiosk_id"] == "ksk_RJ10260001"
    assert mongo.db.devices.find_one({"_id": "SN-2026-0001"})["kiosk_id"] == opened["kiosk_id"]  # type: ignore[index]
    (approved,) = [event for event in published(mongo) if event["type"].endswith("kiosk.approved.v1")]
    assert approved["data"]["operator_person_id"] == APPLICANT.id
    assert approved["data"]["credit_limit"] == {"amount": 1_000_000, "currency": "INR"}
    assert world.gets(APPLICANT, f"/v1/kiosks/{opened['kiosk_id']}").status_code == 200
    assert mongo.db.kiosk_lives.find_one({"_id": opened["kiosk_id"]})["machine"] == "SN-2026-0001"  # type: ignore[index]
    for query in ({"name": "sandbox marg"}, {"pin": "302001"}):
        items = (world.gets(APPLICANT, "/v1/kiosks", **query).json or {})["items"]
        assert [item["kiosk_id"] for item in items] == [opened["kiosk_id"]]


def test_every_act_has_who_when_and_why_in_a_history_and_an_event(world: Applying, mongo: Mongo) -> None:
    opening_id = world.applies()
    world.opens(opening_id)

    lines = mongo.db.opening_history.find({"opening_id": opening_id}).sort("version", 1).to_list()
    events = [event for event in published(mongo) if event["subject"] == opening_id]

    assert [line["act"] for line in lines] == ["submit", *(move["act"] for _, move in STEPS)]
    assert [line["by"]["person_id"] for line in lines] == ["per_applicant", *(person.id for person, _ in STEPS)]
    assert [event["sequence"] for event in events] == [str(line["version"]) for line in lines]
    assert lines[2]["facts"]["metres_from_premises"] == 0


def test_the_applicant_is_told_the_office_and_not_the_person_and_not_what_offices_remark(world: Applying) -> None:
    opening_id = world.applies()
    world.opens(opening_id, steps=1)
    world.refuses(opening_id, "send_back", DISTRICT)

    recommended, sent_back = world.reads(APPLICANT, opening_id)["history"][1:]
    for_office = world.reads(DISTRICT, opening_id)["history"][1]

    assert (recommended["office"], recommended["person_id"], recommended["remarks"]) == ("lsp", None, None)
    assert (for_office["person_id"], for_office["remarks"]) == ("per_lsp", "Trained with us.")
    assert sent_back["remarks"] == REFUSAL["remarks"]
    assert sent_back["reason"]["hi"] == "कोई दस्तावेज़ नहीं है या सही नहीं है।"


def test_what_cannot_be_done_now_is_a_conflict_that_names_what_can(world: Applying) -> None:
    opening_id = world.applies()

    problem = world.moves(STATE, opening_id, {"act": "approve"}, 409)

    assert (problem["code"], problem["state"]) == ("move-not-possible", "LSP_RECOMMENDATION")
    assert {"act": "recommend", "office": "lsp"} in problem["allowed"]
    assert problem["allowed"] == world.reads(APPLICANT, opening_id)["allowed"]
    assert problem["detail_hi"]


def test_an_act_of_another_office_is_refused_and_names_whose_it_is(world: Applying) -> None:
    opening_id = world.applies()

    problem = world.moves(STATE, opening_id, STEPS[0][1], 403)

    assert (problem["code"], problem["office"]) == ("another-office-decides", "lsp")


def test_what_is_another_persons_providers_or_districts_is_not_there(world: Applying) -> None:
    opening_id = world.applies()
    strangers = [
        NEIGHBOUR,
        replace(LSP, lsp_id="lsp_RJ01"),
        replace(DISTRICT, districts=frozenset({"86"})),
    ]

    for stranger in strangers:
        assert world.gets(stranger, f"/v1/centre-applications/{opening_id}").status_code == 404
        assert world.gets(stranger, "/v1/centre-applications").json == {"items": [], "next": None}
        assert world.moves(stranger, opening_id, {"act": "withdraw"}, 404)["code"] == "centre-application-not-found"
    for whose in (APPLICANT, LSP, DISTRICT, STATE, Person("per_auditor", "auditor")):
        items = (world.gets(whose, "/v1/centre-applications").json or {})["items"]
        assert [item["opening_id"] for item in items] == [opening_id]


def test_a_pending_application_keeps_its_officers_when_its_district_is_ended(mongo: Mongo, tmp_path: Path) -> None:
    """Jaipur is ended by an order of yesterday; Dausa takes it over."""
    shipped = Path(__file__).parents[2] / "src/kiosk_registry/adapters/data/territory.toml"
    order = f'[[order]]\nid = "e"\nname = "E"\nname_hi = "ई"\nfrom = {(utc_now() - timedelta(days=2)).date()}\n'
    file = tmp_path / "territory.toml"
    file.write_text(shipped.read_text("utf-8") + order + ENDED_JAIPUR, encoding="utf-8")
    before = Applying(SERVICE.flask_app(settings_for(KioskRegistrySettings), prepared(mongo)).test_client())
    opening_id = before.applies()
    before.opens(opening_id, steps=1)
    heir, verification = replace(DISTRICT, districts=frozenset({"97"})), STEPS[1][1]
    assert before.moves(heir, opening_id, verification, 404)

    later = settings_for(KioskRegistrySettings, TERRITORY_FILE=str(file))
    after = Applying(SERVICE.flask_app(later, mongo).test_client())

    assert after.moves(heir, opening_id, verification)["state"] == "EXAMINATION"


ENDED_JAIPUR = '\n[[ended]]\ncode = "102"\nby = "e"\nsuccessors = ["97"]\n'


def test_what_was_sent_back_is_answered_and_goes_on(world: Applying) -> None:
    opening_id = world.applies()
    world.opens(opening_id, steps=2)
    world.refuses(opening_id, "send_back", DISTRICT)

    again = world.moves(APPLICANT, opening_id, {"act": "resubmit", "remarks": "The paper is here now."})

    assert again["state"] == "EXAMINATION"


def test_a_form_that_comes_back_changed_is_held_against_the_rules_again(world: Applying) -> None:
    opening_id = world.applies()
    world.refuses(opening_id, "send_back")
    young = a_body(date_of_birth="2015-01-01")

    problem = world.moves(APPLICANT, opening_id, {"act": "resubmit", "remarks": "New.", "form": young}, 422)
    assert [error["code"] for error in problem["errors"]] == ["too-young"]
    moved = a_body(name_en="e-Mitra Kendra New Marg")
    again = world.moves(APPLICANT, opening_id, {"act": "resubmit", "remarks": "New.", "form": moved})
    assert (again["state"], again["form"]["name_en"]) == ("LSP_RECOMMENDATION", "e-Mitra Kendra New Marg")


def test_a_rejection_may_be_appealed_once_and_another_person_hears_it(world: Applying) -> None:
    opening_id = world.applies()
    world.opens(opening_id, steps=3)
    rejected = world.refuses(opening_id, "reject", STATE)
    assert rejected["appeal_until"] is not None

    world.moves(APPLICANT, opening_id, {"act": "appeal", "remarks": "The reason is not so."})
    assert world.moves(STATE, opening_id, {"act": "uphold_appeal"}, 403)["code"] == "another-person-decides"
    assert world.moves(OTHER_STATE, opening_id, {"act": "uphold_appeal"})["state"] == "APPROVAL"
    world.refuses(opening_id, "reject", STATE)
    assert world.moves(APPLICANT, opening_id, {"act": "appeal", "remarks": "Again."}, 409)["allowed"] == []


def test_the_geo_tag_of_the_field_must_lie_where_the_application_says(world: Applying) -> None:
    opening_id = world.applies()
    world.opens(opening_id, steps=1)
    verification = {**STEPS[1][1], "position": {**POSITION, "lat": POSITION["lat"] + 0.01}}

    (error,) = world.moves(DISTRICT, opening_id, verification, 422)["errors"]

    assert (error["pointer"], error["code"]) == ("/position", "not-at-the-premises")
    assert "1113 m" in error["detail"]
    assert error["detail_hi"]


def test_a_person_has_one_application_at_a_time_and_may_apply_again_when_it_came_to_nothing(world: Applying) -> None:
    first = world.applies()
    elsewhere = a_body(position={"lat": 26.91, "lon": 75.81})

    assert (world.posts(APPLICANT, "/v1/centre-applications", elsewhere).json or {})[
        "code"
    ] == "centre-application-there"
    world.moves(APPLICANT, first, {"act": "withdraw"})
    assert world.posts(APPLICANT, "/v1/centre-applications", elsewhere).status_code == 201


def test_two_people_do_not_get_the_same_premises(world: Applying) -> None:
    world.applies()

    problem = world.posts(NEIGHBOUR, "/v1/centre-applications", a_body()).json

    assert problem is not None
    assert (problem["status"], problem["code"]) == (409, "premises-taken")


def test_a_device_is_bound_to_one_centre(world: Applying, mongo: Mongo) -> None:
    world.opens(world.applies())
    second = world.applies(NEIGHBOUR, position={"lat": 26.91, "lon": 75.81})
    for person, move in STEPS[:4]:
        there = {**move, "position": {"lat": 26.91, "lon": 75.81}} if "position" in move else move
        world.moves(person, second, there)

    assert world.moves(LSP, second, STEPS[4][1], 409)["code"] == "device-taken"
    assert mongo.db.kiosks.count_documents({}) == 1
    assert world.moves(LSP, second, {**STEPS[4][1], "device_id": "SN-2026-0002"})["kiosk_id"] == "ksk_RJ10260002"


def test_a_repeat_with_the_same_key_gives_the_same_application_and_the_same_move(world: Applying, mongo: Mongo) -> None:
    key = secrets.token_hex(16)
    answers = [world.posts(APPLICANT, "/v1/centre-applications", a_body(), key=key) for _ in range(2)]
    opening_id = (answers[0].json or {})["opening_id"]
    path = f"/v1/centre-applications/{opening_id}/moves"
    moves = [world.posts(LSP, path, STEPS[0][1], key=key) for _ in range(2)]

    assert [answer.status_code for answer in [*answers, *moves]] == [201] * 4
    assert [answer.headers.get("Idempotent-Replayed") for answer in [*answers, *moves]] == [None, "true"] * 2
    assert mongo.db.openings.count_documents({}) == 1
    assert mongo.db.opening_history.count_documents({}) == 2


def test_of_two_who_move_at_once_one_does(world: Applying, mongo: Mongo) -> None:
    opening_id = world.applies()
    path = f"/v1/centre-applications/{opening_id}/moves"
    others = [STEPS[0][1], {"act": "reject", **REFUSAL}]

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda n: world.posts(LSP, path, others[n % 2]).status_code, range(4)))

    # Whoever comes second finds it moved: the act is not possible now, or another office's.
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {403, 409}
    assert mongo.db.opening_history.count_documents({"opening_id": opening_id}) == 2


def test_a_move_of_a_version_that_is_gone_is_refused(world: Applying) -> None:
    opening_id = world.applies()
    path = f"/v1/centre-applications/{opening_id}/moves"

    assert world.posts(LSP, path, STEPS[0][1], **{"If-Match": '"7"'}).status_code == 412
    assert world.posts(LSP, path, STEPS[0][1], **{"If-Match": '"1"'}).status_code == 201


@pytest.mark.parametrize(
    ("move", "pointer"),
    [
        ({}, "/act"),
        ({"act": "submit"}, "/act"),
        ({"act": "recommend"}, "/remarks"),
        ({"act": "reject", "remarks": "No."}, "/reason"),
        ({"act": "reject", "remarks": "No.", "reason": "no-such-reason"}, "/reason"),
        ({"act": "recommend", "remarks": "Yes.", "device_id": "SN-1"}, "/device_id"),
        ({"act": "recommend", "remarks": "=1+1"}, "/remarks"),
        ({"act": "verify", "documents_seen": []}, "/position"),
        ({"act": "bind_device", "device_id": "sn 1"}, "/device_id"),
    ],
)
def test_a_move_that_says_too_little_or_too_much_is_refused_at_its_place(
    world: Applying, move: dict[str, Any], pointer: str
) -> None:
    opening_id = world.applies()

    errors = world.moves(LSP, opening_id, move, 422)["errors"]

    assert pointer in [error["pointer"] for error in errors]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name_hi": "Jaipur"}, "/name_hi"),
        ({"name_en": "=SUM(A1)"}, "/name_en"),
        ({"date_of_birth": "yesterday"}, "/date_of_birth"),
        ({"is_resident": "yes"}, "/is_resident"),
        ({"pin": "30200"}, "/premises/pin"),
        ({"position": {"lat": "26.9", "lon": 75.8}}, "/premises/position/lat"),
        ({"position": {"lat": 126.9, "lon": 75.8}}, "/premises/position/lat"),
        ({"photographs": [{"shows": "front", "sha256": "0" * 64}] * 2}, "/premises/photographs"),
        ({"documents": ["pan"]}, "/documents"),
        ({"lsp_id": "lsp_of_another_state"}, "/lsp_id"),
        ({"address": "x" * 201}, "/premises/address"),
    ],
)
def test_a_form_that_is_wrong_is_refused_at_its_place_and_nothing_is_kept(
    world: Applying, mongo: Mongo, changes: dict[str, Any], pointer: str
) -> None:
    response = world.posts(APPLICANT, "/v1/centre-applications", a_body(**changes))

    assert response.status_code == 422, response.text
    assert pointer in [error["pointer"] for error in (response.json or {})["errors"]]
    assert mongo.db.openings.count_documents({}) == 0


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/v1/centre-applications", CentreApplicationsSchema),
        ("/v1/centre-applications/{}", CentreApplicationSchema),
        ("/v1/centre-rules", CentreRulesSchema),
        ("/v1/lsps", LspsSchema),
    ],
)
def test_an_answer_has_the_documented_members_and_no_others(world: Applying, path: str, schema: type[Schema]) -> None:
    body = world.gets(APPLICANT, path.format(world.applies())).json

    assert body is not None
    assert body.keys() == schema().fields.keys()


def test_a_list_is_walked_through_page_by_page(world: Applying) -> None:
    places = [{"lat": 26.91 + number / 1000, "lon": 75.81} for number in range(3)]
    ids = [world.applies(Person(f"per_{number}", "citizen"), position=place) for number, place in enumerate(places)]

    first = world.gets(LSP, "/v1/centre-applications", limit=2).json or {}
    second = world.gets(LSP, "/v1/centre-applications", limit=2, cursor=first["next"]).json or {}

    assert [item["opening_id"] for item in [*first["items"], *second["items"]]] == sorted(ids)
    assert second["next"] is None
    other = world.gets(LSP, "/v1/centre-applications", state="ACTIVE", cursor=first["next"])
    assert other.status_code == 422


def test_the_providers_of_a_district_are_listed(world: Applying) -> None:
    items = (world.gets(APPLICANT, "/v1/lsps", district="102").json or {})["items"]

    assert len(items) == 4
    assert all("102" in item["districts"] for item in items)


def test_the_gateway_is_told_what_a_token_stands_for(world: Applying, http: FlaskClient) -> None:
    opening_id = world.applies()
    token = world.reads(APPLICANT, opening_id)["transaction_token"]
    headers = internal_headers("kiosk-registry", client_id="gateway", scopes=["internal"])

    def told() -> dict[str, Any]:
        return dict(http.get(f"/v1/internal/transactions/{token}", headers=headers).json or {})

    assert (told()["reference_id"], told()["status"]) == (opening_id, "IN_VERIFICATION")
    world.opens(opening_id)
    assert told()["status"] == "OPENED"
    assert [event["type"] for event in told()["events"]] == ["opening.submitted", *["opening.moved"] * 5]
    assert http.get("/v1/internal/transactions/EMH1TPZP6R1NYHP", headers=headers).status_code == 404
