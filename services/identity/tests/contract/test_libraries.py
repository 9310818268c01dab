"""Libraries that are not ours sign people in and use what comes of it, with nothing special said to them."""

import io
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from flask.testing import FlaskClient
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey, KeySet
from requests_oauthlib import OAuth2Session as OauthlibSession  # type: ignore[import-untyped]
from tests.support.asking import body_of
from tests.support.keys import ISSUER, machine_with
from tests.support.signing_in import APP, BACK, CHECK, Browser, any_mobile
from urllib3 import HTTPResponse

from identity.bootstrap import Identity


class Wire(requests.adapters.HTTPAdapter):
    """Brings what a library sends to the application, as the network would."""

    def __init__(self, http: FlaskClient) -> None:
        super().__init__()
        self._http = http

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        at = urlsplit(str(request.url))
        answer = self._http.open(
            at.path, method=request.method, query_string=at.query, headers=dict(request.headers), data=request.body
        )
        raw = HTTPResponse(
            io.BytesIO(answer.data), headers=dict(answer.headers), status=answer.status_code, preload_content=False
        )
        return self.build_response(request, raw)


@pytest.fixture
def metadata(client: FlaskClient) -> dict[str, Any]:
    return body_of(client.get("/.well-known/openid-configuration"))


def signed_in(browser: Browser, address: str) -> str:
    """The address to which the person comes back from the one that a library made."""
    browser.open(urlsplit(address).query)
    return browser.send(CHECK, code=browser.ask_code(any_mobile())).location


def id_token_claims(client: FlaskClient, metadata: dict[str, Any], id_token: str) -> dict[str, Any]:
    """The claims as PyJWT and as joserfc read them with the published keys: the same."""
    keys: Any = body_of(client.get(urlsplit(metadata["jwks_uri"]).path))
    algorithms = metadata["id_token_signing_alg_values_supported"]
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(id_token)["kid"]]
    claims: dict[str, Any] = jwt.decode(id_token, key, algorithms=algorithms, audience=APP, issuer=ISSUER)
    with pytest.warns(match="EdDSA"):  # it would have the newer name, which too few know
        assert joserfc_jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=algorithms).claims == claims
    return claims


def test_authlibs_client_signs_somebody_in_renews_and_revokes(
    browser: Browser, client: FlaskClient, metadata: dict[str, Any]
) -> None:
    app = AuthlibSession(
        APP, redirect_uri=BACK, scope="openid kiosks:read", code_challenge_method="S256",
        token_endpoint_auth_method="none", revocation_endpoint_auth_method="none",
        token_endpoint=metadata["token_endpoint"],
    )  # fmt: skip
    app.mount("https://", Wire(client))
    verifier = "v" * 64
    address, state = app.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6"
    )
    back = signed_in(browser, address)
    tokens = app.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
    assert id_token_claims(client, metadata, tokens["id_token"])["nonce"] == "n-0S6"
    renewed = app.refresh_token(metadata["token_endpoint"])
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert app.revoke_token(metadata["revocation_endpoint"], token=renewed["refresh_token"]).status_code == 200
    with pytest.raises(Exception, match="invalid_grant"):
        app.refresh_token(metadata["token_endpoint"], refresh_token=renewed["refresh_token"])


def test_requests_oauthlib_signs_somebody_in_and_renews(
    browser: Browser, client: FlaskClient, metadata: dict[str, Any]
) -> None:
    app = OauthlibSession(APP, redirect_uri=BACK, scope=["kiosks:read", "openid"], pkce="S256")
    app.mount("https://", Wire(client))
    address, _ = app.authorization_url(metadata["authorization_endpoint"])
    # It would have every address be https, as an app's own on this machine need not be.
    back = signed_in(browser, address).replace("http://", "https://")
    tokens = app.fetch_token(metadata["token_endpoint"], authorization_response=back, include_client_id=True)
    assert id_token_claims(client, metadata, tokens["id_token"])["sub"].startswith("per_")
    renewed = app.refresh_token(metadata["token_endpoint"], client_id=APP)
    assert renewed["refresh_token"] != tokens["refresh_token"]


def test_authlibs_client_proves_itself_by_a_key_and_looks_at_its_token(
    client: FlaskClient, identity: Identity, metadata: dict[str, Any]
) -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "own"})
    machine = machine_with(identity, key)
    session = AuthlibSession(
        machine, key, token_endpoint_auth_method="private_key_jwt", revocation_endpoint_auth_method="private_key_jwt"
    )
    session.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg="ES256"))
    session.mount("https://", Wire(client))
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    answer = session.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
    said = answer.json()
    assert (said["active"], said["sub"], said["scope"]) == (True, machine, "billers:read")


def test_the_metadata_is_what_rfc_8414_wants(client: FlaskClient) -> None:
    AuthorizationServerMetadata(body_of(client.get("/.well-known/oauth-authorization-server"))).validate()


def test_both_documents_say_the_same(client: FlaskClient, metadata: dict[str, Any]) -> None:
    of_oauth = body_of(client.get("/.well-known/oauth-authorization-server"))
    # The key set of OpenID Connect has the RSA keys of ID tokens beside.
    assert of_oauth.pop("jwks_uri") != metadata["jwks_uri"]
    assert of_oauth.items() <= metadata.items()
    for name, address in metadata.items():
        if name.endswith(("_endpoint", "jwks_uri")):
            # Each is there; what it says to an empty request is its own affair.
            assert client.open(urlsplit(address).path, method="POST").status_code in {400, 401, 405, 415}, name
