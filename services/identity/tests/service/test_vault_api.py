"""The vault over HTTP, right and wrong; nothing that it says or logs holds a number."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.keys import ISSUER, KEY_SET
from tests.support.vault import FAMILY, MEMBER, MOBILE, PAN, aadhaar
from werkzeug.test import TestResponse

from identity.application.vault.erase_identifier import EraseIdentifier
from identity.bootstrap import Identity
from identity.domain.vault.records import EraseReason, Erasure
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, settings_for

REFERENCES, DETOKENISATIONS = "/v1/vault/references", "/v1/vault/detokenisations"
WRITER: dict[str, Any] = {"client_id": "cli_counter", "kiosk_id": "ksk_RJ10200001", "scopes": ["vault:write"]}
OFFICER = Person(id="per_officer", role="officer", department="revenue", districts=frozenset({"102"}))
READER: dict[str, Any] = {
    "client_id": "cli_benefits",
    "scopes": ["vault:reveal", "vault:readings", "vault-purpose:benefit-transfer", "vault-purpose:notice-to-person"],
    "person": OFFICER,
}


def post(client: FlaskClient, path: str, body: Any, known: dict[str, Any]) -> TestResponse:
    return client.post(path, json=body, headers=internal_headers("identity", **known))


def stored(client: FlaskClient, number: str, kind: str = "aadhaar") -> dict[str, Any]:
    answer = post(client, REFERENCES, {"kind": kind, "number": number}, WRITER)
    assert answer.status_code == 200, answer.text
    return body_of(answer)


def revealed(client: FlaskClient, reference: str, purpose: str = "benefit-transfer") -> TestResponse:
    return post(client, DETOKENISATIONS, {"reference": reference, "purpose": purpose}, READER)


def readings(client: FlaskClient, reference: str, query: str = "") -> TestResponse:
    return client.get(f"{REFERENCES}/{reference}/readings{query}", headers=internal_headers("identity", **READER))


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("aadhaar", aadhaar(101)),
        ("jan-aadhaar-family", FAMILY),
        ("jan-aadhaar-member", MEMBER),
        ("mobile", MOBILE),
        ("pan", PAN),
    ],
)
def test_a_number_becomes_a_reference_and_a_mask(client: FlaskClient, kind: str, number: str) -> None:
    answer = stored(client, number, kind)
    assert set(answer) == {"reference", "kind", "masked"}
    assert number not in json.dumps(answer)
    assert stored(client, number, kind) == answer


def test_a_number_is_shown_for_a_purpose_and_the_person_sees_to_whom(client: FlaskClient) -> None:
    number = aadhaar(102)
    reference = stored(client, number)["reference"]
    shown = [body_of(revealed(client, reference)) for _ in range(3)]
    assert {answer["number"] for answer in shown} == {number}
    first = body_of(readings(client, reference, "?limit=2"))
    second = body_of(readings(client, reference, f"?limit=2&cursor={first['next']}"))
    assert [item["reading_id"] for item in [*first["items"], *second["items"]]] == [a["reading_id"] for a in shown]
    assert second["next"] is None
    item = first["items"][0]
    assert (item["client_id"], item["kiosk_id"], item["person_id"]) == ("cli_benefits", None, "per_officer")
    assert (item["purpose"], bool(item["purpose_title_hi"])) == ("benefit-transfer", True)
    assert (first["masked"], first["erased_at"]) == (f"XXXX XXXX {number[8:]}", None)
    assert number not in json.dumps([first, second])


def test_an_erased_number_is_told_to_be_erased(client: FlaskClient, identity: Identity) -> None:
    reference = stored(client, aadhaar(103))["reference"]
    revealed(client, reference)
    erasure = Erasure(reason=EraseReason.PERSON_ASKED, person_id="per_officer", at=utc_now())
    identity.vault.erase(EraseIdentifier(reference, erasure))
    problem = body_of(answer := revealed(client, reference))
    assert (answer.status_code, problem["code"]) == (409, "number-erased")
    page = body_of(readings(client, reference))
    assert (len(page["items"]), page["masked"], bool(page["erased_at"])) == (1, "", True)


WRONG = "987654321098"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"kind": "aadhaar", "number": WRONG}, "/number", "check-digit"),
        ({"kind": "aadhaar", "number": aadhaar(1)[:-1]}, "/number", "invalid-format"),
        ({"kind": "aadhaar", "number": "234123412346"}, "/number", "not-for-the-sandbox"),
        ({"kind": "pan", "number": WRONG}, "/number", "invalid-format"),
        ({"kind": "aadhaar", "number": "9" * 41}, "/number", "invalid-length"),
        ({"kind": "aadhaar", "number": ""}, "/number", "invalid-length"),
        ({"kind": "aadhaar", "number": int(WRONG)}, "/number", "invalid-type"),
        ({"kind": "aadhaar"}, "/number", "required"),
        ({"kind": "voter", "number": WRONG}, "/kind", "not-allowed"),
        ({"kind": "aadhaar", "number": WRONG, "name": "x"}, "/name", "unknown-field"),
        ({"kind": "aadhaar", "number": WRONG, WRONG: "x"}, "/XXXXXXXXXXXX", "unknown-field"),
    ],
)
def test_a_number_that_cannot_be_stored_is_pointed_at_and_not_repeated(
    client: FlaskClient, shared_mongo: Mongo, body: dict[str, Any], pointer: str, code: str
) -> None:
    before = shared_mongo.db.vault.count_documents({})
    problem = body_of(answer := post(client, REFERENCES, body, WRITER))
    assert answer.status_code == 422
    assert (pointer, code) in {(problem["pointer"], problem["code"]) for problem in problem["errors"]}
    assert WRONG not in answer.text
    assert shared_mongo.db.vault.count_documents({}) == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"purpose": "curiosity"}, 422, "invalid-purpose"),
        ({"purpose": "notice-to-person"}, 422, "invalid-purpose"),
        ({"purpose": "Because!"}, 422, "validation-failed"),
        ({"purpose": "aadhaar-authentication"}, 403, "purpose-not-granted"),
        ({"reference": "vlt_" + "0" * 32}, 404, "vault-reference-not-found"),
        ({"reference": WRONG}, 422, "validation-failed"),
    ],
)
def test_a_reading_that_is_refused_says_why_and_is_not_recorded(
    client: FlaskClient, changes: dict[str, str], status: int, code: str
) -> None:
    reference = stored(client, aadhaar(104))["reference"]
    body = {"reference": reference, "purpose": "benefit-transfer", **changes}
    problem = body_of(answer := post(client, DETOKENISATIONS, body, READER))
    assert (answer.status_code, problem["code"]) == (status, code)
    assert WRONG not in answer.text
    assert body_of(readings(client, reference))["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", REFERENCES, "vault:write"),
        ("POST", DETOKENISATIONS, "vault:reveal"),
        ("GET", f"{REFERENCES}/vlt_{'0' * 32}/readings", "vault:readings"),
    ],
)
def test_every_route_has_a_scope_of_its_own(client: FlaskClient, method: str, path: str, scope: str) -> None:
    assert client.open(path, method=method, json={}).status_code == 401
    others = {"vault:write", "vault:reveal", "vault:readings"} - {scope}
    answer = client.open(path, method=method, json={}, headers=internal_headers("identity", scopes=others))
    assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, scope)


def test_a_cursor_of_another_list_is_refused(client: FlaskClient) -> None:
    one, other = (stored(client, aadhaar(number))["reference"] for number in (105, 106))
    for _ in range(2):
        revealed(client, one)
    cursor = body_of(readings(client, one, "?limit=1"))["next"]
    assert readings(client, other, f"?cursor={cursor}").status_code == 422
    assert readings(client, "vlt_nothing").status_code == 404


def test_a_vault_without_keys_is_closed_and_the_rest_goes_on(shared_mongo: Mongo) -> None:
    without = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=KEY_SET)
    client = SERVICE.flask_app(without, shared_mongo).test_client()
    problem = body_of(answer := post(client, REFERENCES, {"kind": "pan", "number": PAN}, WRITER))
    assert (answer.status_code, problem["code"], problem["retryable"]) == (503, "vault-closed", True)
    assert client.get("/.well-known/jwks.json").status_code == 200


def test_a_number_is_in_no_log_and_no_document(
    client: FlaskClient, shared_mongo: Mongo, capfd: pytest.CaptureFixture[str]
) -> None:
    number = aadhaar(9876543210)
    reference = stored(client, number)["reference"]
    assert body_of(revealed(client, reference))["number"] == number
    post(client, REFERENCES, {"kind": "mobile", "number": number}, WRITER)
    # A ciphertext that does not open is our own failure, and is logged as one.
    other = stored(client, aadhaar(9876543211))["reference"]
    sealed = shared_mongo.db.vault.find_one({"_id": other})
    assert sealed
    shared_mongo.db.vault.update_one({"_id": reference}, {"$set": {"sealed": sealed["sealed"]}})
    answer = revealed(client, reference)
    assert answer.status_code == 500
    kept = repr([list(shared_mongo.db[name].find()) for name in shared_mongo.db.list_collection_names()])
    printed = "".join(capfd.readouterr())
    assert "SealBroken" in printed
    assert reference in kept
    for text in (kept, printed, answer.text):
        assert number not in text
        assert number.encode().hex() not in text
