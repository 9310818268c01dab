"""What a client was given, used by somebody else or twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, assert_oauth_problem, basic, body_of
from tests.support.keys import BACK
from tests.support.signing_in import (
    APP,
    App,
    Browser,
    challenge_of,
)

from identity.application.clients.create_client import CreateClient
from identity.bootstrap import Identity
from identity.domain.clients.client import ClientKind
from identity.domain.clients.client_secrets import NO_SECRET_SHA256, sha256_of
from identity.domain.tokens.grants import new_token
from servicekit.mongo import Mongo
from servicekit.testing import eventually


def test_a_code_counts_once_and_its_second_use_ends_what_the_first_gave(browser: Browser) -> None:
    app = App()
    code = app.sign_in(browser)
    tokens = body_of(ask(browser.http, app.redemption(code)))
    assert_oauth_problem(ask(browser.http, app.redemption(code)), 400, "invalid_grant")
    assert_oauth_problem(ask(browser.http, app.renewal(tokens["refresh_token"])), 400, "invalid_grant")
    question = {"client_id": APP, "token": tokens["access_token"]}
    assert body_of(browser.http.post("/v1/oauth2/introspect", data=question)) == {"active": False}


def test_of_many_that_redeem_a_code_at_once_one_gets_tokens_and_they_do_not_last(browser: Browser) -> None:
    app = App()
    code = app.sign_in(browser)

    def outcome(_: int) -> Any:
        return ask(browser.app.test_client(), app.redemption(code))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(outcome, range(8)))
    right = [answer for answer in answers if answer.status_code == 200]
    assert (len(right), {answer.status_code for answer in answers}) == (1, {200, 400})
    renewal = app.renewal(body_of(right[0])["refresh_token"])
    assert_oauth_problem(ask(browser.http, renewal), 400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": "in.gov.rajasthan.emitra.sandbox:/signed-in"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "x"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_a_code_counts_with_its_verifier_and_redirect_uri_alone(
    browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    app = App()
    code = app.sign_in(browser)
    assert_oauth_problem(ask(browser.http, app.redemption(code, **changes)), 400, error)
    # Who fails has not used it up.
    assert ask(browser.http, app.redemption(code)).status_code == 200


def test_the_challenge_itself_is_no_verifier(browser: Browser) -> None:
    app = App()
    code = app.sign_in(browser)
    answer = ask(browser.http, app.redemption(code, code_verifier=challenge_of(app.verifier)))
    assert_oauth_problem(answer, 400, "invalid_grant")


def test_a_code_of_one_client_is_nothing_to_another(browser: Browser, sandbox: Any, identity: Identity) -> None:
    other = identity.create_client(
        CreateClient(
            client_id=f"cli_{new_token()[:20].replace('-', '_')}", client_secret="", name="Other app",
            kind=ClientKind.APP, scopes=["kiosks:read"], redirect_uris=[BACK], at=datetime.now(UTC),
        )
    )  # fmt: skip
    app = App()
    code = app.sign_in(browser)
    assert_oauth_problem(ask(browser.http, app.redemption(code, client_id=other.id)), 400, "invalid_grant")
    tokens = body_of(ask(browser.http, app.redemption(code)))
    stolen = app.renewal(tokens["refresh_token"], client_id=other.id)
    assert_oauth_problem(ask(browser.http, stolen), 400, "invalid_grant")
    question = {"client_id": other.id, "token": tokens["access_token"]}
    assert body_of(browser.http.post("/v1/oauth2/introspect", data=question)) == {"active": False}
    assert browser.http.post("/v1/oauth2/revoke", data=question).status_code == 200
    assert ask(browser.http, app.renewal(tokens["refresh_token"])).status_code == 200


def test_an_app_has_no_secret_that_anybody_could_send(browser: Browser) -> None:
    app = App()
    code = app.sign_in(browser)
    assert_oauth_problem(ask(browser.http, app.redemption(code, client_secret="x")), 401, "invalid_client")


def test_a_refresh_token_counts_once_and_its_second_use_ends_the_sign_in(browser: Browser) -> None:
    app = App()
    first = app.tokens(browser)
    second = body_of(ask(browser.http, app.renewal(first["refresh_token"])))
    third = body_of(ask(browser.http, app.renewal(second["refresh_token"])))
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert_oauth_problem(ask(browser.http, app.renewal(first["refresh_token"])), 400, "invalid_grant")
    assert_oauth_problem(ask(browser.http, app.renewal(third["refresh_token"])), 400, "invalid_grant")
    for token in (third["access_token"], third["refresh_token"]):
        question = {"client_id": APP, "token": token}
        assert body_of(browser.http.post("/v1/oauth2/introspect", data=question)) == {"active": False}


def test_of_two_that_renew_at_once_one_is_a_thief_and_neither_goes_on(browser: Browser) -> None:
    app = App()
    refresh_token = app.tokens(browser)["refresh_token"]

    def outcome(_: int) -> Any:
        return ask(browser.app.test_client(), app.renewal(refresh_token))

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(outcome, range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    right = next(answer for answer in answers if answer.status_code == 200)
    renewal = app.renewal(body_of(right)["refresh_token"])
    assert_oauth_problem(ask(browser.http, renewal), 400, "invalid_grant")


@pytest.mark.parametrize("scope", ["applications:decide", "openid billers:read", "kiosks:read payments:write"])
def test_a_renewal_brings_no_more_than_the_sign_in(browser: Browser, scope: str) -> None:
    app = App()
    refresh_token = app.tokens(browser)["refresh_token"]
    assert_oauth_problem(ask(browser.http, app.renewal(refresh_token, scope=scope)), 400, "invalid_scope")
    less = body_of(ask(browser.http, app.renewal(refresh_token, scope="kiosks:read")))
    assert less["scope"] == "kiosks:read"


def test_what_the_app_revokes_counts_no_more(browser: Browser) -> None:
    app = App()
    tokens = app.tokens(browser)
    for hint in ("refresh_token", "access_token"):
        # RFC 7009 section 2.1: a wrong hint is no reason not to find the token.
        question = {"client_id": APP, "token": tokens["access_token"], "token_type_hint": hint}
        assert browser.http.post("/v1/oauth2/revoke", data=question).status_code == 200
    assert body_of(browser.http.post("/v1/oauth2/introspect", data=question)) == {"active": False}
    renewed = body_of(ask(browser.http, app.renewal(tokens["refresh_token"])))
    question = {"client_id": APP, "token": renewed["refresh_token"]}
    assert body_of(browser.http.post("/v1/oauth2/introspect", data=question))["active"] is True
    for _ in range(2):
        assert (browser.http.post("/v1/oauth2/revoke", data=question).data) == b"{}"
    assert_oauth_problem(ask(browser.http, app.renewal(renewed["refresh_token"])), 400, "invalid_grant")


def test_an_id_token_is_no_access_token(browser: Browser) -> None:
    tokens = App().tokens(browser)
    question = {"client_id": APP, "token": tokens["id_token"]}
    assert body_of(browser.http.post("/v1/oauth2/introspect", data=question)) == {"active": False}


def test_what_has_ended_leaves_the_database_by_itself(browser: Browser, shared_mongo: Mongo) -> None:
    App().tokens(browser)
    expiring = {
        name
        for name in shared_mongo.db.list_collection_names()
        if any(index.get("expireAfterSeconds") == 0 for index in shared_mongo.db[name].list_indexes())
    }
    assert expiring >= {"sign_ins", "authorization_codes", "grants", "refresh_tokens", "devices", "sent_codes"}
    kept = eventually(lambda: shared_mongo.db["sign_ins"].find_one({"stage": "DONE"}))
    assert kept is not None
    assert not {"mobile_index", "code_hmac", "mobile_shown"} & kept.keys()


def test_nothing_that_stands_in_the_code_is_a_secret_of_any_client(
    client: FlaskClient, sandbox: dict[str, dict[str, Any]], shared_mongo: Mongo
) -> None:
    guesses = ["no client has this secret", "", NO_SECRET_SHA256, sha256_of("")]
    for known in shared_mongo.db["clients"].find({}, {"_id": True}):
        guess = guesses[hash(known["_id"]) % len(guesses)]
        answer = ask(client, {"grant_type": "client_credentials"}, basic(known["_id"], guess))
        assert answer.status_code in (400, 401, 429), (known["_id"], guess)
    some = sandbox["kiosk-jaipur"]["client_id"]
    assert {ask(client, {"grant_type": "client_credentials"}, basic(some, guess)).status_code for guess in guesses} == {
        401
    }
