"""What somebody tries who would like to be somebody else, or to keep somebody out."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from tests.support.asking import FORM, body_of
from tests.support.keys import BACK, ISSUER
from tests.support.signing_in import (
    APP,
    CHECK,
    HTML,
    SIGN_IN,
    App,
    Browser,
    Phone,
    any_mobile,
    challenge_of,
    query_of,
)

from identity.application.sign_in.act_as import ActAs
from identity.application.sign_in.begin_sign_in import BeginSignIn
from identity.application.sign_in.check_code import CheckCode
from identity.application.sign_in.errors import SignInOver, TooManyCodes, TooManyTries, WrongCode
from identity.application.sign_in.send_code import SendCode
from identity.bootstrap import Identity
from identity.domain.sign_in.sign_in import MAX_CODES_OF_A_DEVICE, MAX_CODES_OF_A_NUMBER
from identity.domain.tokens.grants import AuthorizationRequest, new_token
from servicekit.mongo import Mongo

# To come: by its own clock the database deletes what has ended.
NOON = datetime(2100, 11, 23, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 42 + "="},
        {"response_type": "token"},
        {"response_type": "code id_token"},
        {"scope": "applications:decide"},
        {"scope": "openid internal"},
        {"prompt": "none"},
        {"response_mode": "fragment"},
        {"request": "e30.e30."},
        {"request_uri": "https://evil.example/request"},
    ],
)
def test_an_app_that_asks_for_less_safety_gets_its_error_back(browser: Browser, changes: dict[str, str | None]) -> None:
    app = App()
    answer = browser.open(app.request(**changes))
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(f"{BACK}?")
    said = query_of(answer.location)
    assert (said["state"], said["iss"]) == (app.state, ISSUER)
    assert "code" not in said
    assert said["error"] in {
        "invalid_request", "unsupported_response_type", "invalid_scope", "login_required", "request_not_supported",
        "request_uri_not_supported",
    }  # fmt: skip


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        f"{BACK}/more",
        f"{BACK}?x=1",
        f"{BACK}#fragment",
        f"{BACK}%2F..%2Felsewhere",
        f"{BACK}/",
        BACK.upper(),
        BACK[:-1],
        "http://127.0.0.1:8766/signed-in",
        "http://127.0.0.1/signed-in",
        "http://localhost:8765/signed-in",
        "http://127.0.0.1:8765@evil.example/signed-in",
        "http://evil.example:8765/signed-in",
        "http://evil.example/?http://127.0.0.1:8765/signed-in",
        "http://127.0.0.1:8765\\@evil.example/signed-in",
        "http://127.0.0.1:8765/signed-in%00",
        'http://127.0.0.1:8765/"><script>alert(1)</script>',
        "javascript:alert(1)//",
        "http://127.0.0.1:8765/साइन",
        "x" * 600,
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_the_apps_own(browser: Browser, redirect_uri: str | None) -> None:
    answer = browser.open(App().request(redirect_uri=redirect_uri))
    assert answer.status_code in {400, 422}
    assert "Location" not in answer.headers
    assert answer.mimetype == "text/html"
    assert "<script" not in answer.text
    assert "csrf_token" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "cli_nobody"},
        {"client_id": None},
        {"client_id": "cli_sandbox_kiosk_jaipur"},
        {"client_id": 'cli_"\\'},
        {"state": "x" * 2000},
        {"state": "a\x00b"},
        {"nonce": "न"},
        {"scope": "x" * 5000},
        {"response_type": '"\\'},
    ],
)
def test_who_is_no_app_or_sends_what_nobody_reads_gets_a_page_and_no_redirect(
    browser: Browser, changes: dict[str, str | None]
) -> None:
    answer = browser.open(App().request(**changes))
    assert answer.status_code in {400, 422}
    assert "Location" not in answer.headers
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "code_challenge", "state", "unheard_of"])
def test_a_parameter_that_is_there_twice_is_refused(browser: Browser, name: str) -> None:
    asked = App().request()
    answer = browser.open(urlencode([*asked.items(), (name, asked.get(name, "x")), (name, "https://evil.example/")]))
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_programs_get_problem_documents_where_browsers_get_pages(client: FlaskClient, sandbox: Any) -> None:
    answer = client.get("/v1/oauth2/authorize", query_string={"client_id": "cli_nobody"})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert body_of(answer)["code"] == "invalid-authorization-request"


# ---- the form


def test_a_form_counts_only_in_the_browser_that_opened_the_page(browser: Browser, phone: Phone) -> None:
    app = App()
    browser.open(app.request())
    code = browser.ask_code(any_mobile())
    stranger = Browser(browser.app, phone)
    stranger.open(App().request())
    # Another site makes the stranger's browser send the thief's form, or the thief shows the page's token elsewhere.
    for path, form in ((CHECK, {"code": code}), (SIGN_IN, {"mobile": any_mobile()}), (CHECK, {"cancel": "1"})):
        answer = stranger.send(path, csrf_token=browser.ticket, **form)
        assert (answer.status_code, "Location" in answer.headers) == (409, False)
        assert "यह साइन-इन समाप्त हो चुका है" in answer.text
    without_cookie = Browser(browser.app, phone)
    assert without_cookie.send(CHECK, csrf_token=browser.ticket, code=code).status_code == 409
    assert browser.send(CHECK, code=code).status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 44, "x" * 42 + "\n", "<script>"])
def test_a_form_without_a_token_of_ours_is_refused(browser: Browser, token: str) -> None:
    browser.open(App().request())
    assert browser.send(SIGN_IN, csrf_token=token, mobile=any_mobile()).status_code in {409, 422}
    bare = browser.http.post(SIGN_IN, data={"mobile": any_mobile()}, content_type=FORM, headers=HTML)
    assert bare.status_code == 422


def test_a_planted_cookie_is_worth_nothing_after_the_sign_in(browser: Browser, phone: Phone) -> None:
    planted = new_token()
    browser.http.set_cookie("__Host-emitra-device", planted, domain="localhost", secure=True, path="/")
    app, mobile = App(), any_mobile()
    app.sign_in(browser, mobile)
    assert browser.cookie.value != planted
    thief = Browser(browser.app, phone)
    thief.http.set_cookie("__Host-emitra-device", planted, domain="localhost", secure=True, path="/")
    # Neither goes the thief on with the sign-in, nor is the thief's browser known as the victim's.
    assert thief.send(CHECK, csrf_token=browser.ticket, code="000000").status_code == 409


def test_a_page_goes_back_to_nothing_once_the_sign_in_is_done(browser: Browser) -> None:
    browser.open(App().request())
    code = browser.ask_code(any_mobile())
    assert browser.send(CHECK, code=code).status_code == 303
    for path, form in ((CHECK, {"code": code}), (SIGN_IN, {"mobile": any_mobile()})):
        assert browser.send(path, **form).status_code == 409


# ---- codes


class Guesser:
    """Speaks to the use cases directly, at instants of its choice."""

    def __init__(self, identity: Identity, phone: Phone) -> None:
        self.identity = identity
        self.phone = phone
        self.ticket = ""
        self.device = new_token()

    def begin(self, at: datetime = NOON) -> None:
        self.ticket = new_token()
        request = AuthorizationRequest(
            client_id=APP, redirect_uri=BACK, scope="openid", state=None, nonce=None, code_challenge=challenge_of("v")
        )
        self.identity.begin_sign_in(BeginSignIn(ticket=self.ticket, device=self.device, request=request, at=at))

    def ask(self, mobile: str, code: str = "123456", at: datetime = NOON) -> None:
        self.identity.send_code(SendCode(ticket=self.ticket, device=self.device, mobile=mobile, code=code, at=at))

    def guess(self, code: str, at: datetime = NOON) -> str:
        """Check; a right one gives the new cookie, which is used from then on."""
        device, authorization_code = new_token(), new_token()
        sign_in, _ = self.identity.check_code(CheckCode(ticket=self.ticket, device=self.device, code=code, at=at))
        self.identity.act_as(
            ActAs(
                sign_in=sign_in, right_id=None, new_device=device, authorization_code=authorization_code,
                person_id=f"per_{new_token()}", grant_id=f"gra_{new_token()}", challenge=b"c" * 32,
                totp_secret="A" * 32, at=at,
            )
        )  # fmt: skip
        self.device = device
        return authorization_code


@pytest.fixture
def guesser(own_identity: Identity, phone: Phone) -> Guesser:
    return Guesser(own_identity, phone)


def test_a_code_has_five_tries_and_then_not_even_the_right_one_counts(guesser: Guesser) -> None:
    guesser.begin()
    guesser.ask(any_mobile())
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode, match=f"left: {left}"):
            guesser.guess("654321")
    with pytest.raises(TooManyTries):
        guesser.guess("123456")


def test_guesses_at_the_same_instant_are_counted_too(guesser: Guesser) -> None:
    guesser.begin()
    guesser.ask(any_mobile())

    def outcome(_: int) -> str:
        try:
            return guesser.guess("654321")
        except (WrongCode, TooManyTries) as error:
            return error.slug

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(outcome, range(40)))
    assert (outcomes.count("wrong-code"), outcomes.count("too-many-tries")) == (5, 35)


def test_the_right_code_at_the_same_instant_ends_one_sign_in_only(guesser: Guesser, mongo: Mongo) -> None:
    guesser.begin()
    guesser.ask(any_mobile())

    def outcome(_: int) -> str:
        try:
            guesser.guess("123456")
        except (SignInOver, TooManyTries) as error:
            return error.slug
        return "done"

    with ThreadPoolExecutor(5) as threads:
        outcomes = list(threads.map(outcome, range(5)))
    assert outcomes.count("done") == 1
    assert [mongo.db[name].count_documents({}) for name in ("people", "mobile_numbers", "authorization_codes")] == [
        1
    ] * 3


@pytest.mark.parametrize(("minutes", "counts"), [(4.9, True), (5, False)])
def test_a_code_is_good_for_five_minutes(guesser: Guesser, minutes: float, counts: bool) -> None:
    guesser.begin()
    guesser.ask(any_mobile())
    at = NOON + timedelta(minutes=minutes)
    if counts:
        assert guesser.guess("123456", at)
    else:
        with pytest.raises(WrongCode):
            guesser.guess("123456", at)


def test_a_sign_in_is_good_for_a_quarter_of_an_hour(guesser: Guesser) -> None:
    guesser.begin()
    with pytest.raises(SignInOver):
        guesser.ask(any_mobile(), at=NOON + timedelta(minutes=15))


def test_a_new_code_ends_the_one_before(guesser: Guesser) -> None:
    guesser.begin()
    mobile = any_mobile()
    guesser.ask(mobile, "111111")
    guesser.ask(mobile, "222222")
    with pytest.raises(WrongCode):
        guesser.guess("111111")
    assert guesser.guess("222222")


def test_a_code_of_one_sign_in_is_none_of_another(guesser: Guesser, own_identity: Identity, phone: Phone) -> None:
    mobile, other = any_mobile(), Guesser(own_identity, phone)
    for sign_in, code in ((guesser, "111111"), (other, "222222")):
        sign_in.begin()
        sign_in.ask(mobile, code)
    with pytest.raises(WrongCode):
        guesser.guess("222222")


def test_strangers_cannot_have_a_phone_ring_all_day_nor_lock_its_owner_out(
    guesser: Guesser, own_identity: Identity, phone: Phone
) -> None:
    mobile = any_mobile()
    guesser.begin()
    guesser.ask(mobile)
    guesser.guess("123456")
    for _ in range(MAX_CODES_OF_A_NUMBER - 1):  # the owner was a stranger once, too
        stranger = Guesser(own_identity, phone)  # without a cookie, each time
        stranger.begin()
        stranger.ask(mobile)
    later = NOON + timedelta(hours=23, minutes=30)
    stranger = Guesser(own_identity, phone)
    stranger.begin(later)
    with pytest.raises(TooManyCodes) as caught:
        stranger.ask(mobile, at=later)
    assert caught.value.retry_after_seconds == 30 * 60
    assert "1 hours" in caught.value.detail
    assert "1 घंटे" in caught.value.members["detail_hi"]
    # Its owner's own browser has codes of its own.
    guesser.begin()
    guesser.ask(mobile)
    assert guesser.guess("123456")
    # And a day after the first it is over for everybody.
    tomorrow = NOON + timedelta(days=1)
    stranger.begin(tomorrow)
    stranger.ask(mobile, at=tomorrow)


def test_two_hundred_people_behind_one_address_sign_in(own_identity: Identity, phone: Phone) -> None:
    for _ in range(200):
        somebody = Guesser(own_identity, phone)
        somebody.begin()
        somebody.ask(any_mobile())
        assert somebody.guess("123456")


def test_one_browser_cannot_try_numbers_all_day(guesser: Guesser) -> None:
    guesser.begin()
    for _ in range(MAX_CODES_OF_A_DEVICE):
        guesser.ask(any_mobile())
    with pytest.raises(TooManyCodes):
        guesser.ask(any_mobile())


def test_known_and_unknown_numbers_get_the_same_page(browser: Browser, phone: Phone) -> None:
    known = any_mobile()
    App().sign_in(browser, known)
    pages = []
    for mobile in (known, f"{any_mobile()[:6]}{known[6:]}"):
        stranger = Browser(browser.app, phone)
        stranger.open(App().request())
        pages.append(re.sub(r'value="[^"]+"', "", stranger.send(SIGN_IN, mobile=mobile).text))
    assert pages[0] == pages[1]


def test_a_lock_is_told_on_the_page_in_both_languages_with_its_end_and_a_way_back(browser: Browser) -> None:
    mobile = any_mobile()
    browser.open(App().request())
    for _ in range(MAX_CODES_OF_A_NUMBER):
        browser.ask_code(mobile)
    answer = browser.send(SIGN_IN, mobile=mobile)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    assert "बहुत अधिक कोड भेजे जा चुके हैं" in answer.text
    assert "24 hours" in answer.text
    assert "go to a centre" in answer.text
