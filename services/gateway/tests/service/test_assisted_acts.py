"""What is done for a person is on record before it is done, and announced once; nothing of it is ever lost."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support.foreign_services import Reply
from tests.support.stage import Stage

from emitra_contracts import examples, validate_produced
from gateway.adapters import mongo_acts
from gateway.application.sweep_acts import OUTCOME_KNOWN_WITHIN, SweepActs
from gateway.entrypoints.service import SERVICE
from servicekit.acts import AgreedAct
from servicekit.http.auth import InternalTokenVerifier
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver

KEY = {"Idempotency-Key": "one-payment-of-one-person"}
Token = Callable[..., str]


@pytest.fixture
def assistance_id() -> str:
    return public_id("ast")


@pytest.fixture
def token(viewing: Stage, assistance_id: str) -> Token:
    """An assisted token as identity makes them."""

    def made(*scopes: str, **claims: Any) -> str:
        whole: dict[str, Any] = {
            "client_id": "cli_kiosk_one",
            "kiosk_id": "ksk_RJ10200001",
            "person": {"id": "per_1", "role": "citizen"},
            "act": {"sub": "per_op", "client_id": "cli_kiosk_one", "kiosk_id": "ksk_RJ10200001", "role": "operator"},
            "assistance_id": assistance_id,
        }
        return viewing.identity.token(*(scopes or ("payments:write", "payments:read")), **(whole | claims))

    return made


def pay(stage: Stage, token: str, **kwargs: Any) -> Any:
    return stage.call("POST", "/v1/payments", token, json={"bill_id": "bil_1"}, **kwargs)


def announced(mongo: Mongo) -> list[dict[str, Any]]:
    rows = mongo.db["outbox"].find({"routing_key": "act.performed.v1"}).sort("_id", 1)
    return [json.loads(row["body"]) for row in rows]


def sweep(stage: Stage, later: timedelta = OUTCOME_KNOWN_WITHIN + timedelta(seconds=1)) -> int:
    return stage.gateway.sweep_acts(SweepActs(utc_now() + later, (event_id(), event_id())))


def test_what_is_done_for_a_person_is_announced_and_names_no_id_but_ours(
    viewing: Stage, mongo: Mongo, token: Token, assistance_id: str
) -> None:
    viewing.billing.reply = lambda _: Reply(201, b"{}")
    assert pay(viewing, token()).status_code == 201
    (event,) = announced(mongo)
    validate_produced(event)
    said = event["data"]
    assert (said["assistance_id"], said["outcome"], said["service"]) == (assistance_id, "DONE", "billing")
    assert (said["method"], said["route"], said["kiosk_id"]) == ("POST", "/v1/payments", "ksk_RJ10200001")
    assert "per_" not in json.dumps(event)
    assert sweep(viewing) == 0


def test_the_service_is_told_what_was_agreed_to_and_not_what_else_the_claims_say(viewing: Stage, token: Token) -> None:
    bounds = [{"type": "payment", "identifier": "JVVNL", "once": True, "at_most": {"amount": 5, "currency": "INR"}}]
    assert pay(viewing, token(authorization_details=bounds)).status_code == 200
    sent = viewing.billing.received[-1].headers["Authorization"]
    known = InternalTokenVerifier("billing", viewing.internal_jwks).authenticate(sent)
    (agreed,) = known.agreement.acts if known.agreement else ()
    assert agreed == AgreedAct(type="payment", identifier="JVVNL", most_paise=5, once=True)
    for wrong in ("all", [1]):
        assert pay(viewing, token(authorization_details=wrong)).status_code == 401


def test_looking_and_what_an_operator_does_for_nobody_are_not_announced(
    viewing: Stage, mongo: Mongo, token: Token
) -> None:
    assert viewing.call("GET", "/v1/payments/pay_1", token()).status_code == 200
    assert pay(viewing, viewing.identity.token("payments:write")).status_code == 200
    assert announced(mongo) == []
    assert mongo.db["acts"].count_documents({}) == 0


@pytest.mark.parametrize("status", [400, 403, 409, 422, 429])
def test_what_the_service_refused_is_not_announced(viewing: Stage, mongo: Mongo, token: Token, status: int) -> None:
    viewing.billing.reply = lambda _: Reply(status)
    assert pay(viewing, token()).status_code == status
    assert (announced(mongo), sweep(viewing)) == ([], 0)


def test_a_repeat_under_the_same_key_is_the_same_act(viewing: Stage, mongo: Mongo, token: Token) -> None:
    for _ in range(3):
        assert pay(viewing, token(), headers=KEY).status_code == 200
    assert len(announced(mongo)) == 1
    pay(viewing, token(), headers={"Idempotency-Key": "another-payment-of-theirs"})
    pay(viewing, token())
    pay(viewing, token())
    assert len(announced(mongo)) == 4


def test_an_answer_that_is_lost_is_announced_as_perhaps_done(viewing: Stage, mongo: Mongo, token: Token) -> None:
    viewing.billing.reply = lambda _: Reply(hang_up=True)
    assert pay(viewing, token(), headers=KEY).status_code == 503
    assert (announced(mongo), sweep(viewing, timedelta(0))) == ([], 0)
    assert sweep(viewing) == 1
    (event,) = announced(mongo)
    validate_produced(event)
    assert event["data"]["outcome"] == "UNKNOWN"
    assert sweep(viewing) == 0


def test_a_lost_answer_whose_repeat_came_through_is_announced_once_as_done(
    viewing: Stage, mongo: Mongo, token: Token
) -> None:
    viewing.billing.reply = lambda _: Reply(hang_up=True)
    pay(viewing, token(), headers=KEY)
    viewing.billing.reply = lambda _: Reply(201)
    pay(viewing, token(), headers=KEY)
    assert [event["data"]["outcome"] for event in announced(mongo)] == ["DONE"]
    assert sweep(viewing) == 0


@pytest.mark.parametrize("status", [500, 503])
def test_what_a_failing_service_did_is_not_known(viewing: Stage, mongo: Mongo, token: Token, status: int) -> None:
    viewing.billing.reply = lambda _: Reply(status)
    pay(viewing, token())
    assert sweep(viewing) == 1
    assert announced(mongo)[0]["data"]["outcome"] == "UNKNOWN"


def test_a_service_that_was_not_reached_did_nothing(viewing: Stage, mongo: Mongo, token: Token) -> None:
    (viewing.routes_dir / "billing.url").write_text("http://127.0.0.1:9")
    viewing.gateway.routes.read()
    assert pay(viewing, token()).status_code == 503
    assert (announced(mongo), sweep(viewing)) == ([], 0)


def test_whoever_dies_between_the_service_and_the_record_loses_no_announcement(
    viewing: Stage, mongo: Mongo, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.entrypoints.assisted_acts.crash_point", die)
    with pytest.raises(KeyboardInterrupt):
        pay(viewing, token())
    monkeypatch.undo()
    assert len(viewing.billing.received) == 1
    assert sweep(viewing) == 1
    assert announced(mongo)[0]["data"]["outcome"] == "UNKNOWN"


def test_where_nothing_can_be_put_on_record_nothing_is_done(
    viewing: Stage, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo_acts, "WITHIN_SECONDS", 0.000001)
    answer = pay(viewing, token())
    assert (answer.status_code, answer.json["code"]) == (503, "dependency-unavailable")
    assert viewing.billing.received == []


def test_a_second_call_under_the_key_of_one_in_progress_does_not_hide_it(
    viewing: Stage, mongo: Mongo, token: Token
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def reply(received: Any) -> Reply:
        if len(viewing.billing.received) > 1:
            return Reply(422)
        begun.set()
        go_on.wait(10)
        return Reply(201)

    viewing.billing.reply = reply
    first = threading.Thread(target=lambda: pay(viewing, token(), headers=KEY))
    first.start()
    assert begun.wait(10)
    assert pay(viewing, token(), headers=KEY).status_code == 422
    go_on.set()
    first.join()
    assert [event["data"]["outcome"] for event in announced(mongo)] == ["DONE"]


@pytest.mark.parametrize("name", ["assistance.disputed.v1", "assistance.withdrawn.v1"])
def test_an_ended_assistance_is_refused_and_others_are_not(
    viewing: Stage, mongo: Mongo, token: Token, assistance_id: str, name: str
) -> None:
    assert pay(viewing, token()).status_code == 200
    envelope = json.loads(json.dumps(examples(name)[0]))
    envelope["data"]["assistance_id"] = envelope["subject"] = assistance_id
    deliver(SERVICE, mongo, viewing.gateway, [envelope | {"id": event_id()}])
    viewing.gateway.withdrawals.read()
    for answer in (pay(viewing, token()), viewing.call("GET", "/v1/payments/pay_1", token())):
        assert (answer.status_code, answer.json["code"]) == (401, "token-withdrawn")
        assert (answer.json["why"], bool(answer.json["detail_hi"])) == ("assistance-ended", True)
    assert pay(viewing, token(assistance_id=public_id("ast"))).status_code == 200
    assert pay(viewing, viewing.identity.token("payments:write")).status_code == 200


def test_an_assisted_token_opens_what_its_scopes_say_and_no_more(viewing: Stage, token: Token) -> None:
    refused = pay(viewing, token("payments:read"))
    assert (refused.status_code, refused.json["missing_scope"]) == (403, "payments:write")
    assert viewing.billing.received == []
