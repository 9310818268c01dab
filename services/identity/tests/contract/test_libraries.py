"""Libraries that are not ours sign people in and use what comes of it, with nothing special said to them."""

import io
import warnings
from dataclasses import dataclass
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
from tests.support.keys import BACK, ISSUER, app_that_wants, machine_with
from tests.support.signing_in import CHECK, Browser, Phone, any_mobile
from urllib3 import HTTPResponse

from identity.bootstrap import Identity
from identity.domain.clients.client import Algorithm
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.mongo import Mongo


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


@dataclass
class Provider:
    """What somebody's app is told: where the server is, its own name, what its ID tokens are signed with."""

    browser: Browser
    http: FlaskClient
    metadata: dict[str, Any]
    app: str
    algorithm: Algorithm

    def signed_in(self, address: str) -> str:
        """The address to which the person comes back from the one that a library made."""
        self.browser.open(urlsplit(address).query)
        return self.browser.send(CHECK, code=self.browser.ask_code(any_mobile())).location

    def id_token_claims(self, id_token: str) -> dict[str, Any]:
        """The claims as PyJWT and as joserfc read them with the published keys: the same."""
        keys: Any = body_of(self.http.get(urlsplit(self.metadata["jwks_uri"]).path))
        algorithms = [self.algorithm.value]
        key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(id_token)["kid"]]
        claims: dict[str, Any] = jwt.decode(id_token, key, algorithms=algorithms, audience=self.app, issuer=ISSUER)
        with warnings.catch_warnings():
            # joserfc would have EdDSA's newer name, which too few know.
            warnings.filterwarnings("ignore", message="EdDSA")
            assert joserfc_jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=algorithms).claims == claims
        return claims


@pytest.fixture(params=list(Algorithm))
def server(
    request: pytest.FixtureRequest, provider: Identity, settings: Settings, mongo: Mongo, phone: Phone
) -> Provider:
    """A server with an app that was registered with an algorithm."""
    flask = SERVICE.flask_app(settings, mongo, provider)
    http = flask.test_client()
    metadata = body_of(http.get("/.well-known/openid-configuration"))
    app = app_that_wants(provider, request.param)
    return Provider(Browser(flask, phone), http, metadata, app, request.param)


def test_authlibs_client_signs_somebody_in_renews_and_revokes(server: Provider) -> None:
    app = AuthlibSession(
        server.app, redirect_uri=BACK, scope="openid kiosks:read", code_challenge_method="S256",
        token_endpoint_auth_method="none", revocation_endpoint_auth_method="none",
        token_endpoint=server.metadata["token_endpoint"],
    )  # fmt: skip
    app.mount("https://", Wire(server.http))
    verifier = "v" * 64
    address, state = app.create_authorization_url(
        server.metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6"
    )
    back = server.signed_in(address)
    tokens = app.fetch_token(authorization_response=back, state=state, code_verifier=verifier)
    assert server.id_token_claims(tokens["id_token"])["nonce"] == "n-0S6"
    renewed = app.refresh_token(server.metadata["token_endpoint"])
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert app.revoke_token(server.metadata["revocation_endpoint"], token=renewed["refresh_token"]).status_code == 200
    with pytest.raises(Exception, match="invalid_grant"):
        app.refresh_token(server.metadata["token_endpoint"], refresh_token=renewed["refresh_token"])


def test_requests_oauthlib_signs_somebody_in_and_renews(server: Provider) -> None:
    app = OauthlibSession(server.app, redirect_uri=BACK, scope=["kiosks:read", "openid"], pkce="S256")
    app.mount("https://", Wire(server.http))
    address, _ = app.authorization_url(server.metadata["authorization_endpoint"])
    # It would have every address be https, as an app's own on this machine need not be.
    back = server.signed_in(address).replace("http://", "https://")
    tokens = app.fetch_token(server.metadata["token_endpoint"], authorization_response=back, include_client_id=True)
    assert server.id_token_claims(tokens["id_token"])["sub"].startswith("per_")
    renewed = app.refresh_token(server.metadata["token_endpoint"], client_id=server.app)
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
