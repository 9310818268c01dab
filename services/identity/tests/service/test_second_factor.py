"""Officers and administrators sign in with a second factor, and what each part of it may not do."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.asking import ask, assert_oauth_problem, body_of
from tests.support.authenticator import Authenticator
from tests.support.second_steps import CODES, END, ENROL, PROVE, Officer, code_of, options_on, recorded, secret_on
from tests.support.signing_in import CHECK, ROLE, SIGN_IN, App, Browser, Phone, any_mobile, claims_of, query_of

from identity.bootstrap import Identity
from identity.domain.people.rights import Role
from servicekit.mongo import Mongo

pytestmark = pytest.mark.usefixtures("standing_clock")


@pytest.fixture
def officer(browser: Browser, identity: Identity) -> Officer:
    """Somebody who has no second factor yet."""
    return Officer(browser, recorded(identity))


@pytest.fixture
def enrolled(officer: Officer) -> Officer:
    """Somebody with an app and ten recovery codes."""
    officer.enrols_app()
    return officer


def another_browser(officer: Officer) -> Officer:
    """The same person at another computer."""
    browser = Browser(officer.browser.app, officer.browser.phone)
    return Officer(browser, officer.mobile, secret=officer.secret, recovery_codes=officer.recovery_codes)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR])
def test_whoever_decides_about_others_enrols_a_factor_before_going_on(
    browser: Browser, identity: Identity, role: Role
) -> None:
    officer = Officer(browser, recorded(identity, role), role=role)
    shown = officer.enrols_app()
    assert len(set(officer.recovery_codes)) == 10
    assert officer.secret not in shown.text
    tokens = body_of(ask(browser.http, officer.app.redemption(code_of(browser.send(END)))))
    access = claims_of(browser.http, tokens["access_token"], "emitra")
    assert (access["person"]["role"], access["acr"]) == (role, "emitra:two-factors")
    told = claims_of(browser.http, tokens["id_token"], officer.app.client_id)
    assert (told["amr"], told["acr"]) == (["sms", "otp", "mfa"], "emitra:two-factors")


@pytest.mark.parametrize(("has", "acts_as"), [(Role.OPERATOR, "operator"), (Role.OFFICER, "citizen")])
def test_who_acts_as_citizen_or_operator_is_not_asked_whatever_else_they_are(
    browser: Browser, identity: Identity, has: Role, acts_as: str
) -> None:
    tokens = App().tokens(browser, recorded(identity, has), role=acts_as)
    access = claims_of(browser.http, tokens["access_token"], "emitra")
    assert (access["person"]["role"], access["acr"]) == (acts_as, "emitra:one-factor")


def test_the_choice_comes_before_the_second_step_and_the_token_carries_the_choice(
    browser: Browser, identity: Identity
) -> None:
    mobile = recorded(identity)
    officer = Officer(browser, mobile)
    browser.open(officer.app.request())
    page = browser.send(CHECK, code=browser.ask_code(mobile))
    right, citizen = re.findall(r'name="right" value="([^"]+)"', page.text)
    assert citizen == "citizen"
    for path, form in ((ENROL, {"kind": "totp", "code": "1"}), (END, {})):  # what comes after it is not to be had yet
        assert browser.send(path, **form).status_code == 409
    page = browser.send(ROLE, right=right)
    officer.secret = secret_on(page)
    # The way back to another choice is a new sign-in.
    assert browser.send(ROLE, right="citizen").status_code == 409
    assert browser.send(ENROL, kind="totp", code=officer.code()).status_code == 200
    tokens = body_of(ask(browser.http, officer.app.redemption(code_of(browser.send(END)))))
    access = claims_of(browser.http, tokens["access_token"], "emitra")
    assert (access["right_id"], access["person"]["role"], access["acr"]) == (right, "officer", "emitra:two-factors")


def test_a_right_that_ends_before_the_second_step_is_done_gives_no_code(enrolled: Officer, shared_mongo: Mongo) -> None:
    enrolled.browser.send(END)
    enrolled.proves_phone()
    owner = shared_mongo.db["mobile_numbers"].find_one(
        {"shown": f"XXXXXX{enrolled.mobile[-4:]}"}, sort=[("created_at", -1)]
    )
    assert owner is not None
    shared_mongo.db["people"].update_one(
        {"_id": owner["person_id"]}, {"$set": {"rights.0.suspended_because": "Order 9"}}
    )
    answer = enrolled.proves(code=enrolled.code())
    assert (answer.status_code, "Location" in answer.headers) == (409, False)


def test_the_code_of_the_app_ends_the_sign_in(enrolled: Officer) -> None:
    enrolled.browser.send(END)
    page = enrolled.proves_phone()
    assert "दूसरा चरण" in page.text
    assert enrolled.secret not in page.text.replace(" ", "")
    assert code_of(enrolled.proves(code=enrolled.code()))


def test_a_renewal_stays_an_officers_and_says_so(enrolled: Officer) -> None:
    http = enrolled.browser.http
    tokens = body_of(ask(http, enrolled.app.redemption(code_of(enrolled.browser.send(END)))))
    renewed = body_of(ask(http, enrolled.app.renewal(tokens["refresh_token"])))
    assert claims_of(http, renewed["access_token"], "emitra")["acr"] == "emitra:two-factors"


def test_an_officers_sign_in_of_before_there_were_second_factors_gives_no_tokens(
    browser: Browser, identity: Identity, shared_mongo: Mongo
) -> None:
    app, mobile = App(), recorded(identity)
    tokens = app.tokens(browser, mobile, role="citizen")
    code = app.sign_in(browser, mobile, role="citizen")
    person = claims_of(browser.http, tokens["access_token"], "emitra")["sub"]
    known = shared_mongo.db["people"].find_one({"_id": person})
    assert known is not None
    for collection in ("grants", "authorization_codes"):
        given = {"$set": {"right_id": known["rights"][0]["id"]}}
        assert shared_mongo.db[collection].update_many({"person_id": person}, given).modified_count > 0
    for form in (app.redemption(code), app.renewal(tokens["refresh_token"])):
        assert_oauth_problem(ask(browser.http, form), 400, "invalid_grant")


# ---- once


@pytest.mark.parametrize("steps", [-1, 0])
def test_a_step_counts_once_and_none_before_it(enrolled: Officer, steps: int) -> None:
    used = enrolled.code()
    enrolled.browser.send(END)
    enrolled.proves_phone()
    assert enrolled.proves(code=used).status_code == 303
    again = another_browser(enrolled)
    again.proves_phone()
    answer = again.proves(code=enrolled.code(steps))
    assert answer.status_code == 422
    assert "counts once" in answer.text
    assert "बचे हुए प्रयास: 4" in answer.text


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_minute_is_none(enrolled: Officer, steps: int) -> None:
    enrolled.proves_phone()
    assert enrolled.proves(code=enrolled.code(steps)).status_code == 422


def test_one_code_in_two_browsers_at_once_is_one_sign_in(enrolled: Officer) -> None:
    officers = [another_browser(enrolled) for _ in range(6)]
    for each in officers:
        each.proves_phone()
    code = enrolled.code()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda each: each.proves(code=code).status_code, officers))
    assert sorted(answers) == [303, 422, 422, 422, 422, 422]


def test_a_recovery_code_counts_once_and_leads_to_a_new_app(enrolled: Officer) -> None:
    code = enrolled.recovery_codes[0]
    enrolled.proves_phone()
    page = enrolled.proves(kind="recovery-code", code=code.lower().replace("-", " "), more="1")
    assert page.status_code == 200
    old, enrolled.secret = enrolled.secret, secret_on(page)
    assert enrolled.browser.send(ENROL, kind="totp", code=enrolled.code(-1)).status_code == 200
    assert code_of(enrolled.browser.send(END))
    again = another_browser(enrolled)
    again.proves_phone()
    assert again.proves(kind="recovery-code", code=code).status_code == 422
    before = Officer(again.browser, enrolled.mobile, secret=old)
    assert before.proves(code=before.code()).status_code == 422
    assert again.proves(code=again.code()).status_code == 303


def test_ten_new_recovery_codes_end_those_before(enrolled: Officer) -> None:
    enrolled.proves_phone()
    enrolled.proves(code=enrolled.code(), more="1")
    shown = enrolled.browser.send(CODES)
    assert shown.text.count("<li><code>") == 10
    again = another_browser(enrolled)
    again.proves_phone()
    assert again.proves(kind="recovery-code", code=enrolled.recovery_codes[3]).status_code == 422
    assert again.proves(kind="recovery-code", code=shown.text.split("<li><code>")[4][:19]).status_code == 303


def test_two_first_factors_at_once_are_one(officer: Officer) -> None:
    other = another_browser(officer)
    pages = [officer.proves_phone(), other.proves_phone()]
    for each, page in zip((officer, other), pages, strict=True):
        each.secret = secret_on(page)
    answers = [each.browser.send(ENROL, kind="totp", code=each.code()) for each in (officer, other)]
    assert [answer.status_code for answer in answers] == [200, 409]


# ---- passkeys


def test_a_passkey_is_enrolled_and_proves_from_then_on(officer: Officer) -> None:
    key = Authenticator()
    page = officer.proves_phone()
    options = options_on(page)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    shown = officer.browser.send(ENROL, kind="passkey", credential=key.create(options))
    assert shown.text.count("<li><code>") == 10
    officer.browser.send(END)
    options = options_on(officer.proves_phone())
    assert not options["allowCredentials"]
    answer = officer.proves(kind="passkey", credential=key.get(options))
    tokens = body_of(ask(officer.browser.http, officer.app.redemption(code_of(answer))))
    told = claims_of(officer.browser.http, tokens["id_token"], officer.app.client_id)
    assert told["amr"] == ["sms", "otp", "pop", "user", "mfa"]


@pytest.fixture
def holder(officer: Officer) -> tuple[Officer, Authenticator]:
    """Somebody with a passkey."""
    key = Authenticator()
    officer.browser.send(ENROL, kind="passkey", credential=key.create(options_on(officer.proves_phone())))
    return officer, key


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://api.emitra.example"},
        {"rp_id": "evil.example"},
        {"verifies": False},
        {"count": -1},
        {"key": Authenticator().key},
        {"id": b"somebody-elses-id"},
    ],
    ids=str,
)
def test_what_a_passkey_has_to_say_is_looked_at(holder: tuple[Officer, Authenticator], lie: dict[str, Any]) -> None:
    officer, key = holder
    key.count = 7
    officer.browser.send(END)
    officer.proves(kind="passkey", credential=key.get(options_on(officer.proves_phone())))
    key.count = 8
    vars(key).update(lie)
    if lie == {"count": -1}:
        key.count = 7  # a copy that was made before
    answer = officer.proves(kind="passkey", credential=key.get(options_on(officer.proves_phone())))
    assert answer.status_code == 422
    assert "दूसरा चरण सफल नहीं हुआ" in answer.text


def test_an_answer_of_a_passkey_is_good_for_its_own_sign_in(holder: tuple[Officer, Authenticator]) -> None:
    officer, key = holder
    officer.browser.send(END)
    heard = key.get(options_on(officer.proves_phone()))
    officer.proves_phone()
    assert officer.proves(kind="passkey", credential=heard).status_code == 422


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", "7", '"x"', "[" * 9000,
     '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
     '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"!!",'
     '"signature":"AA","attestationObject":"n5-fn5-f"}}'],
)  # fmt: skip
def test_what_is_no_answer_of_a_passkey_is_refused_and_not_a_fault(
    holder: tuple[Officer, Authenticator], credential: str
) -> None:
    officer, _ = holder
    officer.browser.send(END)
    officer.proves_phone()
    assert officer.proves(kind="passkey", credential=credential).status_code == 422


@pytest.mark.parametrize("credential", ["{}", '{"id":"AA","rawId":"AA","type":"public-key","response":'
                         '{"clientDataJSON":"AA","attestationObject":"n5-fn5-f"}}', "x" * 16_385])  # fmt: skip
def test_what_is_no_new_passkey_is_refused_and_not_a_fault(officer: Officer, credential: str) -> None:
    officer.proves_phone()
    assert officer.browser.send(ENROL, kind="passkey", credential=credential).status_code == 422


# ---- around it


@pytest.mark.parametrize("path", [PROVE, ENROL, CODES, END])
def test_no_step_is_left_out(officer: Officer, path: str) -> None:
    officer.browser.open(officer.app.request(role="officer"))
    forms = {PROVE: {"kind": "totp", "code": "1"}, ENROL: {"kind": "totp", "code": "1"}}
    form = forms.get(path, {})
    assert officer.browser.send(path, **form).status_code == 409
    code = officer.browser.ask_code(officer.mobile)
    assert officer.browser.send(path, **form).status_code == 409
    officer.browser.send(CHECK, code=code)
    if path in (CODES, END):
        assert officer.browser.send(path).status_code == 409


def test_the_phone_alone_neither_enrols_another_factor_nor_makes_recovery_codes(enrolled: Officer) -> None:
    thief = another_browser(enrolled)
    page = thief.proves_phone()
    assert "data-options" not in page.text
    assert thief.browser.send(ENROL, kind="totp", code=enrolled.code()).status_code in {409, 422}
    assert thief.browser.send(CODES).status_code == 409
    assert thief.browser.send(END).status_code == 409


def test_after_the_phone_is_proved_no_other_number_takes_its_place(officer: Officer) -> None:
    officer.proves_phone()
    assert officer.browser.send(SIGN_IN, mobile=any_mobile()).status_code == 409


def test_no_other_browser_goes_on_with_a_proved_phone(enrolled: Officer, phone: Phone) -> None:
    enrolled.proves_phone()
    thief = Browser(enrolled.browser.app, phone)
    answer = thief.send(PROVE, csrf_token=enrolled.browser.ticket, kind="totp", code=enrolled.code())
    assert answer.status_code == 409


def test_somebody_who_has_nothing_at_hand_goes_back_to_the_app(enrolled: Officer) -> None:
    enrolled.proves_phone()
    said = query_of(enrolled.browser.send(CHECK, cancel="1").location)
    assert said["error"] == "access_denied"


def test_five_tries_end_the_sign_in_and_the_page_says_how_to_go_on(enrolled: Officer) -> None:
    enrolled.proves_phone()
    for kind in ("totp", "recovery-code", "passkey", "totp", "totp"):
        assert enrolled.proves(kind=kind, code="000000").status_code == 422
    answer = enrolled.proves(code=enrolled.code())
    assert answer.status_code == 429
    assert "फिर से शुरू करें" in answer.text
    assert "begin again" in answer.text
    assert 'name="code"' not in answer.text
    assert 'name="cancel"' in answer.text
    enrolled.proves_phone()
    assert enrolled.proves(code=enrolled.code()).status_code == 303


def test_many_guesses_at_once_are_counted_too(enrolled: Officer) -> None:
    enrolled.proves_phone()
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: enrolled.proves(code="000000").status_code, range(12)))
    assert (answers.count(422), answers.count(429)) == (5, 7)


def test_ten_wrong_codes_in_a_day_lock_the_app_alone(enrolled: Officer) -> None:
    for _ in range(2):
        enrolled.proves_phone()
        for _ in range(5):
            enrolled.proves(code="000000")
    enrolled.proves_phone()
    answer = enrolled.proves(code=enrolled.code())
    assert answer.status_code == 429
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert "24 घंटे" in answer.text
    assert "passkey or a recovery code" in answer.text
    assert code_of(enrolled.proves(kind="recovery-code", code=enrolled.recovery_codes[0]))


def test_a_right_code_of_the_app_sets_its_count_back(enrolled: Officer) -> None:
    for wrong in (5, 4):
        enrolled.proves_phone()
        for _ in range(wrong):
            enrolled.proves(code="000000")
    assert enrolled.proves(code=enrolled.code()).status_code == 303
    enrolled.proves_phone()
    assert [enrolled.proves(code="000000").status_code for _ in range(5)] == [422] * 5


def test_secrets_are_neither_kept_readable_nor_logged(
    enrolled: Officer, shared_mongo: Mongo, capfd: pytest.CaptureFixture[str]
) -> None:
    enrolled.browser.send(END)
    enrolled.proves_phone()
    code = enrolled.code()
    enrolled.proves(code=code)
    stored = repr([list(shared_mongo.db[name].find()) for name in shared_mongo.db.list_collection_names()])
    printed = "".join(capfd.readouterr())
    assert "http_request" in printed
    for secret in (
        enrolled.secret,
        enrolled.recovery_codes[0],
        enrolled.recovery_codes[0].replace("-", ""),
        enrolled.mobile,
    ):
        assert secret not in stored
        assert secret not in printed
    assert code not in printed


def test_the_pages_are_small_in_both_languages_and_run_nothing_but_their_own_script(officer: Officer) -> None:
    page = officer.proves_phone()
    assert len(page.data) < 30_000
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "Scripts are off in this browser" in page.text
    shown = officer.enrols_app()
    assert "script-src 'none'" in shown.headers["Content-Security-Policy"]
    for each in (page, shown):
        assert 'lang="en"' in each.text
        assert each.headers["Cache-Control"] == "no-store"
