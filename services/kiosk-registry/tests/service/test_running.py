"""Running a centre: over HTTP, on a real MongoDB."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.dying import killed_at
from tests.support.openings import APPLICANT, DISTRICT, LSP, POSITION, STATE, Applying, a_body, prepared

from emitra_contracts import validate_produced
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.entrypoints.http.register.schemas import KioskSchema
from kiosk_registry.entrypoints.http.running.schemas import CentreChangesSchema
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, published

KIOSK = "ksk_RJ10260001"
OPERATOR = Person(APPLICANT.id, "operator")
ELSEWHERE = {"lat": 26.9282, "lon": 75.8183}
PREMISES = {
    "pin": "302001",
    "position": ELSEWHERE,
    "kind": "URBAN",
    "photographs": [{"shows": "front", "sha256": "2" * 64}, {"shows": "inside", "sha256": "3" * 64}],
}
HOURS = {"act": "set_hours", "hours": ["MON 09:00-18:00"]}
MOVE = {"act": "ask_premises", "premises": PREMISES, "remarks": "The lease has ended."}
CLOSE = {"act": "ask_closure", "remarks": "We move to another state."}
REFUSE = {"act": "refuse", "reason": "premises-not-suitable", "remarks": "It is on the first floor."}
TAGGED = {"act": "approve", "position": ELSEWHERE}


@dataclass
class Running:
    """A centre that was just opened, and whoever acts on it."""

    applying: Applying

    def headers(self, person: Person, **extra: str) -> dict[str, str]:
        kiosk_id = KIOSK if person.role == "operator" and person.id == OPERATOR.id else None
        scopes = ["kiosks:change", "kiosks:read"]
        headers = internal_headers(
            "kiosk-registry", client_id="cli_app", kiosk_id=kiosk_id, scopes=scopes, person=person
        )
        return {**headers, "Idempotency-Key": secrets.token_hex(16), **extra}

    def changes(
        self, person: Person, body: dict[str, Any], status: int = 201, more: dict[str, str] | None = None
    ) -> dict[str, Any]:
        response = self.applying.client.post(
            f"/v1/kiosks/{KIOSK}/changes", json=body, headers=self.headers(person, **(more or {}))
        )
        assert response.status_code == status, response.text
        return dict(response.json or {})

    def gets(self, person: Person, path: str = "/changes", status: int = 200, **query: Any) -> dict[str, Any]:
        response = self.applying.client.get(
            f"/v1/kiosks/{KIOSK}{path}", query_string=query, headers=self.headers(person)
        )
        assert response.status_code == status, response.text
        return dict(response.json or {})


@pytest.fixture
def centre(settings: KioskRegistrySettings, mongo: Mongo) -> Running:
    applying = Applying(SERVICE.flask_app(settings, prepared(mongo)).test_client())
    applying.opens(applying.applies())
    return Running(applying)


def test_its_people_set_hours_and_services_and_each_change_has_who_when_and_why(centre: Running) -> None:
    centre.changes(OPERATOR, HOURS)
    centre.changes(LSP, {"act": "set_services", "services": ["domicile", "JVVNL"], "remarks": "Trained."})

    shown = centre.gets(OPERATOR, "")
    assert (shown["hours"], shown["services"], shown["version"]) == (["MON 09:00-18:00"], ["JVVNL", "domicile"], 3)
    history = centre.gets(DISTRICT)
    assert not CentreChangesSchema().validate(history)
    assert [(line["act"], line["person_id"], line["version"]) for line in history["items"]] == [
        ("set_hours", OPERATOR.id, 2),
        ("set_services", LSP.id, 3),
    ]
    assert [line["person_id"] for line in centre.gets(OPERATOR)["items"]] == [None, None]
    assert [line["act"] for line in centre.gets(STATE, after=2)["items"]] == ["set_services"]


def test_other_premises_count_when_the_district_has_seen_them(centre: Running) -> None:
    asked = centre.changes(OPERATOR, MOVE)
    before = centre.gets(OPERATOR, "")

    approved = centre.changes(DISTRICT, TAGGED)

    assert asked["asked"]["premises"] == PREMISES
    assert before["location"]["coordinates"] == [POSITION["lon"], POSITION["lat"]]
    assert centre.gets(OPERATOR, "")["location"]["coordinates"] == [ELSEWHERE["lon"], ELSEWHERE["lat"]]
    assert approved["asked"] is None
    assert approved["items"][-1]["facts"] == {"asked": "ask_premises", "metres_from_premises": 0}
    # The place that it left is free for another applicant, the one where it is now is not.
    other = replace(APPLICANT, id="per_another")
    centre.applying.applies(other)
    taken = centre.applying.posts(
        replace(APPLICANT, id="per_third"), "/v1/centre-applications", a_body(position=ELSEWHERE)
    )
    assert (taken.json or {})["code"] == "premises-taken"


def test_a_geo_tag_taken_elsewhere_or_none_is_refused_in_both_languages(centre: Running) -> None:
    centre.changes(OPERATOR, MOVE)

    for move, code in (
        ({"act": "approve", "position": POSITION}, "not-at-the-premises"),
        ({"act": "approve"}, "required"),
    ):
        (problem,) = centre.changes(DISTRICT, move, 422)["errors"]
        assert (problem["pointer"], problem["code"]) == ("/position", code)
        assert problem["detail_hi"]


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"position": {"lat": 19.08, "lon": 72.88}}, "/premises/position", "outside-rajasthan"),
        ({"position": {"lat": 24.58, "lon": 73.71}}, "/premises/position", "not-in-the-district"),
        ({"pin": "313001"}, "/premises/pin", "not-in-the-district"),
        ({"pin": "399999"}, "/premises/pin", "unknown-pin"),
    ],
)
def test_premises_outside_of_the_state_the_district_or_the_pin_are_refused(
    centre: Running, changed: dict[str, Any], pointer: str, code: str
) -> None:
    problem = centre.changes(OPERATOR, {**MOVE, "premises": {**PREMISES, **changed}}, 422)

    assert (pointer, code) in [(error["pointer"], error["code"]) for error in problem["errors"]]


def test_premises_in_which_another_centre_is_are_refused(centre: Running, mongo: Mongo) -> None:
    neighbour = mongo.db.kiosks.find_one({"_id": KIOSK})
    assert neighbour is not None
    place = {"type": "Point", "coordinates": [ELSEWHERE["lon"], ELSEWHERE["lat"] + 0.00005]}
    mongo.db.kiosks.insert_one({**neighbour, "_id": "ksk_RJ10200009", "code": "RJ10200009", "location": place})

    assert centre.changes(OPERATOR, MOVE, 409)["code"] == "site-taken"
    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200009"}, {"$set": {"status": "CLOSED"}})
    centre.changes(OPERATOR, MOVE)


def test_a_closure_is_asked_for_and_confirmed_told_and_final(centre: Running, mongo: Mongo) -> None:
    centre.changes(OPERATOR, CLOSE)
    assert centre.gets(OPERATOR, "")["status"] == "ACTIVE"

    closed = centre.changes(DISTRICT, {"act": "approve"})

    assert (closed["status"], closed["allowed"]) == ("CLOSED", [])
    (told,) = _closures(mongo)
    validate_produced(told)
    assert (told["data"]["reason"], told["sequence"]) == ("surrendered", str(closed["version"]))
    assert centre.changes(OPERATOR, HOURS, 409)["code"] == "centre-change-not-possible"
    assert mongo.db.devices.count_documents({"kiosk_id": KIOSK}) == 0
    # Whoever gave it back may apply anew, at the same place.
    centre.applying.applies()


def test_what_was_refused_or_taken_back_may_be_asked_for_again(centre: Running) -> None:
    centre.changes(OPERATOR, MOVE)
    assert centre.changes(LSP, CLOSE, 409)["allowed"] == centre.gets(LSP)["allowed"]
    refused = centre.changes(DISTRICT, REFUSE)
    centre.changes(OPERATOR, CLOSE)
    centre.changes(LSP, {"act": "take_back"})

    assert refused["items"][-1]["reason"]["hi"] == "स्थान उपयुक्त नहीं है।"
    assert centre.gets(OPERATOR)["asked"] is None
    centre.changes(OPERATOR, CLOSE)


def test_another_offices_act_and_another_peoples_centre_are_refused(centre: Running) -> None:
    assert centre.changes(DISTRICT, HOURS, 403)["offices"] == ["lsp", "operator"]
    centre.changes(OPERATOR, CLOSE)
    assert centre.changes(LSP, {"act": "approve"}, 403)["code"] == "decided-by-another"
    strangers = [
        Person("per_else", "operator"),
        replace(LSP, lsp_id="lsp_RJ01"),
        replace(DISTRICT, districts=frozenset({"86"})),
    ]
    for stranger in strangers:
        assert centre.changes(stranger, HOURS, 404)["code"] == "centre-of-others"
        assert centre.gets(stranger, status=404)["code"] == "centre-of-others"


def test_whoever_read_an_older_version_changes_nothing(centre: Running) -> None:
    centre.changes(OPERATOR, HOURS, more={"If-Match": '"1"'})

    assert centre.changes(LSP, HOURS, 412, more={"If-Match": '"1"'})["code"] == "stale-version"
    assert centre.gets(OPERATOR)["version"] == 2


def test_of_two_who_decide_at_once_one_decides(centre: Running, mongo: Mongo) -> None:
    centre.changes(OPERATOR, CLOSE)

    def decides(body: dict[str, Any]) -> int:
        return centre.applying.client.post(
            f"/v1/kiosks/{KIOSK}/changes", json=body, headers=centre.headers(DISTRICT)
        ).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(decides, [{"act": "approve"}, REFUSE]))

    assert sorted(statuses) == [201, 409]
    assert mongo.db.kiosk_history.count_documents({"kiosk_id": KIOSK}) == 2


def test_a_centre_is_shown_as_it_was_on_a_day(centre: Running, mongo: Mongo) -> None:
    today = civil_day(utc_now())
    mongo.db.kiosks.update_one({"_id": KIOSK}, {"$set": {"approved_at": utc_now() - timedelta(days=30)}})
    for days, act in ((20, HOURS), (10, {"act": "set_services", "services": ["JVVNL"]}), (5, MOVE), (4, TAGGED)):
        changed = centre.changes(DISTRICT if act is TAGGED else OPERATOR, act)
        at = utc_now() - timedelta(days=days)
        mongo.db.kiosk_history.update_one({"version": changed["version"]}, {"$set": {"at": at}})

    def on(days: int) -> dict[str, Any]:
        shown = centre.gets(OPERATOR, "", on=str(today - timedelta(days=days)))
        assert not KioskSchema().validate(shown)
        return shown

    members = ("version", "hours", "services")
    assert [on(25)[name] for name in members] == [1, None, None]
    assert [on(15)[name] for name in members] == [2, ["MON 09:00-18:00"], None]
    assert [on(7)[name] for name in members] == [3, ["MON 09:00-18:00"], ["JVVNL"]]
    assert on(7)["location"]["coordinates"] == [POSITION["lon"], POSITION["lat"]]
    assert on(0)["location"] == centre.gets(OPERATOR, "")["location"]
    assert centre.gets(OPERATOR, "", 404, on=str(today - timedelta(days=31)))["code"] == "not-found"
    assert centre.gets(OPERATOR, "", 422, on=str(today + timedelta(days=1)))["errors"][0]["code"] == "future-date"


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"act": "set_hours"}, "/hours"),
        ({"act": "set_hours", "hours": ["MON 18:00-09:00"]}, "/hours"),
        ({"act": "set_services", "services": ["JVVNL", "JVVNL"]}, "/services"),
        ({"act": "ask_closure", "remarks": "Done.", "hours": ["MON 09:00-18:00"]}, "/hours"),
        ({"act": "import"}, "/act"),
    ],
)
def test_a_change_that_is_not_one_names_the_member_in_both_languages(
    centre: Running, body: dict[str, Any], member: str
) -> None:
    (problem,) = centre.changes(OPERATOR, body, 422)["errors"]

    assert problem["pointer"] == member


@pytest.mark.parametrize(("point", "is_kept"), [("G1", False), ("G2", True)])
def test_a_closure_whose_process_dies_is_there_with_its_line_and_its_event_or_not_at_all(
    centre: Running, mongo: Mongo, settings: KioskRegistrySettings, point: str, is_kept: bool
) -> None:
    centre.changes(OPERATOR, CLOSE)
    key = secrets.token_hex(16)

    killed_at(point, mongo, settings, "closure_once.py", KIOSK, key)

    assert len(_closures(mongo)) == int(is_kept)
    assert (centre.gets(OPERATOR)["status"] == "CLOSED") is is_kept
    closed = centre.changes(DISTRICT, {"act": "approve"}, more={"Idempotency-Key": key})
    assert (closed["status"], closed["version"]) == ("CLOSED", 3)
    assert len(_closures(mongo)) == 1


def _closures(mongo: Mongo) -> list[dict[str, Any]]:
    return [event for event in published(mongo) if event["type"].endswith("kiosk.closed.v1")]
