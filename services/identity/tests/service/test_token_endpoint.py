"""The token endpoint as clients meet it, right and wrong."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from tests.support.asking import FORM, GRANT, TOKEN, ask, ask_as, assert_oauth_problem, basic, body_of

from identity.application.clients.revoke_client import RevokeClient
from identity.bootstrap import Identity
from servicekit.instants import utc_now
from servicekit.mongo import Mongo

Sandbox = dict[str, dict[str, Any]]


def test_a_client_gets_every_scope_it_has_when_it_names_none(client: FlaskClient, sandbox: Sandbox) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    answer = ask_as(client, kiosk)
    token = body_of(answer)
    assert (answer.status_code, token["token_type"], token["expires_in"]) == (200, "Bearer", 900)
    assert token["scope"].split() == kiosk["scopes"]
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


def test_the_secret_may_come_in_the_form_and_scopes_may_be_fewer(client: FlaskClient, sandbox: Sandbox) -> None:
    known = sandbox["officer-tehsildar-jaipur"]
    form = {**GRANT, "scope": "kiosks:read applications:decide kiosks:read"}
    answer = ask(client, form | {"client_id": known["client_id"], "client_secret": known["client_secret"]})
    assert body_of(answer)["scope"] == "applications:decide kiosks:read"


def test_basic_credentials_are_form_decoded(client: FlaskClient, sandbox: Sandbox) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    encoded = quote(kiosk["client_id"]).replace("_", "%5F")
    assert ask(client, GRANT, basic(encoded, quote(kiosk["client_secret"]))).status_code == 200


def test_the_client_id_may_be_repeated_in_the_form_beside_basic(client: FlaskClient, sandbox: Sandbox) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    assert ask_as(client, kiosk, {**GRANT, "client_id": kiosk["client_id"]}).status_code == 200


def test_unknown_and_empty_parameters_are_ignored_as_rfc_6749_demands(client: FlaskClient, sandbox: Sandbox) -> None:
    answer = ask_as(client, sandbox["kiosk-jaipur"], {**GRANT, "resource": "urn:x", "scope": "", "client_secret": ""})
    assert body_of(answer)["scope"].split() == sandbox["kiosk-jaipur"]["scopes"]


def test_an_unknown_client_a_wrong_secret_and_a_revoked_client_are_one_answer(
    client: FlaskClient, sandbox: Sandbox, identity: Identity
) -> None:
    revoked = sandbox["load-40"]
    assert ask_as(client, revoked).status_code == 200
    identity.revoke_client(RevokeClient(revoked["client_id"], utc_now()))
    answers = [
        ask(client, GRANT, basic("cli_unheard_of", "x")),
        ask(client, GRANT, basic(sandbox["kiosk-jaipur"]["client_id"], "wrong")),
        ask(client, GRANT, basic(sandbox["kiosk-jaipur"]["client_id"], "")),
        ask_as(client, revoked),
    ]
    problems = []
    for answer in answers:
        problem = assert_oauth_problem(answer, 401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        del problem["request_id"]
        problems.append(problem)
    assert all(problem == problems[0] for problem in problems)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("scope=billers:read", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=authorization_code&code=x", "unauthorized_client"),
        ("grant_type=refresh_token&refresh_token=x", "unauthorized_client"),
        (f"grant_type={'a' * 65}", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&audience=a&audience=b", "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", "invalid_request"),
        ("grant_type=client_credentials&client_id=cli_somebody_else", "invalid_request"),
        (f"grant_type=client_credentials&scope={'a' * 4097}", "invalid_request"),
        ("grant_type=client_credentials&scope=billers:read%00", "invalid_request"),
        ("grant_type=client_credentials&scope=%E0%A4%95", "invalid_request"),
        ("grant_type=client_credentials&scope=%FF", "invalid_scope"),
        ("grant_type=client_credentials&scope=everything", "invalid_scope"),
        ("grant_type=client_credentials&scope=%22%5C", "invalid_scope"),
        ("grant_type=client_credentials&scope=applications:decide", "invalid_scope"),
        ("grant_type=client_credentials&scope=internal", "invalid_scope"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(client: FlaskClient, sandbox: Sandbox, form: str, error: str) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    answer = ask(client, form, basic(kiosk["client_id"], kiosk["client_secret"]))
    assert_oauth_problem(answer, 400, error)


def test_every_bad_parameter_is_pointed_at(client: FlaskClient) -> None:
    form = {"grant_type": "é", "client_id": "x" * 129, "client_secret": "y" * 257}
    problem = assert_oauth_problem(ask(client, form), 400, "invalid_request")
    assert {each["pointer"] for each in problem["errors"]} == {"/grant_type", "/client_id", "/client_secret"}
    assert "yyy" not in str(problem)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer abc",
        "Basic",
        "Basic ???",
        "Basic bm8gY29sb24=",  # no colon
        "Basic OnNlY3JldA==",  # no id
        "Basic /////w==",  # no text
        basic("cli_x", "y" * 257)["Authorization"],
        basic("x" * 129, "y")["Authorization"],
    ],
)
def test_an_authorization_header_that_is_not_basic_is_refused(client: FlaskClient, header: str) -> None:
    answer = ask(client, GRANT, {"Authorization": header})
    problem = assert_oauth_problem(answer, 401, "invalid_client")
    assert "HTTP Basic" in problem["detail"]


@pytest.mark.parametrize("form", [GRANT, {**GRANT, "client_id": "cli_x"}, {**GRANT, "client_secret": "x"}])
def test_no_authentication_at_all_says_how(client: FlaskClient, form: dict[str, str]) -> None:
    answer = ask(client, form)
    problem = assert_oauth_problem(answer, 401, "invalid_client")
    assert "HTTP Basic" in problem["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_that_is_no_form_is_told_to_be_one(client: FlaskClient, content_type: str) -> None:
    answer = client.post(TOKEN, data='{"grant_type":"client_credentials"}', content_type=content_type)
    assert answer.status_code == 415
    assert FORM in body_of(answer)["detail"]


def test_a_secret_in_the_address_is_refused_and_not_repeated(client: FlaskClient, sandbox: Sandbox) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    credentials = {"client_id": kiosk["client_id"], "client_secret": kiosk["client_secret"]}
    answer = client.post(f"{TOKEN}?{urlencode(credentials)}", data=GRANT, content_type=FORM)
    assert answer.status_code == 422
    assert kiosk["client_secret"] not in answer.text


def test_the_token_endpoint_takes_post_only(client: FlaskClient) -> None:
    answer = client.get(TOKEN)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_the_keys_may_be_kept_for_five_minutes(client: FlaskClient) -> None:
    assert client.get("/.well-known/jwks.json").headers["Cache-Control"] == "public, max-age=300"


def test_the_metadata_leads_to_the_endpoints(client: FlaskClient, sandbox: Sandbox) -> None:
    metadata = body_of(client.get("/.well-known/oauth-authorization-server"))
    kiosk, issuer = sandbox["kiosk-jaipur"], metadata["issuer"]
    assert issuer == "https://api.emitra.example"
    assert client.get(metadata["jwks_uri"].removeprefix(issuer)).status_code == 200
    credentials = basic(kiosk["client_id"], kiosk["client_secret"])
    answer = client.post(metadata["token_endpoint"].removeprefix(issuer), data=GRANT, headers=credentials)
    assert answer.status_code == 200
    assert set(metadata["grant_types_supported"]) == {
        "authorization_code",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    }
    assert metadata["code_challenge_methods_supported"] == ["S256"]


def test_no_secret_and_no_token_is_kept_or_logged(
    client: FlaskClient, sandbox: Sandbox, shared_mongo: Mongo, capfd: pytest.CaptureFixture[str]
) -> None:
    kiosk = sandbox["kiosk-jaipur"]
    token = body_of(ask_as(client, kiosk))["access_token"]
    ask(client, GRANT, basic(kiosk["client_id"], "a-secret-of-another-client"))
    ask(client, {**GRANT, "scope": kiosk["client_secret"]}, basic(kiosk["client_id"], kiosk["client_secret"]))
    ask(client, {"grant_type": kiosk["client_secret"] + "\x00"})
    stored = repr([list(shared_mongo.db[name].find()) for name in shared_mongo.db.list_collection_names()])
    printed = "".join(capfd.readouterr())
    assert "http_request" in printed
    for secret in (kiosk["client_secret"], "a-secret-of-another-client", token):
        assert secret not in stored
        assert secret not in printed
