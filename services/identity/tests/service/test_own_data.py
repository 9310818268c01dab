"""A person sees who read the own numbers and takes everything along; never anything of another."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.privacy import Somebody, somebody
from tests.support.signing_in import Browser, Phone
from tests.support.vault import aadhaar
from werkzeug.test import TestResponse

from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

READINGS, EXPORT = "/v1/privacy/readings", "/v1/privacy/export"
CLERK: dict[str, Any] = {"client_id": "cli_sandbox_officer_tehsildar_jaipur", "scopes": ["vault:write", "vault:owners"]}
OFFICER: dict[str, Any] = {
    **CLERK,
    "scopes": ["vault:reveal", "vault-purpose:benefit-transfer", "vault-purpose:family-record"],
}
CENTRE: dict[str, Any] = {**OFFICER, "client_id": "cli_sandbox_kiosk_jaipur", "kiosk_id": "ksk_RJ10200001"}


@pytest.fixture
def person(client: FlaskClient, browser: Browser) -> Somebody:
    return somebody(client, browser)


@pytest.fixture
def other(client: FlaskClient, phone: Phone) -> Somebody:
    return somebody(client, Browser(client.application, phone))


def store(person: Somebody, number: str, kind: str = "aadhaar", **changes: Any) -> TestResponse:
    body = {"kind": kind, "number": number, "person_id": person.person_id}
    return person.client.post(
        "/v1/vault/references", json=body, headers=internal_headers("identity", **{**CLERK, **changes})
    )


def stored(person: Somebody, number: str, kind: str = "aadhaar") -> str:
    answer = store(person, number, kind)
    assert answer.status_code == 200, answer.text
    return str(body_of(answer)["reference"])


def read(client: FlaskClient, reference: str, purpose: str = "benefit-transfer", **known: Any) -> None:
    answer = client.post(
        "/v1/vault/detokenisations",
        json={"reference": reference, "purpose": purpose},
        headers=internal_headers("identity", **{**OFFICER, **known}),
    )
    assert answer.status_code == 200, answer.text


def test_a_person_sees_in_plain_words_who_read_the_own_number_and_what_for(person: Somebody) -> None:
    number = aadhaar(201)
    reference = stored(person, number)
    read(person.client, reference)
    read(person.client, reference, **CENTRE)
    latest, first = person.get(READINGS)["items"]
    assert "Tehsildar" in first["reader"]["en"]
    assert "तहसीलदार" in first["reader"]["hi"]
    assert "ksk_RJ10200001" in latest["reader"]["en"]
    assert (first["kind"], first["masked"]) == ("aadhaar", f"XXXX XXXX {number[8:]}")
    assert all(first["purpose_title"].values())
    assert number not in json.dumps([latest, first])


def test_readings_have_pages_of_which_none_is_lost(person: Somebody) -> None:
    reference = stored(person, aadhaar(202))
    for _ in range(5):
        read(person.client, reference)
    whole = [item["reading_id"] for item in person.get(READINGS)["items"]]
    paged, query = [], "?limit=2"
    while True:
        page = person.get(READINGS + query)
        paged += [item["reading_id"] for item in page["items"]]
        if page["next"] is None:
            break
        query = f"?limit=2&cursor={page['next']}"
    assert (len(whole), paged) == (5, whole)


def test_nobody_sees_readings_of_anothers_number_even_with_the_others_cursor(person: Somebody, other: Somebody) -> None:
    reference = stored(person, aadhaar(203))
    for _ in range(3):
        read(person.client, reference)
    cursor = person.get(f"{READINGS}?limit=1")["next"]
    assert other.get(READINGS)["items"] == []
    assert other.get(f"{READINGS}?cursor={cursor}")["items"] == []
    assert person.call("GET", f"{READINGS}?cursor=nonsense").status_code == 422


def test_a_number_that_a_family_shares_is_everybodys(person: Somebody, other: Somebody) -> None:
    family = "4512345111"
    reference = stored(person, family, "jan-aadhaar-family")
    assert stored(other, family, "jan-aadhaar-family") == reference
    read(person.client, reference, "family-record")
    assert [len(each.get(READINGS)["items"]) for each in (person, other)] == [1, 1]


def test_whose_a_number_is_says_only_who_may(person: Somebody, shared_mongo: Mongo) -> None:
    """Otherwise anybody could write another's number down and see who reads it."""
    number = aadhaar(204)
    answer = store(person, number, scopes=["vault:write"])
    assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, "vault:owners")
    assert shared_mongo.db.vault.count_documents({"owners": person.person_id}) == 0
    nobody = Somebody(person.client, "per_nobody", "", {})
    problem = body_of(answer := store(nobody, number))
    assert (answer.status_code, problem["errors"][0]["pointer"]) == (422, "/person_id")
    strange = Somebody(person.client, "somebody else", "", {})
    assert store(strange, number).status_code == 422


def test_a_number_without_an_owner_is_stored_as_before(person: Somebody) -> None:
    answer = person.client.post(
        "/v1/vault/references",
        json={"kind": "aadhaar", "number": aadhaar(205)},
        headers=internal_headers("identity", scopes=["vault:write"]),
    )
    assert set(body_of(answer)) == {"reference", "kind", "masked"}


def test_an_export_has_everything_of_the_person_and_no_number(person: Somebody, other: Somebody) -> None:
    number = aadhaar(206)
    reference = stored(person, number)
    read(person.client, reference)
    receipt = person.agreed("messages")
    request = person.asks_to_be_erased()
    others = other.agreed("messages")
    export = person.get(EXPORT)
    assert export["person"]["person_id"] == person.person_id
    assert (export["person"]["role"], export["person"]["name"]) == ("citizen", None)
    assert [mobile["shown"] for mobile in export["mobile_numbers"]] == [f"XXXXXX{person.mobile[-4:]}"]
    assert [(kept["reference"], kept["readings"]) for kept in export["numbers"]] == [(reference, 1)]
    assert [sign_in["ended"] for sign_in in export["sign_ins"]] == [False]
    assert export["consents"] == [receipt]
    assert len(export["readings"]) == 1
    assert [kept["erasure_id"] for kept in export["erasures"]] == [request["erasure_id"]]
    text = json.dumps(export)
    for secret in (number, person.mobile, other.person_id, others["consent_id"]):
        assert secret not in text
    person.call("POST", f"/v1/privacy/erasures/{request['erasure_id']}/withdrawals")
