"""The register of breaches: whom it concerns is told at once, the Board in time, and it holds no personal data."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from tests.support.asking import body_of
from tests.support.privacy import Somebody, breach, headers, somebody
from tests.support.signing_in import Browser, Phone
from tests.support.vault import aadhaar
from werkzeug.test import TestResponse

from identity.adapters import mongo_breaches
from identity.application.privacy.tell_breaches import TellBreaches
from identity.bootstrap import Identity
from identity.domain.people import person as domain_person
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

REGISTER = "/v1/privacy/breaches"
OFFICER: dict[str, Any] = {
    "client_id": "cli_officer",
    "scopes": ["privacy:breaches"],
    "person": Person(id="per_dpo", role="officer", department="information-technology", districts=frozenset({"102"})),
}


@pytest.fixture(autouse=True)
def empty_register(shared_mongo: Mongo) -> Iterator[None]:
    yield
    shared_mongo.db.breaches.delete_many({})
    shared_mongo.db.breach_notices.delete_many({})


@pytest.fixture
def person(client: FlaskClient, browser: Browser) -> Somebody:
    return somebody(client, browser)


@pytest.fixture
def other(client: FlaskClient, phone: Phone) -> Somebody:
    return somebody(client, Browser(client.application, phone))


def record(client: FlaskClient, key: str = "breach-key-0123456789", **changes: Any) -> TestResponse:
    known = internal_headers("identity", **OFFICER)
    return client.post(REGISTER, json=breach(**changes), headers={**known, "Idempotency-Key": key})


def recorded(client: FlaskClient, key: str, **changes: Any) -> Any:
    answer = record(client, key, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json


def entry(client: FlaskClient, breach_id: str) -> Any:
    return client.get(f"{REGISTER}/{breach_id}", headers=internal_headers("identity", **OFFICER)).json


def intimate(client: FlaskClient, breach_id: str, what: str, at: datetime) -> TestResponse:
    return client.post(
        f"{REGISTER}/{breach_id}/intimations",
        json={"what": what, "at": at.isoformat()},
        headers=internal_headers("identity", **OFFICER),
    )


def told(person: Somebody) -> list[str]:
    return [item["breach_id"] for item in person.get("/v1/privacy/breach-notices")["items"]]


def tell(identity: Identity, after: timedelta = timedelta(0)) -> int:
    return identity.privacy.tell_breaches(TellBreaches(utc_now() + after))


def number_read(person: Somebody, number: str, client_id: str) -> None:
    stored = person.client.post(
        "/v1/vault/references",
        json={"kind": "aadhaar", "number": number, "person_id": person.person_id},
        headers=internal_headers("identity", scopes=["vault:write", "vault:owners"]),
    )
    shown = person.client.post(
        "/v1/vault/detokenisations",
        json={"reference": body_of(stored)["reference"], "purpose": "benefit-transfer"},
        headers=internal_headers(
            "identity", client_id=client_id, scopes=["vault:reveal", "vault-purpose:benefit-transfer"]
        ),
    )
    assert shown.status_code == 200, shown.text


def test_everybody_is_told_what_happened_what_to_do_and_whom_to_ask(
    client: FlaskClient, identity: Identity, person: Somebody, other: Somebody
) -> None:
    shown = recorded(client, "everybody-0123456789")
    due = datetime.fromisoformat(shown["aware_at"]) + timedelta(hours=72)
    assert datetime.fromisoformat(shown["detailed_due_at"]) == due
    assert (shown["persons_told_at"], shown["recorded_by"]) == (None, "per_dpo")
    tell(identity)
    assert told(person) == told(other) == [shown["breach_id"]]
    (notice,) = person.get("/v1/privacy/breach-notices")["items"]
    for part in ("what_happened", "consequences", "measures", "safety", "contact"):
        assert all(notice[part][language] for language in ("en", "hi"))
    assert "recorded_by" not in notice
    after = entry(client, shown["breach_id"])
    assert after["persons_told_at"]
    assert after["persons"] >= 2


def test_only_those_whose_numbers_the_client_read_are_told(
    client: FlaskClient, identity: Identity, person: Somebody, other: Somebody
) -> None:
    number_read(person, aadhaar(401), "cli_stolen")
    number_read(other, aadhaar(402), "cli_honest")
    at = datetime.now(UTC)
    shown = recorded(
        client,
        "stolen-client-0123456789",
        selection={"affected": "read-by-client", "value": "cli_stolen"},
        began_at=(at - timedelta(minutes=5)).isoformat(),
        ended_at=at.isoformat(),
        aware_at=at.isoformat(),
    )
    tell(identity)
    assert told(person) == [shown["breach_id"]]
    assert told(other) == []
    assert entry(client, shown["breach_id"])["persons"] == 1


def test_owners_of_a_kind_of_number_are_told(
    client: FlaskClient, identity: Identity, person: Somebody, other: Somebody
) -> None:
    number_read(person, aadhaar(403), "cli_any")
    recorded(client, "owners-0123456789", selection={"affected": "owners-of-numbers", "value": "aadhaar"})
    tell(identity)
    assert (len(told(person)), told(other)) == (1, [])


def test_telling_that_dies_in_the_middle_tells_the_others_later_and_nobody_twice(
    client: FlaskClient, identity: Identity, shared_mongo: Mongo, person: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies_after_three(self: Any, breach: Any) -> Iterator[str]:
        for place, person_id in enumerate(affected(self, breach)):
            if place == 3:
                raise Killed
            yield person_id

    strangers = [domain_person.Person(id=f"per_aaa{n}", role="citizen", created_at=utc_now()) for n in range(5)]
    identity.privacy.own_data.people.put(strangers)
    affected = mongo_breaches.MongoBreaches._affected
    shown = recorded(client, "dies-0123456789-0123456789")
    monkeypatch.setattr(mongo_breaches, "AT_ONCE", 1)
    monkeypatch.setattr(mongo_breaches.MongoBreaches, "_affected", dies_after_three)
    with pytest.raises(Killed):
        tell(identity)
    monkeypatch.undo()
    assert shared_mongo.db.breach_notices.count_documents({}) == 3
    first = {row["_id"]: row["at"] for row in shared_mongo.db.breach_notices.find()}
    tell(identity, timedelta(minutes=1))
    rows = {row["_id"]: row["at"] for row in shared_mongo.db.breach_notices.find()}
    assert {name: rows[name] for name in first} == first
    everybody = shared_mongo.db.people.count_documents({"erased_at": {"$exists": False}})
    assert (len(rows), entry(client, shown["breach_id"])["persons"]) == (everybody, everybody)
    assert told(person) == [shown["breach_id"]]


def test_the_alarm_rings_when_the_boards_time_is_over_and_ends_with_the_details(
    client: FlaskClient, identity: Identity, capfd: pytest.CaptureFixture[str]
) -> None:
    breach_id = recorded(client, "alarm-0123456789")["breach_id"]

    def overdue(after: timedelta) -> float | None:
        tell(identity, after)
        return REGISTRY.get_sample_value("emitra_identity_breaches_overdue")

    assert overdue(timedelta(hours=69)) == 0
    assert overdue(timedelta(hours=71)) == 1
    assert breach_id in "".join(capfd.readouterr())
    at = utc_now()
    assert intimate(client, breach_id, "extension", at + timedelta(days=9)).status_code == 200
    assert overdue(timedelta(hours=71)) == 0
    assert overdue(timedelta(days=10)) == 1
    assert intimate(client, breach_id, "first", at).status_code == 200
    shown = body_of(intimate(client, breach_id, "detailed", at))
    assert (bool(shown["first_told_at"]), bool(shown["detailed_told_at"]), shown["overdue"]) == (True, True, False)
    assert overdue(timedelta(days=10)) == 0
    later = body_of(intimate(client, breach_id, "detailed", at + timedelta(days=1)))
    assert later["detailed_told_at"] == shown["detailed_told_at"], "the first word counts"


def test_the_same_key_enters_a_breach_once(client: FlaskClient, shared_mongo: Mongo) -> None:
    body, key = breach(), "once-0123456789-0123"
    known = {**internal_headers("identity", **OFFICER), "Idempotency-Key": key}
    ids = {body_of(client.post(REGISTER, json=body, headers=known))["breach_id"] for _ in range(3)}
    assert (len(ids), shared_mongo.db.breaches.count_documents({})) == (1, 1)


NUMBER = aadhaar(404)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"what_happened": {"en": f"The number {NUMBER} was seen", "hi": "देखा गया"}}, "/what_happened/en"),
        ({"contact": {"en": "The office", "hi": "कार्यालय 9829012345"}}, "/contact/hi"),
        ({"what_happened": {"en": "Only English"}}, "/what_happened/hi"),
        ({"consequences": {"en": " ", "hi": "कुछ"}}, "/consequences/en"),
        ({"ended_at": "2020-01-01T00:00:00Z"}, "/ended_at"),
        ({"aware_at": "2099-01-01T00:00:00Z"}, "/aware_at"),
        ({"aware_at": "today"}, "/aware_at"),
        ({"nature": "bad luck"}, "/nature"),
        ({"selection": {"affected": "everybody", "value": "cli_x"}}, "/selection/value"),
        ({"selection": {"affected": "owners-of-numbers", "value": "voter"}}, "/selection/value"),
        ({"selection": {"affected": "read-by-client", "value": "somebody"}}, "/selection/value"),
        ({"selection": {"affected": "read-by-client", "value": "cli_" + "x" * 80}}, "/selection/value"),
        ({"people": ["per_1"]}, "/people"),
    ],
)
def test_an_entry_that_is_not_acceptable_says_where_and_repeats_no_number(
    client: FlaskClient, shared_mongo: Mongo, changes: dict[str, Any], pointer: str
) -> None:
    answer = record(client, "wrong-0123456789-01234", **changes)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in body_of(answer)["errors"]}
    assert NUMBER not in answer.text
    assert "9829012345" not in answer.text
    assert shared_mongo.db.breaches.count_documents({}) == 0


def test_the_register_is_the_officers_alone(client: FlaskClient, person: Somebody) -> None:
    for path in (REGISTER, f"{REGISTER}/brc_1"):
        assert client.get(path).status_code == 401
        assert person.call("GET", path).status_code == 403
    machine = internal_headers("identity", scopes=["privacy:breaches"])
    answer = client.post(REGISTER, json=breach(), headers={**machine, "Idempotency-Key": "machine-0123456789"})
    assert (answer.status_code, body_of(answer)["code"]) == (403, "person-needed")
    officer = internal_headers("identity", **OFFICER)
    assert client.get(f"{REGISTER}/brc_nothing", headers=officer).status_code == 404
    assert intimate(client, "brc_nothing", "first", utc_now()).status_code == 404
    assert client.get(REGISTER, headers=officer).json == {"items": []}


def test_the_register_holds_no_personal_data(client: FlaskClient, identity: Identity, shared_mongo: Mongo) -> None:
    recorded(client, "no-data-0123456789")
    tell(identity)
    kept = json.dumps(list(shared_mongo.db.breaches.find()), default=str, ensure_ascii=False)
    people = [row["_id"] for row in shared_mongo.db.people.find()]
    assert people
    assert not any(person_id in kept for person_id in people)


def test_a_person_who_was_erased_is_told_nothing(client: FlaskClient, identity: Identity, shared_mongo: Mongo) -> None:
    identity.privacy.own_data.people.put([domain_person.Person(id="per_gone", role="citizen", created_at=utc_now())])
    shared_mongo.db.people.update_one({"_id": "per_gone"}, {"$set": {"erased_at": utc_now()}})
    recorded(client, "gone-0123456789-0123")
    tell(identity)
    assert shared_mongo.db.breach_notices.count_documents({"person_id": "per_gone"}) == 0
    refused = client.get("/v1/privacy/breach-notices", headers=headers("per_gone"))
    assert refused.status_code == 403
