"""What an operator, a centre or a stranger might try in order to act for somebody who did not agree to it."""

import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, ask_as, assert_oauth_problem, basic, body_of
from tests.support.assisting import (
    ACCESS_TOKEN_TYPE,
    EXCHANGE,
    OPERATOR,
    Counter,
    link_in,
    messages,
)
from tests.support.signing_in import SIGN_IN, App, Browser, Phone, any_mobile, claims_of

from identity.application.assistance.send_notices import SendNotices
from identity.bootstrap import Identity
from identity.domain.assistance.assistance import MAX_CODES_AT_A_CENTRE, MAX_TOKENS
from servicekit.http import Actor, Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

Sandbox = dict[str, Any]


@pytest.fixture
def other(client: FlaskClient, sandbox: Sandbox, phone: Phone, counter: Counter) -> Counter:
    """Another centre, before the same person."""
    return Counter(client, sandbox["kiosk-jodhpur"], phone, mobile=counter.mobile)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_has_five_tries_and_the_right_one_counts_no_more_after_them(counter: Counter) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    code = counter.code
    for left in (4, 3, 2, 1, 0):
        answer = counter.consents(assistance_id, wrong(code))
        assert (answer.status_code, body_of(answer)["code"]) == (422, "wrong-code")
        assert f"Tries left: {left}" in body_of(answer)["detail"]
    answer = counter.consents(assistance_id, code)
    assert (answer.status_code, body_of(answer)["code"]) == (429, "too-many-tries")
    assert body_of(answer)["detail_hi"]
    assert counter.exchanges(assistance_id).status_code == 400


def test_many_guesses_at_once_are_counted_too(counter: Counter) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    guess = wrong(counter.code)
    statuses: list[int] = []
    app = counter.http.application

    def try_it() -> None:
        one = Counter(app.test_client(), counter.client, counter.phone, mobile=counter.mobile)
        statuses.append(one.consents(assistance_id, guess).status_code)

    threads = [threading.Thread(target=try_it) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [422] * 5 + [429] * 7


def test_a_code_is_good_for_its_own_assistance_and_for_five_minutes(counter: Counter, shared_mongo: Mongo) -> None:
    first = str(body_of(counter.asks())["assistance_id"])
    code = counter.code
    second = str(body_of(counter.asks())["assistance_id"])
    assert counter.consents(second, code).status_code in (422, 200 if code == counter.code else 422)
    expired = {"$set": {"code_expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    shared_mongo.db["assistances"].update_one({"_id": first}, expired)
    answer = counter.consents(first, code)
    assert (answer.status_code, body_of(answer)["code"]) == (409, "assistance-over")


def test_another_centre_neither_sees_nor_uses_an_assistance(counter: Counter, other: Counter) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    code = counter.code
    read = other.http.get(f"/v1/assistances/{assistance_id}", headers=other.headers)
    assert (read.status_code, body_of(read)["code"]) == (404, "assistance-not-found")
    assert other.consents(assistance_id, code).status_code == 404
    assert other.post(f"/v1/assistances/{assistance_id}/withdrawals").status_code == 404
    assert counter.consents(assistance_id, code).status_code == 200
    answers = [other.exchanges(each) for each in (assistance_id, f"ast_{'0' * 32}")]
    refusals = [assert_oauth_problem(answer, 400, "invalid_request") for answer in answers]
    # Nothing tells another's from one that does not exist.
    assert refusals[0]["detail"] == refusals[1]["detail"]


def test_an_assistance_of_an_operator_is_for_that_operator_alone(
    counter: Counter, client: FlaskClient, sandbox: Sandbox
) -> None:
    counter.person = OPERATOR
    assistance_id = counter.agreed()
    # The centre's software by itself.
    assert_oauth_problem(counter.exchanges(assistance_id), 400, "invalid_request")
    # With a token of the centre's, in which no operator is.
    plain = body_of(ask_as(client, counter.client))["access_token"]
    as_actor = {"actor_token": plain, "actor_token_type": ACCESS_TOKEN_TYPE}
    assert_oauth_problem(counter.exchanges(assistance_id, **as_actor), 400, "invalid_request")
    # An officer's token is another client's.
    officer = body_of(ask_as(client, sandbox["officer-udaipur"]))["access_token"]
    as_officer = {"actor_token": officer, "actor_token_type": ACCESS_TOKEN_TYPE}
    assert_oauth_problem(counter.exchanges(assistance_id, **as_officer), 400, "invalid_request")
    counter.person = Person("per_operator_2", "operator")
    assert counter.http.get(f"/v1/assistances/{assistance_id}", headers=counter.headers).status_code == 404


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token_type": ACCESS_TOKEN_TYPE}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "not-an-assistance"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN_TYPE}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"actor_token": "x.y.z", "actor_token_type": ACCESS_TOKEN_TYPE}, "invalid_request"),
        ({"audience": "somebody-else"}, "invalid_target"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
        ({"scope": "payments:write wallet:read"}, "invalid_scope"),
        ({"scope": "applications:write"}, "invalid_scope"),
        ({"scope": "assistances:write"}, "invalid_scope"),
        ({"scope": "*"}, "invalid_scope"),
    ],
    ids=str,
)
def test_an_exchange_that_is_none_is_refused_as_the_rfc_says(
    counter: Counter, changes: dict[str, str | None], error: str
) -> None:
    assert_oauth_problem(counter.exchanges(counter.agreed(), **changes), 400, error)


def test_an_exchange_without_consent_or_by_who_cannot_prove_itself_is_refused(
    counter: Counter, client: FlaskClient, sandbox: Sandbox
) -> None:
    asked = str(body_of(counter.asks())["assistance_id"])
    assert_oauth_problem(counter.exchanges(asked), 400, "invalid_request")
    form = {"grant_type": EXCHANGE, "subject_token": asked, "subject_token_type": "x"}
    assert_oauth_problem(ask(client, form, basic(counter.client["client_id"], "wrong")), 401, "invalid_client")
    portal = sandbox["portal-sandbox"]
    answer = ask(client, form, basic(portal["client_id"], portal["client_secret"]))
    assert_oauth_problem(answer, 400, "unauthorized_client")


def test_less_than_the_act_may_be_asked_for_and_a_scope_that_the_client_lost_is_gone(
    counter: Counter, shared_mongo: Mongo
) -> None:
    assistance_id = counter.agreed()
    assert body_of(counter.exchanges(assistance_id, scope="payments:read"))["scope"] == "payments:read"
    one = {"_id": counter.client["client_id"]}
    shared_mongo.db["clients"].update_one(one, {"$pull": {"scopes": "payments:write"}})
    try:
        assert "payments:write" not in body_of(counter.exchanges(assistance_id))["scope"].split()
        assert_oauth_problem(counter.exchanges(assistance_id, scope="payments:write"), 400, "invalid_scope")
    finally:
        shared_mongo.db["clients"].update_one(one, {"$addToSet": {"scopes": "payments:write"}})


def test_one_assistance_gives_so_many_tokens_and_no_more_even_at_once(counter: Counter) -> None:
    assistance_id = counter.agreed()
    statuses: list[int] = []
    app = counter.http.application

    def take() -> None:
        one = Counter(app.test_client(), counter.client, counter.phone, mobile=counter.mobile)
        statuses.append(one.exchanges(assistance_id).status_code)

    threads = [threading.Thread(target=take) for _ in range(MAX_TOKENS + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * MAX_TOKENS + [400] * 4


def test_who_acts_for_somebody_cannot_have_others_act_or_act_for_a_third(counter: Counter) -> None:
    assistance_id = counter.agreed()
    token = counter.token(assistance_id)
    # A chain: the assisted token as the actor's.
    chained = {"actor_token": token, "actor_token_type": ACCESS_TOKEN_TYPE}
    assert_oauth_problem(counter.exchanges(assistance_id, **chained), 400, "invalid_request")
    counter.person = Person("per_citizen", "citizen")
    counter.actor = Actor(counter.client["client_id"], counter.client["client_id"], assistance_id, "ksk_RJ10200001")
    refused = counter.asks()
    assert (refused.status_code, body_of(refused)["code"]) == (403, "role-not-permitted")


def test_a_citizen_cannot_ask_to_act_for_another(counter: Counter) -> None:
    counter.person = Person("per_citizen", "citizen")
    refused = counter.asks()
    assert (refused.status_code, body_of(refused)["code"]) == (403, "role-not-permitted")
    assert messages(counter.phone, counter.mobile) == []


def test_a_token_of_a_person_is_no_assistance(counter: Counter, browser: Browser) -> None:
    tokens = App().tokens(browser)
    for text in (tokens["refresh_token"], tokens["access_token"][:200]):
        assert_oauth_problem(counter.exchanges(text), 400, "invalid_request")


def test_one_centre_cannot_use_up_the_codes_of_a_number_elsewhere_or_of_its_sign_ins(
    counter: Counter, other: Counter, browser: Browser
) -> None:
    for _ in range(MAX_CODES_AT_A_CENTRE):
        assert counter.asks().status_code == 201
    refused = counter.asks()
    assert (refused.status_code, body_of(refused)["code"]) == (429, "too-many-codes")
    assert int(refused.headers["Retry-After"]) > 0
    assert body_of(refused)["detail_hi"]
    assert other.asks().status_code == 201
    browser.open(App().request())
    assert browser.send(SIGN_IN, mobile=counter.mobile).status_code == 200


def test_all_centres_together_send_a_number_only_so_many_codes(counter: Counter, sandbox: Sandbox) -> None:
    statuses = [
        Counter(counter.http, sandbox[name], counter.phone, mobile=counter.mobile).asks().status_code
        for name in ("kiosk-jaipur", "kiosk-jodhpur", "kiosk-udaipur", "load-01")
        for _ in range(MAX_CODES_AT_A_CENTRE)
    ]
    assert statuses == [201] * 30 + [429] * 10


def test_looking_at_a_notice_changes_nothing_and_a_made_up_code_finds_nothing(
    counter: Counter, identity: Identity
) -> None:
    assistance_id = counter.agreed()
    identity.assistance.send_notices(SendNotices(at=utc_now()))
    path = link_in(messages(counter.phone, counter.mobile)[-1])
    for method in ("GET", "HEAD", "GET"):
        assert counter.http.open(path, method=method, headers={"Accept": "text/html"}).status_code == 200
    shown = body_of(counter.http.get(f"/v1/assistances/{assistance_id}", headers=counter.headers))
    assert shown["state"] == "ACTIVE"
    for made_up in (secrets.token_urlsafe(32), "x", assistance_id):
        answer = counter.http.get(f"/v1/not-me/{made_up}", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
    form = {"code": secrets.token_urlsafe(32), "what": "dispute"}
    assert counter.http.post("/v1/not-me", data=form).status_code == 404
    assert counter.http.post("/v1/not-me", data={"code": path[-43:], "what": "steal"}).status_code == 422


def test_the_notice_of_one_person_ends_nothing_of_another(counter: Counter, identity: Identity) -> None:
    first = counter.agreed()
    theirs = Counter(counter.http, counter.client, counter.phone)
    second = theirs.agreed()
    identity.assistance.send_notices(SendNotices(at=utc_now()))
    path = link_in(messages(counter.phone, counter.mobile)[-1])
    counter.http.post("/v1/not-me", data={"code": path[-43:], "what": "dispute"})
    assert counter.exchanges(first).status_code == 400
    assert theirs.exchanges(second).status_code == 200


def test_cases_are_for_support_alone(counter: Counter) -> None:
    for path in ("/v1/cases", f"/v1/cases/cas_{'0' * 32}"):
        answer = counter.http.get(path, headers=counter.headers)
        assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, "cases:read")
    answer = counter.post(f"/v1/cases/cas_{'0' * 32}/answers", {"text": "x", "text_hi": "क"})
    assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, "cases:write")


def test_nothing_of_a_number_or_a_code_is_stored_as_it_is(counter: Counter, shared_mongo: Mongo) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    code = counter.code
    kept = str([list(shared_mongo.db[name].find()) for name in ("assistances", "idempotency", "sent_codes")])
    assert assistance_id in kept
    assert counter.mobile not in kept
    assert f"'{code}'" not in kept


def test_a_number_that_nobody_asked_is_in_no_log(counter: Counter, capsys: pytest.CaptureFixture[str]) -> None:
    counter.mobile = any_mobile()
    counter.agreed()
    said = capsys.readouterr()
    assert "http_request" in said.out
    assert counter.mobile not in said.out + said.err


def test_the_api_is_closed_to_who_has_no_scope(counter: Counter) -> None:
    bare = internal_headers("identity", client_id=counter.client["client_id"], scopes=("payments:write",))
    answer = counter.http.post("/v1/assistances", json={}, headers=bare | {"Idempotency-Key": "k" * 16})
    assert (answer.status_code, body_of(answer)["missing_scope"]) == (403, "assistances:write")


def test_what_an_operator_was_told_at_one_centre_is_not_used_from_another(
    counter: Counter, client: FlaskClient, identity: Identity
) -> None:
    """One app, one operator, two centres: whose right at the first ended has the second's token still."""
    counter.person = OPERATOR
    assistance_id = counter.agreed()
    plain = body_of(ask_as(client, counter.client))["access_token"]
    claims = {**claims_of(client, plain, "emitra"), "person": {"id": OPERATOR.id, "role": "operator"}}

    def status(kiosk_id: str) -> int:
        token = identity.signing.signer.sign({**claims, "kiosk_id": kiosk_id})
        return counter.exchanges(assistance_id, actor_token=token, actor_token_type=ACCESS_TOKEN_TYPE).status_code

    assert status("ksk_RJ14000002") == 400
    assert status(str(counter.client["kiosk_id"])) == 200
