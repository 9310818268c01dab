"""Notices are public; consents are the signed-in person's own, on the very text, and end in one step."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.keys import ISSUER, KEY_SET
from tests.support.privacy import Somebody, consent, headers, somebody
from tests.support.signing_in import Browser, Phone

from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, published, settings_for


@pytest.fixture
def person(client: FlaskClient, browser: Browser) -> Somebody:
    return somebody(client, browser)


@pytest.fixture
def other(client: FlaskClient, phone: Phone) -> Somebody:
    return somebody(client, Browser(client.application, phone))


def ended(mongo: Mongo, person: Somebody) -> list[dict[str, Any]]:
    return [
        envelope["data"]
        for envelope in published(mongo)
        if envelope["type"] == "org.emitra.consent.withdrawn.v1" and envelope["data"]["person_id"] == person.person_id
    ]


def test_a_notice_is_read_by_anybody_in_both_languages(client: FlaskClient) -> None:
    notice = body_of(client.get("/v1/notices/account"))
    assert all(
        notice[part][language] for part in ("title", "withdraw", "rights", "complain") for language in ("en", "hi")
    )
    assert [purpose["id"] for purpose in notice["purposes"]] == ["sign-in", "messages"]
    assert all(purpose["items"] for purpose in notice["purposes"])
    assert (notice["contact"], len(notice["sha256"])) == (None, 64)
    assert body_of(client.get("/v1/notices/account/versions/1")) == notice


@pytest.mark.parametrize("path", ["nothing", "account/versions/99", "Account", "account%00", "..%2faccount"])
def test_a_notice_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/v1/notices/{path}").status_code == 404


def test_a_consent_is_a_receipt_of_what_was_shown_and_agreed_to(person: Somebody) -> None:
    receipt = person.agreed("messages")
    notice = body_of(person.client.get("/v1/notices/account"))
    assert (receipt["notice_version"], receipt["notice_sha256"]) == (notice["version"], notice["sha256"])
    assert (receipt["purposes"], receipt["language"], receipt["channel"]) == (["messages"], "hi", "own-device")
    assert (receipt["kiosk_id"], receipt["ended_at"], receipt["consent_id"][:4]) == (None, None, "cns_")
    assert person.get(f"/v1/consents/{receipt['consent_id']}") == receipt
    assert person.get("/v1/consents")["items"] == [receipt]


def test_a_consent_at_a_centre_says_who_assisted(person: Somebody) -> None:
    receipt = person.agreed("messages", client_id="cli_sandbox_kiosk_jaipur", kiosk_id="ksk_RJ10200001")
    assert (receipt["channel"], receipt["kiosk_id"]) == ("centre", "ksk_RJ10200001")


def test_agreeing_again_changes_nothing_and_to_something_else_replaces(person: Somebody, shared_mongo: Mongo) -> None:
    first = person.agreed("messages", "sign-in")
    assert person.agreed("sign-in", "messages") == first
    assert ended(shared_mongo, person) == []
    second = person.agreed("sign-in")
    items = person.get("/v1/consents")["items"]
    assert [item["consent_id"] for item in items] == [second["consent_id"], first["consent_id"]]
    assert [bool(item["ended_at"]) for item in items] == [False, True]
    (event,) = ended(shared_mongo, person)
    assert (event["consent_id"], event["replaced_by"]) == (first["consent_id"], second["consent_id"])


def test_withdrawing_is_one_step_and_a_repeat_changes_nothing(person: Somebody, shared_mongo: Mongo) -> None:
    receipt = person.agreed("messages")
    path = f"/v1/consents/{receipt['consent_id']}/withdrawals"
    once, twice = body_of(person.call("POST", path)), body_of(person.call("POST", path))
    assert once == twice
    assert once["ended_at"]
    (event,) = ended(shared_mongo, person)
    assert (event["purposes"], event["replaced_by"]) == (["messages"], None)
    again = person.agreed("messages")
    assert again["consent_id"] != receipt["consent_id"]


def test_of_many_at_once_one_consent_is_given(person: Somebody, shared_mongo: Mongo) -> None:
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: person.agreed("messages")["consent_id"], range(16)))
    assert len(set(receipts)) == 1
    assert shared_mongo.db.consents.count_documents({"person_id": person.person_id}) == 1


def test_of_many_withdrawals_at_once_one_is_told(person: Somebody, shared_mongo: Mongo) -> None:
    path = f"/v1/consents/{person.agreed('messages')['consent_id']}/withdrawals"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: person.call("POST", path), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({body_of(answer)["ended_at"] for answer in answers}) == 1
    assert len(ended(shared_mongo, person)) == 1


def test_anothers_receipt_is_neither_shown_nor_withdrawn(person: Somebody, other: Somebody) -> None:
    receipt = person.agreed("messages")
    path = f"/v1/consents/{receipt['consent_id']}"
    for answer in (other.call("GET", path), other.call("POST", f"{path}/withdrawals")):
        assert (answer.status_code, body_of(answer)["code"]) == (404, "consent-not-found")
        assert person.person_id not in answer.text
    assert other.get("/v1/consents")["items"] == []
    assert person.get(path)["ended_at"] is None


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"notice_id": "nothing"}, 404, "notice-not-found", None),
        ({"notice_version": 2}, 409, "notice-changed", None),
        ({"notice_sha256": "0" * 64}, 409, "notice-changed", None),
        ({"purposes": ["selling"]}, 422, "invalid-consent", "/purposes"),
        ({"purposes": []}, 422, "validation-failed", "/purposes"),
        ({"purposes": ["X" * 50]}, 422, "validation-failed", "/purposes/0"),
        ({"purposes": "messages"}, 422, "validation-failed", "/purposes"),
        ({"language": "fr"}, 422, "validation-failed", "/language"),
        ({"notice_version": "1"}, 422, "validation-failed", "/notice_version"),
        ({"person_id": "per_another"}, 422, "validation-failed", "/person_id"),
    ],
)
def test_a_consent_that_cannot_be_given_says_why(
    person: Somebody, changes: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    answer = person.call("POST", "/v1/consents", {**consent(person.client, "messages"), **changes})
    problem = body_of(answer)
    assert (answer.status_code, problem["code"]) == (status, code)
    assert pointer in {None, *(error["pointer"] for error in problem.get("errors", []))}
    assert person.get("/v1/consents")["items"] == []


def test_software_without_a_person_and_a_token_without_the_scope_decide_nothing(
    client: FlaskClient, person: Somebody
) -> None:
    body = consent(client, "messages")
    machine = internal_headers("identity", scopes=["privacy:own"])
    answer = client.post("/v1/consents", json=body, headers=machine)
    assert (answer.status_code, body_of(answer)["code"]) == (403, "role-not-permitted")
    answer = person.call("POST", "/v1/consents", body, scopes=["billers:read"])
    assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, "privacy:own")
    assert client.post("/v1/consents", json=body).status_code == 401
    unknown = client.post("/v1/consents", json=body, headers=headers("per_nobody"))
    assert (unknown.status_code, body_of(unknown)["code"]) == (403, "person-erased")


def test_live_asks_nobody_to_agree_to_a_notice_that_names_no_contact(
    shared_mongo: Mongo, person: Somebody, vault_key_store: str
) -> None:
    sandbox = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=KEY_SET, VAULT_KEY_STORE=vault_key_store)
    live = replace(sandbox, environment="live")  # whose settings are strong enough is another test's business
    client = SERVICE.flask_app(live, shared_mongo).test_client()
    answer = client.post("/v1/consents", json=consent(client, "messages"), headers=headers(person.person_id))
    assert (answer.status_code, body_of(answer)["code"]) == (409, "notice-incomplete")


def test_a_consent_that_dies_on_the_way_leaves_the_one_of_before_in_force(
    person: Somebody, shared_mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def reached(*_: Any) -> None:
        raise Killed

    first = person.agreed("messages")
    monkeypatch.setattr("identity.adapters.mongo_consents._document", reached)
    with pytest.raises(Killed):
        person.agreed("sign-in")
    monkeypatch.undo()
    assert person.get("/v1/consents")["items"] == [first]
    assert ended(shared_mongo, person) == []
    assert person.agreed("sign-in")["purposes"] == ["sign-in"]
