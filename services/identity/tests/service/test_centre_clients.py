"""An operator gives the centre's waiting client its key, once, and nobody else does."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from tests.support.asking import ask, body_of
from tests.support.keys import ISSUER
from werkzeug.test import TestResponse

from emitra_contracts import examples
from identity.bootstrap import Identity
from identity.entrypoints.service import SERVICE
from servicekit.http import Person
from servicekit.ids import event_id, public_id
from servicekit.mongo import Mongo
from servicekit.testing import deliver, internal_headers

PATH = "/v1/centre-clients"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def kiosk_id(identity: Identity, shared_mongo: Mongo) -> str:
    """A centre that was just approved."""
    kiosk_id = f"ksk_RJ104{secrets.randbelow(100_000):05}"
    envelope = examples("kiosk.approved.v1")[0]
    data = {**envelope["data"], "kiosk_id": kiosk_id, "operator_person_id": None}
    approval = {**envelope, "id": event_id(), "subject": kiosk_id, "data": data}
    deliver(SERVICE, shared_mongo, identity, [approval])
    return kiosk_id


def new_key(kid: str = "own") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def public(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def headers(kiosk_id: str | None, role: str | None = "operator", *scopes: str) -> dict[str, str]:
    person = Person(id="per_operator", role=role) if role else None
    return internal_headers("identity", kiosk_id=kiosk_id, person=person, scopes=scopes or ["clients:claim"])


def claim(http: FlaskClient, kiosk_id: str, body: Any, **known: Any) -> TestResponse:
    known = {"client_id": f"cli_{kiosk_id}", "headers": headers(kiosk_id), **known}
    return http.post(f"{PATH}/{known['client_id']}/public-keys", json=body, headers=known["headers"])


def proves(http: FlaskClient, kiosk_id: str, key: OKPKey) -> TestResponse:
    """A token, for the centre's client by this key."""
    client_id, at = f"cli_{kiosk_id}", int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": public_id("jti"), "iat": at, "exp": at + 60}
    signed = jwt.encode({"alg": "Ed25519", "kid": "own"}, claims, key, algorithms=["Ed25519"])
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    return ask(http, {"grant_type": "client_credentials", **form})


def test_the_waiting_client_is_shown_to_the_operator_and_works_by_its_key_afterwards(
    client: FlaskClient, kiosk_id: str
) -> None:
    (shown,) = body_of(client.get(PATH, headers=headers(kiosk_id)))["items"]
    assert (shown["client_id"], shown["state"], shown["key_ids"]) == (f"cli_{kiosk_id}", "waiting", [])
    key = new_key()
    claimed = claim(client, kiosk_id, public(key))
    assert (claimed.status_code, body_of(claimed)["state"], body_of(claimed)["key_ids"]) == (200, "active", ["own"])
    answer = proves(client, kiosk_id, key)
    assert answer.status_code == 200, answer.text
    assert "payments:write" in body_of(answer)["scope"]


def test_the_same_keys_again_change_nothing_and_others_are_refused(client: FlaskClient, kiosk_id: str) -> None:
    key = new_key()
    assert claim(client, kiosk_id, public(key)).status_code == claim(client, kiosk_id, public(key)).status_code == 200
    refused = claim(client, kiosk_id, public(new_key()))
    assert (refused.status_code, body_of(refused)["code"]) == (409, "client-claimed")
    assert proves(client, kiosk_id, key).status_code == 200


def test_of_many_at_the_same_instant_one_succeeds(client: FlaskClient, kiosk_id: str) -> None:
    keys = [new_key() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda key: claim(client.application.test_client(), kiosk_id, public(key)), keys))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    right = [proves(client, kiosk_id, key).status_code for key in keys]
    assert right.count(200) == 1
    assert right.index(200) == [answer.status_code for answer in answers].index(200)


@pytest.mark.parametrize("role", [None, "staff", "citizen", "officer", "state_admin"])
def test_nobody_but_an_operator_sees_or_claims(client: FlaskClient, kiosk_id: str, role: str | None) -> None:
    known = headers(kiosk_id, role)
    for refused in (client.get(PATH, headers=known), claim(client, kiosk_id, public(new_key()), headers=known)):
        assert refused.status_code == 403


def test_an_operator_without_the_scope_or_of_no_centre_gets_nothing(client: FlaskClient, kiosk_id: str) -> None:
    without = headers(kiosk_id, "operator", "kiosks:read")
    assert claim(client, kiosk_id, public(new_key()), headers=without).status_code == 403
    assert claim(client, kiosk_id, public(new_key()), headers=headers(None)).status_code == 404
    assert body_of(client.get(PATH, headers=headers(None))) == {"items": []}


def test_another_centres_client_is_not_there_for_an_operator(client: FlaskClient, kiosk_id: str) -> None:
    stranger = headers("ksk_RJ10499999")
    for client_id in (f"cli_{kiosk_id}", "cli_sandbox_portal_sandbox", "cli_nobody"):
        refused = claim(client, kiosk_id, public(new_key()), client_id=client_id, headers=stranger)
        assert (refused.status_code, body_of(refused)["code"]) == (404, "no-such-centre-client")
    assert body_of(client.get(PATH, headers=headers(kiosk_id)))["items"][0]["state"] == "waiting"


def test_a_client_with_a_secret_cannot_be_claimed(client: FlaskClient, sandbox: dict[str, Any]) -> None:
    known = sandbox["load-40"]
    refused = claim(client, known["kiosk_id"], public(new_key()), client_id=known["client_id"])
    assert (refused.status_code, body_of(refused)["code"]) == (409, "client-claimed")


@pytest.mark.parametrize(
    "keys",
    [
        [new_key().as_dict(private=True)],
        [RSAKey.generate_key(2048).as_dict(private=False)],
        [ECKey.generate_key("P-384").as_dict(private=False)],
        [{"kty": "oct", "k": "c2VjcmV0"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": 7}],
        [{"kty": ["OKP"], "crv": "Ed25519"}],
        [{**new_key().as_dict(private=False), "kid": 7}],
        [{**new_key().as_dict(private=False), "kid": "x" * 5_000}],
        [{}],
    ],
)
def test_what_is_no_public_key_is_refused_by_its_place_in_both_languages(
    client: FlaskClient, kiosk_id: str, keys: Any
) -> None:
    refused = claim(client, kiosk_id, {"keys": keys})
    assert (refused.status_code, body_of(refused)["code"]) == (422, "unusable-public-keys"), refused.text
    (problem,) = body_of(refused)["errors"]
    assert problem["pointer"] == "/keys"
    assert problem["detail_hi"]


@pytest.mark.parametrize("body", [{}, {"keys": []}, {"keys": [1]}, {"keys": "x"}, {"keys": [{}] * 5}, [], {"keyz": []}])
def test_another_body_is_refused(client: FlaskClient, kiosk_id: str, body: Any) -> None:
    assert claim(client, kiosk_id, body).status_code in {400, 422}
