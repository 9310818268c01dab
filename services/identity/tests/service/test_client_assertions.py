"""Clients that prove themselves by a key of their own (private_key_jwt, RFC 7523), and those that only pretend to."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.support.asking import TOKEN, ask, assert_oauth_problem, body_of
from tests.support.keys import ISSUER, machine_with

from identity.bootstrap import Identity, read_public_keys
from identity.domain.people.definitions import InvalidDefinition
from servicekit.ids import public_id

# Both names of the algorithm are in use (ADR 0039 and services/identity/README.md); joserfc would have one forgotten.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = OKPKey.generate_key("Ed25519", parameters={"kid": "own"})


@pytest.fixture(scope="module")
def client_id(identity: Identity) -> str:
    return machine_with(identity, KEY)


def assertion(client_id: str, key: Any = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    at = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": public_id("jti"), "iat": at, "exp": at + 60}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    whole = {"alg": "EdDSA", "kid": "own", **(header or {})}
    return jwt.encode(whole, claims, key, algorithms=[whole["alg"]])


def form(text: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": text, **more
    }  # fmt: skip


@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}{TOKEN}", [ISSUER]])
def test_a_client_proves_itself_by_its_key(client: FlaskClient, client_id: str, audience: Any) -> None:
    answer = ask(client, form(assertion(client_id, aud=audience)))
    assert body_of(answer)["scope"] == "billers:read"
    assert ask(client, form(assertion(client_id, aud=audience), client_id=client_id)).status_code == 200


def test_a_key_may_be_of_p_256(client: FlaskClient, identity: Identity) -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "own"})
    assert ask(client, form(assertion(machine_with(identity, key), key, {"alg": "ES256"}))).status_code == 200


def test_an_assertion_counts_once(client: FlaskClient, client_id: str) -> None:
    text = assertion(client_id)
    assert ask(client, form(text)).status_code == 200
    assert_oauth_problem(ask(client, form(text)), 401, "invalid_client")


def unsigned(client_id: str) -> str:
    _, payload, _ = assertion(client_id).split(".")
    return base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + f".{payload}."


def with_the_public_key_as_secret(client_id: str) -> str:
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)).encode())
    return assertion(client_id, secret, {"alg": "HS256"})


def with_a_key_of_its_own_in_the_header(client_id: str) -> str:
    thief = OKPKey.generate_key("Ed25519")
    return assertion(client_id, thief, {"jwk": thief.as_dict(private=False)})


def in_parts(client_id: str, place: int, text: bytes) -> str:
    parts = assertion(client_id).split(".")
    parts[place] = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    return ".".join(parts)


FORGED: dict[str, Callable[[str], str]] = {
    "unsigned": unsigned,
    "the public key as a secret": with_the_public_key_as_secret,
    "a key in the header": with_a_key_of_its_own_in_the_header,
    "another key": lambda name: assertion(name, OKPKey.generate_key("Ed25519")),
    "an algorithm we do not take": lambda name: assertion(name, RSAKey.generate_key(2048), {"alg": "RS256"}),
    "for somebody else": lambda name: assertion(name, aud="https://other.example"),
    "for us and somebody else": lambda name: assertion(name, aud=[ISSUER, "https://other.example"]),
    "for nobody": lambda name: assertion(name, aud=None),
    "for nothing readable": lambda name: assertion(name, aud={"a": 1}),
    "by another issuer": lambda name: assertion(name, iss="cli_other"),
    "of another subject": lambda name: assertion(name, sub="cli_sandbox_portal_sandbox"),
    "of a strange subject": lambda name: assertion(name, sub="$gt"),
    "without jti": lambda name: assertion(name, jti=None),
    "with a long jti": lambda name: assertion(name, jti="x" * 201),
    "expired": lambda name: assertion(name, exp=int(time.time()) - 60),
    "without exp": lambda name: assertion(name, exp=None),
    "good for a day": lambda name: assertion(name, exp=int(time.time()) + 86_400),
    "good for ever": lambda name: assertion(name, exp=2**62),
    "with a fraction of a time": lambda name: assertion(name, exp=time.time() + 60.5),
    "not in force yet": lambda name: assertion(name, nbf=int(time.time()) + 120),
    "no JSON": lambda name: in_parts(name, 1, b"{"),
    "a list": lambda name: in_parts(name, 1, b"[]"),
    "deep": lambda name: in_parts(name, 1, b"[" * 2000),
    "no header": lambda name: in_parts(name, 0, b"{}"),
    "two parts": lambda name: assertion(name).rpartition(".")[0],
    "nothing": lambda _: "x",
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_assertion_is_one_answer(client: FlaskClient, identity: Identity, forgery: str) -> None:
    problem = assert_oauth_problem(
        ask(client, form(FORGED[forgery](machine_with(identity, KEY)))), 401, "invalid_client"
    )
    assert problem["code"] == "invalid-client"


def test_a_client_with_a_key_has_no_secret_any_more(client: FlaskClient, client_id: str) -> None:
    answer = ask(client, {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "unused"})
    assert_oauth_problem(answer, 401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_assertion_type": "urn:other"}, 400, "invalid_request"),
        ({"client_assertion_type": ""}, 400, "invalid_request"),
        ({"client_assertion": ""}, 400, "invalid_request"),
        ({"client_assertion": "x" * 5000}, 400, "invalid_request"),
        ({"client_secret": "x"}, 400, "invalid_request"),
        ({"client_id": "cli_other"}, 401, "invalid_client"),
    ],
)
def test_an_assertion_comes_alone_and_with_its_type(
    client: FlaskClient, client_id: str, changes: dict[str, str], status: int, error: str
) -> None:
    assert_oauth_problem(ask(client, form(assertion(client_id)) | changes), status, error)


@pytest.mark.parametrize(
    "keys",
    [
        "x",
        "[]",
        '{"keys": [1]}',
        json.dumps(KEY.as_dict(private=True)),
        json.dumps(RSAKey.generate_key(2048).as_dict(private=False)),
        json.dumps({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json.dumps({"kty": "oct", "k": "AA", "crv": "Ed25519"}),
    ],
)
def test_keys_that_prove_nothing_are_refused_when_the_client_is_made(keys: str) -> None:
    with pytest.raises(InvalidDefinition):
        read_public_keys(keys)
