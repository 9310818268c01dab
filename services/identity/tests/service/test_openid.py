"""OpenID Connect: who signed in may be asked, and a client says what its ID tokens are signed with."""

from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.keys import BACK, ISSUER, app_that_wants
from tests.support.signing_in import APP, App, Browser, Phone

from identity.bootstrap import Identity
from identity.domain.clients.client import Algorithm, ClientKind
from identity.domain.people.definitions import InvalidDefinition
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.http.callers import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing.tokens import internal_headers

USERINFO = "/v1/oauth2/userinfo"


def from_the_gateway(*scopes: str, person: Person | None = None) -> dict[str, str]:
    return internal_headers("identity", client_id=APP, scopes=scopes, person=person)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_signed_in_may_be_asked_and_is_an_opaque_id_alone(client: FlaskClient, method: str) -> None:
    headers = from_the_gateway("openid", "kiosks:read", person=Person(id="per_1", role="citizen"))
    answer = client.open(USERINFO, method=method, headers=headers)
    assert (answer.status_code, body_of(answer)) == (200, {"sub": "per_1"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_openid_or_without_a_token_nobody_is_told(client: FlaskClient) -> None:
    headers = from_the_gateway("kiosks:read", person=Person(id="per_1", role="citizen"))
    assert client.get(USERINFO, headers=headers).status_code == 403
    assert client.get(USERINFO).status_code == 401
    assert client.get(USERINFO, headers=from_the_gateway("openid")).status_code == 403


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_an_id_token_is_signed_as_the_client_was_registered(
    provider: Identity, mongo: Mongo, settings: Settings, phone: Phone, algorithm: Algorithm
) -> None:
    flask = SERVICE.flask_app(settings, mongo, provider)
    http = flask.test_client()
    metadata = body_of(http.get("/.well-known/openid-configuration"))
    assert metadata["id_token_signing_alg_values_supported"] == ["EdDSA", "RS256"]
    tokens = App(app_that_wants(provider, algorithm), BACK).tokens(Browser(flask, phone))
    header = jwt.get_unverified_header(tokens["id_token"])
    keys: Any = body_of(http.get("/.well-known/openid-jwks.json"))
    key = jwt.PyJWKSet.from_dict(keys)[header["kid"]]
    claims = jwt.decode(
        tokens["id_token"], key, algorithms=[algorithm.value], audience=f"cli_wants_{algorithm.lower()}"
    )
    assert (header["alg"], header["typ"], claims["iss"]) == (algorithm, "JWT", ISSUER)
    # Access tokens are for our own services, which read EdDSA alone.
    assert jwt.get_unverified_header(tokens["access_token"])["alg"] == "EdDSA"


def test_an_id_token_of_rs256_is_no_access_token_whatever_its_type_says(provider: Identity) -> None:
    now = int(utc_now().timestamp())
    claims = {"iss": ISSUER, "aud": "emitra", "exp": now + 60, "jti": "tok_1", "client_id": APP}
    assert provider.signing.signer.read(provider.signing.signer.sign(claims), utc_now()) == claims
    for algorithm in Algorithm:
        assert provider.signing.signer.read(provider.signing.signer.sign_id_token(claims, algorithm), utc_now()) is None


def test_keys_of_the_setting_alone_offer_what_they_can_do(client: FlaskClient) -> None:
    metadata = body_of(client.get("/.well-known/openid-configuration"))
    assert metadata["id_token_signing_alg_values_supported"] == ["EdDSA"]
    assert metadata["userinfo_endpoint"] == ISSUER + USERINFO


def test_who_signs_nobody_in_wants_no_id_tokens(provider: Identity) -> None:
    with pytest.raises(InvalidDefinition, match="ID tokens"):
        app_that_wants(provider, Algorithm.RS256, kind=ClientKind.MACHINE, client_secret="x", redirect_uris=[])
