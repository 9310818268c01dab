"""Tokens and keys as a department's own system reads them, with a library that is not ours (PyJWT)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask_as, body_of
from tests.support.keys import ISSUER, KEYS

from identity.application.tokens.issue_token import IssueToken
from identity.bootstrap import Identity, bootstrap
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

Sandbox = dict[str, dict[str, Any]]


def verified(client: FlaskClient, token: str) -> dict[str, Any]:
    """The claims of `token`, checked against the published keys as RFC 9068 §4 says."""
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt"
    keys = jwt.PyJWKSet.from_dict(body_of(client.get("/.well-known/jwks.json")))
    claims: dict[str, Any] = jwt.decode(
        token, keys[header["kid"]], algorithms=["EdDSA"], audience="emitra", issuer=ISSUER
    )
    return claims


def token_of(client: FlaskClient, known: dict[str, Any]) -> str:
    return str(body_of(ask_as(client, known))["access_token"])


def test_a_kiosks_token_names_its_centre(client: FlaskClient, sandbox: Sandbox) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    claims = verified(client, token_of(client, kiosk))
    assert claims["exp"] - claims["iat"] == 900
    assert claims.pop("jti").startswith("tok_")
    del claims["exp"], claims["iat"]
    assert claims == {
        "iss": ISSUER,
        "aud": "emitra",
        "sub": kiosk["client_id"],
        "client_id": kiosk["client_id"],
        "scope": " ".join(kiosk["scopes"]),
        "kiosk_id": "ksk_RJ10200001",
    }


def test_an_officers_token_names_the_officer_and_the_jurisdiction_and_no_name(
    client: FlaskClient, sandbox: Sandbox
) -> None:
    officer = sandbox["officer-tehsildar-jaipur"]
    claims = verified(client, token_of(client, officer))
    person = officer["person"]
    assert claims["sub"] == person["id"]
    assert claims["person"] == {
        "id": person["id"],
        "role": "officer",
        "department": "revenue",
        "designation": "Tehsildar",
        "designation_hi": "तहसीलदार",
        "districts": ["102"],
    }
    assert "kiosk_id" not in claims


def test_no_two_tokens_are_the_same(client: FlaskClient, sandbox: Sandbox) -> None:
    tokens = {token_of(client, sandbox["portal-sandbox"]) for _ in range(3)}
    assert len({verified(client, token)["jti"] for token in tokens}) == 3


def test_a_forged_token_is_found_out(client: FlaskClient, sandbox: Sandbox) -> None:
    header, payload, signature = token_of(client, sandbox["portal-sandbox"]).split(".")
    claims = json.loads(jwt.utils.base64url_decode(payload))
    richer = jwt.utils.base64url_encode(json.dumps({**claims, "scope": "applications:decide"}).encode()).decode()
    with pytest.raises(jwt.InvalidSignatureError):
        verified(client, f"{header}.{richer}.{signature}")


def test_a_token_has_expired_after_fifteen_minutes(client: FlaskClient, identity: Identity, sandbox: Sandbox) -> None:
    known = identity.clients.get(sandbox["portal-sandbox"]["client_id"])
    assert known is not None

    def issued(ago: timedelta) -> str:
        return identity.issue_token(
            IssueToken(
                client=known,
                scope=None,
                token_id="tok_1",
                at=datetime.now(UTC) - ago,
            )
        ).access_token

    assert verified(client, issued(timedelta(minutes=14)))
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(client, issued(timedelta(minutes=15, seconds=1)))


def test_a_token_outlives_the_rotation_of_its_key(client: FlaskClient, sandbox: Sandbox, shared_mongo: Mongo) -> None:
    before = token_of(client, sandbox["portal-sandbox"])
    rotated = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps({"keys": KEYS[::-1]}))
    client_after = SERVICE.flask_app(rotated, shared_mongo, bootstrap(rotated, shared_mongo)).test_client()
    after = token_of(client_after, sandbox["portal-sandbox"])
    assert [jwt.get_unverified_header(token)["kid"] for token in (before, after)] == ["key-1", "key-2"]
    # Either verifier, whichever keys it holds, reads either token.
    for verifier in (client, client_after):
        assert verified(verifier, before)["client_id"] == verified(verifier, after)["client_id"]
