"""Somebody signs in from end to end, and what each part of it may not do."""

from urllib.parse import urlsplit

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, body_of
from tests.support.keys import BACK, ISSUER
from tests.support.signing_in import CHECK, SIGN_IN, App, Browser, any_mobile, claims_of, query_of

from servicekit.mongo import Mongo


def test_somebody_signs_in_and_the_app_gets_tokens_of_a_citizen(browser: Browser) -> None:
    app = App()
    page = browser.open(app.request())
    assert (page.status_code, page.mimetype) == (200, "text/html")
    code = browser.ask_code(any_mobile())
    back = browser.send(CHECK, code=code)
    assert (back.status_code, back.location.partition("?")[0]) == (303, BACK)
    said = query_of(back.location)
    assert (said["state"], said["iss"]) == (app.state, ISSUER)

    tokens = body_of(ask(browser.http, app.redemption(said["code"])))
    access = claims_of(browser.http, tokens["access_token"], "emitra")
    person = str(access["sub"])
    assert person.startswith("per_")
    assert access["person"] == {"id": person, "role": "citizen"}
    assert (access["client_id"], access["scope"]) == (app.client_id, "kiosks:read openid")
    assert "kiosk_id" not in access
    assert jwt.get_unverified_header(tokens["access_token"])["typ"] == "at+jwt"
    told = claims_of(browser.http, tokens["id_token"], app.client_id)
    assert (told["sub"], told["nonce"], told["amr"]) == (person, app.nonce, ["sms", "otp"])
    assert jwt.get_unverified_header(tokens["id_token"])["typ"] == "JWT"


def test_the_same_number_is_the_same_person_and_another_is_another(browser: Browser) -> None:
    mobile = any_mobile()
    first, second, other = (
        claims_of(browser.http, App().tokens(browser, number)["access_token"], "emitra")["sub"]
        for number in (mobile, f"+91 {mobile[:5]}-{mobile[5:]}", any_mobile())
    )
    assert first == second != other


def test_without_openid_there_is_no_id_token_and_a_renewal_brings_none(browser: Browser) -> None:
    app = App()
    assert "id_token" not in app.tokens(browser, scope="kiosks:read")
    renewed = ask(browser.http, app.renewal(app.tokens(browser)["refresh_token"]))
    assert set(body_of(renewed)) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}


def test_an_app_that_names_no_scope_gets_those_that_it_has(browser: Browser) -> None:
    scopes = (
        "billers:read centre-applications:read centre-applications:write kiosks:read privacy:own revenue-courts:file "
        "revenue-courts:read transactions:read"
    )
    assert App().tokens(browser, scope=None)["scope"] == scopes


def test_somebody_who_changes_their_mind_goes_back_to_the_app(browser: Browser) -> None:
    app = App()
    browser.open(app.request())
    answer = browser.send(CHECK, cancel="1")
    said = query_of(answer.location)
    assert (answer.status_code, said["error"], said["state"], said["iss"]) == (
        303,
        "access_denied",
        app.state,
        ISSUER,
    )


def test_the_pages_are_small_in_both_languages_and_need_no_script(browser: Browser) -> None:
    first = browser.open(App().request())
    browser.ask_code(any_mobile())
    wrong = browser.send(CHECK, code="000000x")
    assert browser.page is not None
    for page in (first, browser.page, wrong):
        assert len(page.data) < 30_000
        assert "<script" not in page.text
        assert page.text.index("साइन-इन करें") < page.text.index("Sign in<")
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http://127.0.0.1:8765" in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cache-Control"] == "no-store"
    assert wrong.status_code == 422
    assert "बचे हुए प्रयास: 4" in wrong.text


def test_the_cookie_is_the_hosts_own_and_another_one_after_the_sign_in(browser: Browser) -> None:
    browser.open(App().request())
    before = browser.cookie
    assert (before.secure, before.http_only, before.path, before.same_site, before.max_age) == (
        True,
        True,
        "/",
        "Lax",
        None,
    )
    browser.send(CHECK, code=browser.ask_code(any_mobile()))
    after = browser.cookie
    assert after.value != before.value
    assert after.max_age == 180 * 24 * 3600
    browser.open(App().request())
    assert browser.cookie == after


@pytest.mark.parametrize("mobile", ["", "12345", "5829000000", "98290000001", "०९८२९", "9829O00000", "9" * 32])
def test_what_is_no_mobile_number_is_told_on_the_form_and_not_repeated(browser: Browser, mobile: str) -> None:
    browser.open(App().request())
    answer = browser.send(SIGN_IN, mobile=mobile)
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert "यह मोबाइल नंबर नहीं है" in answer.text
    assert 'name="mobile"' in answer.text
    assert not mobile or f'"{mobile}"' not in answer.text


def test_a_number_may_be_written_in_hindi_digits(browser: Browser) -> None:
    browser.open(App().request())
    assert browser.send(SIGN_IN, mobile="९८२९० ०००१२").status_code == 200
    assert browser.phone.latest()["mobile"] == "9829000012"


def test_neither_number_nor_code_nor_token_is_kept_or_logged(
    browser: Browser, shared_mongo: Mongo, capfd: pytest.CaptureFixture[str]
) -> None:
    app, mobile = App(), any_mobile()
    browser.open(app.request())
    one_time_code = browser.ask_code(mobile)
    ticket, device = browser.ticket, browser.cookie.value
    back = browser.send(CHECK, code=one_time_code)
    authorization_code = query_of(back.location)["code"]
    tokens = body_of(ask(browser.http, app.redemption(authorization_code)))
    renewed = body_of(ask(browser.http, app.renewal(tokens["refresh_token"])))
    stored = repr([list(shared_mongo.db[name].find()) for name in shared_mongo.db.list_collection_names()])
    printed = "".join(capfd.readouterr())
    assert "http_request" in printed
    assert f"XXXXXX{mobile[-4:]}" in stored
    secrets = [mobile, ticket, device, browser.cookie.value, authorization_code, renewed["refresh_token"]]
    for secret in [*secrets, *(tokens[name] for name in ("access_token", "refresh_token", "id_token"))]:
        assert secret not in stored
        assert secret not in printed
    assert f"'{one_time_code}'" not in stored
    assert one_time_code not in printed


def test_where_nothing_is_set_up_nobody_signs_in_and_is_told_so(own_client: FlaskClient) -> None:
    # An empty database has no clients: nobody is sent back to an app that is not known.
    answer = own_client.get("/v1/oauth2/authorize", query_string=App().request(), headers={"Accept": "text/html"})
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "ऐप" in answer.text
    assert urlsplit(BACK).netloc not in answer.text
