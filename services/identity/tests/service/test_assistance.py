"""Somebody lets an operator act for them: asked, agreed to, used, announced, ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.assisting import ACCESS_TOKEN_TYPE, Counter, link_in, messages
from tests.support.keys import ISSUER
from tests.support.signing_in import App, Browser, Phone, any_mobile

from identity.application.assistance.send_notices import SendNotices
from identity.bootstrap import Identity, bootstrap
from identity.entrypoints.service import SERVICE
from servicekit.instants import utc_now
from servicekit.mongo import Mongo


def claims_of(http: FlaskClient, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(body_of(http.get("/.well-known/jwks.json")))
    kid = jwt.get_unverified_header(token)["kid"]
    claims: dict[str, Any] = jwt.decode(token, keys[kid], algorithms=["EdDSA"], audience="emitra", issuer=ISSUER)
    return claims


@contextmanager
def granted(mongo: Mongo, counter: Counter, scope: str) -> Iterator[None]:
    """A scope more for a client of the sandbox."""
    one = {"_id": counter.client["client_id"]}
    mongo.db["clients"].update_one(one, {"$addToSet": {"scopes": scope}})
    try:
        yield
    finally:
        mongo.db["clients"].update_one(one, {"$pull": {"scopes": scope}})


def test_somebody_agrees_by_a_code_and_the_token_names_both(counter: Counter) -> None:
    asked = counter.asks(object="November", minutes=20)
    shown = body_of(asked)
    assert (asked.status_code, asked.headers["Location"]) == (201, f"/v1/assistances/{shown['assistance_id']}")
    assert (shown["state"], shown["mobile_shown"]) == ("ASKED", f"XXXXXX{counter.mobile[-4:]}")
    (message,) = messages(counter.phone, counter.mobile)
    for told in (
        "pay a bill of yours – JVVNL, November, at most ₹1525.00 in all, once", "20 minutes", "RJ10200001",
        "आपके बिल का भुगतान – JVVNL, November, कुल अधिकतम ₹1525.00, केवल एक बार",
    ):  # fmt: skip
        assert told in message

    agreed = body_of(counter.consents(shown["assistance_id"]))
    assert (agreed["state"], agreed["consent"]["text_id"]) == ("ACTIVE", "assisted-act/2")
    answer = body_of(counter.exchanges(shown["assistance_id"]))
    assert (answer["issued_token_type"], answer["token_type"]) == (ACCESS_TOKEN_TYPE, "Bearer")
    assert "refresh_token" not in answer
    claims = claims_of(counter.http, answer["access_token"])
    assert claims["sub"] == claims["person"]["id"] != counter.client["client_id"]
    assert claims["person"]["role"] == "citizen"
    assert claims["act"] == {
        "sub": counter.client["client_id"], "client_id": counter.client["client_id"], "kiosk_id": "ksk_RJ10200001"
    }  # fmt: skip
    assert (claims["client_id"], claims["kiosk_id"]) == (counter.client["client_id"], "ksk_RJ10200001")
    assert claims["assistance_id"] == shown["assistance_id"]
    bounds = {"type": "payment", "identifier": "JVVNL", "once": True, "at_most": {"amount": 152500, "currency": "INR"}}
    assert claims["authorization_details"] == answer["authorization_details"] == [bounds]
    assert agreed["authorization_details"] == [bounds]
    assert counter.introspects(answer["access_token"])["authorization_details"] == [bounds]
    assert claims["scope"] == "billers:read bills:fetch payments:read payments:write"
    assert claims["exp"] - claims["iat"] == answer["expires_in"] == 300
    assert counter.mobile not in str(claims)


def test_the_person_is_the_one_who_signs_in_with_that_number(counter: Counter, browser: Browser) -> None:
    signed_in = claims_of(browser.http, App().tokens(browser, counter.mobile)["access_token"])
    acted_for = claims_of(counter.http, counter.token(counter.agreed()))
    assert acted_for["sub"] == signed_in["sub"]


def test_known_and_unknown_numbers_are_answered_alike(counter: Counter, browser: Browser) -> None:
    App().tokens(browser, known := any_mobile())
    answers = [body_of(counter.asks(mobile=mobile)) for mobile in (known, any_mobile())]
    for answer in answers:
        for own in ("assistance_id", "mobile_shown", "code_expires_at"):
            answer.pop(own)
    assert answers[0] == answers[1]


def test_a_number_may_be_named_by_its_reference_in_the_vault_and_the_reading_is_on_record(
    counter: Counter, shared_mongo: Mongo
) -> None:
    counter.asks()
    reference = shared_mongo.db["assistances"].find_one(sort=[("asked_at", -1)])["mobile_reference"]  # type: ignore[index]
    answer = counter.asks(mobile=None, reference=reference)
    assert (answer.status_code, body_of(answer)["mobile_shown"]) == (201, f"XXXXXX{counter.mobile[-4:]}")
    assert len(messages(counter.phone, counter.mobile)) == 2
    (reading,) = shared_mongo.db["vault_readings"].find({"reference": reference})
    assert (reading["purpose"], reading["actor"]["kiosk_id"]) == ("notice-to-person", "ksk_RJ10200001")
    assert counter.asks(mobile=None, reference=f"vlt_{'0' * 32}").status_code == 404


def test_a_service_brings_an_act_of_its_own_without_a_row_here(counter: Counter, shared_mongo: Mongo) -> None:
    own = {"scopes": ["labour:register"], "text": "register you as a worker", "text_hi": "श्रमिक के रूप में पंजीकरण"}
    refused = counter.asks(act=own)
    assert (refused.status_code, body_of(refused)["errors"][0]["code"]) == (422, "scope-not-granted")
    with granted(shared_mongo, counter, "labour:register"):
        assistance_id = counter.agreed(act=own)
        assert "register you as a worker" in messages(counter.phone, counter.mobile)[0]
        assert claims_of(counter.http, counter.token(assistance_id))["scope"] == "labour:register"


def test_an_act_of_a_service_of_its_own_is_bounded_where_it_has_a_type(counter: Counter, shared_mongo: Mongo) -> None:
    own = {"scopes": ["labour:register"], "text": "register you as a worker", "text_hi": "श्रमिक के रूप में पंजीकरण"}
    with granted(shared_mongo, counter, "labour:register"):
        claims = claims_of(counter.http, counter.token(counter.agreed(act=own)))
        assert claims["authorization_details"] == []
        bounded = counter.agreed(act=own | {"type": "registration"}, identifier="mason")
        claims = claims_of(counter.http, counter.token(bounded))
        assert claims["authorization_details"] == [{"type": "registration", "identifier": "mason", "once": True}]
        assert "register you as a worker – mason, once" in messages(counter.phone, counter.mobile)[-1]
        often = own | {"type": "registration", "once": False}
        amount = {"amount": 2500, "currency": "INR"}
        claims = claims_of(counter.http, counter.token(counter.agreed(act=often, identifier="mason", amount=amount)))
        assert claims["authorization_details"] == [
            {"type": "registration", "identifier": "mason", "once": False, "at_most": amount}
        ]


def test_applying_and_paying_is_bounded_by_the_type_and_the_fee_and_each_is_once(counter: Counter) -> None:
    amount = {"amount": 4000, "currency": "INR"}
    assistance_id = counter.agreed(act={"code": "apply-and-pay"}, identifier="domicile", amount=amount)
    claims = claims_of(counter.http, counter.token(assistance_id))
    assert claims["authorization_details"] == [
        {"type": "application", "identifier": "domicile", "once": True},
        {"type": "payment", "identifier": "EMITRA-FEES", "once": True, "at_most": amount},
    ]


def test_a_long_id_is_told_by_its_end(counter: Counter) -> None:
    application_id = "app_01a2117a73e07c0fa29ee9f787e4850a"
    counter.agreed(act={"code": "withdraw-application"}, identifier=application_id)
    assert "take back an application of yours – …e4850a." in messages(counter.phone, counter.mobile)[0]


def test_the_same_request_again_is_the_same_assistance_and_no_second_message(counter: Counter) -> None:
    key = "one-bill-of-one-person"
    first, second = counter.asks(key), counter.asks(key)
    assert body_of(first) == body_of(second)
    assert (second.status_code, second.headers["Idempotent-Replayed"]) == (201, "true")
    assert len(messages(counter.phone, counter.mobile)) == 1
    assert counter.asks(key, minutes=30).status_code == 422


def test_the_right_code_again_gives_the_same_receipt(counter: Counter) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    code = counter.code
    first = body_of(counter.consents(assistance_id, code))
    assert body_of(counter.consents(assistance_id, f"{code[:3]} {code[3:]}")) == first
    read = counter.http.get(f"/v1/assistances/{assistance_id}", headers=counter.headers)
    assert body_of(read) == first


def test_what_is_withdrawn_gives_no_token_and_ends_those_that_were_given(counter: Counter) -> None:
    assistance_id = counter.agreed()
    token = counter.token(assistance_id)
    assert counter.introspects(token)["active"] is True
    assert counter.introspects(token)["act"]["client_id"] == counter.client["client_id"]
    for _ in range(2):
        withdrawn = counter.post(f"/v1/assistances/{assistance_id}/withdrawals")
        assert (withdrawn.status_code, body_of(withdrawn)["state"]) == (200, "WITHDRAWN")
    assert counter.introspects(token) == {"active": False}
    assert counter.exchanges(assistance_id).status_code == 400


def test_an_assistance_is_over_when_its_time_is_over(counter: Counter, shared_mongo: Mongo) -> None:
    assistance_id = counter.agreed(minutes=5)
    token = counter.token(assistance_id)
    ended = {"$set": {"ends_at": datetime.now(UTC) - timedelta(seconds=1)}}
    shared_mongo.db["assistances"].update_one({"_id": assistance_id}, ended)
    assert counter.introspects(token) == {"active": False}
    assert counter.exchanges(assistance_id).status_code == 400
    shown = body_of(counter.http.get(f"/v1/assistances/{assistance_id}", headers=counter.headers))
    assert shown["state"] == "ENDED"


def test_a_token_does_not_outlive_its_assistance(counter: Counter, shared_mongo: Mongo) -> None:
    assistance_id = counter.agreed()
    soon = utc_now() + timedelta(seconds=60)
    shared_mongo.db["assistances"].update_one({"_id": assistance_id}, {"$set": {"ends_at": soon}})
    assert 55 <= body_of(counter.exchanges(assistance_id))["expires_in"] <= 60


def test_the_person_is_told_of_the_consent_with_the_way_to_say_not_me(counter: Counter, identity: Identity) -> None:
    counter.agreed()
    identity.assistance.send_notices(SendNotices(at=utc_now()))
    notice = messages(counter.phone, counter.mobile)[-1]
    assert "You allowed e-Mitra centre RJ10200001 to do for you: pay a bill of yours" in notice
    assert "यह मैंने नहीं किया" in notice
    assert link_in(notice)
    identity.assistance.send_notices(SendNotices(at=utc_now()))
    assert messages(counter.phone, counter.mobile)[-1] == notice
    assert len(messages(counter.phone, counter.mobile)) == 2


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"mobile": "12345"}, "/mobile", "wrong-form"),
        ({"mobile": None}, "/", "one-of-two"),
        ({"reference": f"vlt_{'0' * 32}"}, "/", "one-of-two"),
        ({"act": {"code": "sell-the-house"}}, "/act/code", "unknown-act"),
        ({"act": {}}, "/act", "one-of-two"),
        ({"act": {"code": "pay-bill", "text": "a gift"}}, "/act", "one-of-two"),
        (
            {"act": {"scopes": ["payments:write"], "text": "a gift for you", "text_hi": "आपके लिए उपहार"}},
            "/act/scopes",
            "described-otherwise",
        ),
        ({"identifier": None}, "/identifier", "required"),
        ({"amount": None}, "/amount", "required"),
        ({"act": {"code": "apply"}}, "/identifier", "required"),
        ({"act": {"code": "follow-up"}, "identifier": "JVVNL"}, "/identifier", "not-of-this-act"),
        (
            {"act": {"code": "follow-up"}, "amount": {"amount": 1, "currency": "INR"}},
            "/amount",
            "not-of-this-act",
        ),
        ({"act": {"code": "pay-bill", "type": "payment"}}, "/act", "one-of-two"),
        ({"identifier": "two words"}, "/identifier", None),
        ({"object": "Aadhaar 0000 0000 0000"}, "/object", "long-number"),
        ({"object": "two\nlines"}, "/object", "unprintable"),
        ({"minutes": 31}, "/minutes", None),
        ({"minutes": 4}, "/minutes", None),
        ({"amount": {"amount": 0, "currency": "INR"}}, "/amount/amount", None),
        ({"amount": {"amount": 1, "currency": "USD"}}, "/amount/currency", None),
        ({"9829000000": "x"}, "/XXXXXXXXXX", None),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_place(
    counter: Counter, changes: dict[str, Any], pointer: str, code: str | None
) -> None:
    answer = counter.asks(**changes)
    problem = body_of(answer)
    assert answer.status_code == 422, problem
    told = problem["errors"][0]
    assert told["pointer"].rstrip("/") == pointer.rstrip("/"), told
    assert code in (None, told["code"])
    assert counter.mobile not in answer.text
    assert messages(counter.phone, counter.mobile) == []


def test_without_a_sender_nobody_is_asked(counter: Counter, shared_mongo: Mongo, settings: Any, phone: Phone) -> None:
    bare = replace(settings, code_file="")
    http = SERVICE.flask_app(bare, shared_mongo, bootstrap(bare, shared_mongo)).test_client()
    answer = Counter(http, counter.client, phone).asks()
    assert (answer.status_code, body_of(answer)["code"]) == (503, "assistance-not-set-up")
