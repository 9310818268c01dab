"""Disputes over the API: opened by who paid, explained by the record, decided once, and the money back once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.service.test_crashes import abort_what_it_left_open, ask_and_die
from tests.support.world import Caller, World, another_consumer, inr, json_of, new_key

from billing.settings import Settings
from servicekit.http import Person
from servicekit.instants import utc_now

PAID = 152_500
DISPUTE: dict[str, Any] = {"code": "paid-yet-disconnected"}
UPHELD: dict[str, Any] = {
    "outcome": "upheld", "reason": "paid-twice", "refund": {"amount": inr(PAID), "refundable": inr(PAID)},
}  # fmt: skip
REJECTED: dict[str, Any] = {"outcome": "rejected", "reason": "tendered-late"}


@pytest.fixture
def admin(world: World) -> Caller:
    return Caller(world.http, person=Person("per_" + "a" * 32, "state_admin"))


@pytest.fixture
def centre(world: World) -> Caller:
    return world.centre(200_000)


def paid(payer: Caller) -> dict[str, Any]:
    by_card: dict[str, Any] = {} if payer.kiosk_id else {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}
    payment: dict[str, Any] = json_of(payer.pay(payer.bill(another_consumer()), **by_card))
    assert payment["status"] == "COMPLETED"
    return payment


def opened(payer: Caller, payment: dict[str, Any], body: dict[str, Any] = DISPUTE, key: str | None = None) -> Any:
    return payer.post(f"/v1/payments/{payment['payment_id']}/disputes", body, key)


def decided(admin: Caller, dispute: dict[str, Any], body: dict[str, Any], key: str | None = None) -> Any:
    return admin.post(f"/v1/disputes/{dispute['dispute_id']}/decisions", body, key)


def refunds_of(world: World, payment: dict[str, Any]) -> list[dict[str, Any]]:
    return list(world.mongo.db.refunds.find({"payment_id": payment["payment_id"]}))


def test_who_paid_disputes_and_is_told_the_cause_at_once(world: World, centre: Caller) -> None:
    payment, key = paid(centre), new_key()
    answer = opened(centre, payment, {**DISPUTE, "evidence": [{"kind": "sha256", "sha256": "ab" * 32}]}, key)
    assert answer.status_code == 201, answer.json
    dispute = json_of(answer)
    assert (dispute["state"], dispute["due_at"], dispute["is_late"]) == ("OPEN", None, None)
    assert dispute["cause"]["kind"] == "biller-had-it-in-time"
    assert dispute["cause"]["answered_at"] == payment["completed_at"]
    assert dispute["cause"]["says_hi"]
    assert [(step["state"], step["by"], step["reason"]) for step in dispute["history"]] == [
        ("OPEN", centre.client_id, "paid-yet-disconnected")
    ]
    assert [piece["value"] for piece in dispute["evidence"]] == ["ab" * 32]
    assert json_of(centre.get(answer.headers["Location"])) == dispute

    again = opened(centre, payment, {**DISPUTE, "evidence": [{"kind": "sha256", "sha256": "ab" * 32}]}, key)
    assert (json_of(again)["dispute_id"], again.headers["Idempotent-Replayed"]) == (dispute["dispute_id"], "true")
    another = opened(centre, payment)
    assert (another.status_code, json_of(another)["code"]) == (409, "already-disputed")
    assert json_of(another)["dispute_id"] == dispute["dispute_id"]


def test_the_cause_is_what_the_record_says_when_it_is_read(world: World, centre: Caller) -> None:
    payment = paid(centre)
    dispute = json_of(opened(centre, payment))
    read: Callable[[], Any] = lambda: json_of(centre.get(f"/v1/disputes/{dispute['dispute_id']}"))["cause"]  # noqa: E731
    yesterday = (utc_now() - timedelta(days=2)).date().isoformat()
    world.mongo.db.payments.update_one({"_id": payment["payment_id"]}, {"$set": {"due_on": yesterday}})
    assert (read()["kind"], read()["in_time"], read()["due_on"]) == ("tendered-late", False, yesterday)
    centre.refund(payment["payment_id"], PAID, PAID)
    assert (read()["kind"], read()["refunded"]) == ("reversed", inr(PAID))
    # All is back, so the bill is free, and somebody else pays it.
    key = world.stored(payment["payment_id"])["bill_key"]
    world.mongo.db.payments.update_one({"_id": paid(centre)["payment_id"]}, {"$set": {"holds": key}})
    assert (read()["kind"], read()["other_payment"]) == ("paid-by-another", True)


def test_a_code_whose_cause_no_record_tells_has_none_and_all_codes_are_public(world: World, centre: Caller) -> None:
    assert json_of(opened(centre, paid(centre), {"code": "wrong-amount"}))["cause"] is None
    codes = json_of(world.http.get("/v1/dispute-codes"))["items"]
    assert {"paid-yet-disconnected", "paid-twice"} <= {code["code"] for code in codes}
    assert {code["turn_around_hours"] for code in codes} == {None}, "no order sets one: it is unset, and says so"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/code"),
        ({"code": "bad luck"}, "/code"),
        ({"code": "unknown-code"}, "/code"),
        ({**DISPUTE, "evidence": [{"kind": "text"}]}, "/evidence/0/text"),
        ({**DISPUTE, "evidence": [{"kind": "text", "text": "a", "sha256": "0" * 64}]}, "/evidence/0/text"),
        ({**DISPUTE, "evidence": [{"kind": "sha256", "sha256": "0" * 63}]}, "/evidence/0/sha256"),
        ({**DISPUTE, "evidence": [{"kind": "text", "text": "98290 12345"}]}, "/evidence/0/text"),
        ({**DISPUTE, "evidence": [{"kind": "text", "text": "x" * 301}]}, "/evidence/0/text"),
        ({**DISPUTE, "evidence": [{"kind": "sha256", "sha256": f"{n:064x}"} for n in range(21)]}, "/evidence"),
        ({**DISPUTE, "amount": 1}, "/amount"),
    ],
)
def test_bad_disputes_name_the_field(centre: Caller, body: dict[str, Any], pointer: str) -> None:
    answer = opened(centre, paid(centre), body)
    assert answer.status_code == 422, answer.json
    assert [problem["pointer"] for problem in json_of(answer)["errors"]] == [pointer]


def test_evidence_is_kept_once_by_either_side_and_not_after_the_decision(
    world: World, centre: Caller, admin: Caller
) -> None:
    dispute = json_of(opened(centre, paid(centre)))
    path = f"/v1/disputes/{dispute['dispute_id']}/evidence"
    said = {"evidence": [{"kind": "text", "text": "The line was cut on Tuesday."}]}
    with ThreadPoolExecutor(4) as pool:
        bodies = [said, said, {"evidence": [{"kind": "sha256", "sha256": "1" * 64}]}, said]
        list(pool.map(lambda body: centre.post(path, body), bodies))
    admin.post(path, {"evidence": [{"kind": "sha256", "sha256": "2" * 64}]})
    shown = json_of(admin.get(f"/v1/disputes/{dispute['dispute_id']}"))
    assert len(shown["evidence"]) == 3
    assert {piece["added_by"] for piece in shown["evidence"]} == {centre.client_id, "per_" + "a" * 32}
    many = {"evidence": [{"kind": "sha256", "sha256": f"{n:064x}"} for n in range(20)]}
    assert json_of(centre.post(path, many))["code"] == "too-much-evidence"
    assert decided(admin, dispute, REJECTED).status_code == 201
    late = centre.post(path, {"evidence": [{"kind": "sha256", "sha256": "3" * 64}]})
    assert (late.status_code, json_of(late)["code"]) == (409, "dispute-ended")


def test_a_dispute_that_is_upheld_gives_the_money_back_once(world: World, centre: Caller, admin: Caller) -> None:
    payment = paid(centre)
    dispute, key = json_of(opened(centre, payment)), new_key()
    answer = decided(admin, dispute, UPHELD, key)
    assert answer.status_code == 201, answer.json
    ended = json_of(answer)
    assert (ended["state"], ended["history"][-1]["by"]) == ("UPHELD", "per_" + "a" * 32)
    again = decided(admin, dispute, UPHELD, key)
    assert (json_of(again)["refund_id"], again.headers["Idempotent-Replayed"]) == (ended["refund_id"], "true")
    other = decided(admin, dispute, UPHELD)
    assert (other.status_code, json_of(other)["code"]) == (409, "dispute-ended")

    world.sweep_refund_until(ended["refund_id"], "REFUNDED")
    (refund,) = refunds_of(world, payment)
    assert (refund["reason"], refund["cause"]) == ("dispute-upheld", f"dispute:{dispute['dispute_id']}")
    assert centre.wallet()["available"] == inr(200_000)
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1", "payment.refunded.v1"]
    second = json_of(opened(centre, payment))
    refused = decided(admin, second, UPHELD)
    assert (refused.status_code, json_of(refused)["code"]) == (412, "refundable-changed")
    assert len(refunds_of(world, payment)) == 1
    assert json_of(centre.get(f"/v1/disputes/{second['dispute_id']}"))["state"] == "OPEN", "nothing was decided either"


def test_decisions_that_race_decide_once_and_give_back_once(world: World, centre: Caller, admin: Caller) -> None:
    payment = paid(centre)
    dispute = json_of(opened(centre, payment))
    with ThreadPoolExecutor(8) as pool:
        bodies = [UPHELD, REJECTED] * 4
        answers = list(pool.map(lambda body: decided(admin, dispute, body), bodies))
    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 412}
    stands = json_of(admin.get(f"/v1/disputes/{dispute['dispute_id']}"))
    assert len(refunds_of(world, payment)) == (1 if stands["state"] == "UPHELD" else 0)
    assert (stands["refund_id"] is not None) == (stands["state"] == "UPHELD")


def test_a_refund_and_a_decision_that_race_give_back_once(world: World, centre: Caller, admin: Caller) -> None:
    payment = paid(centre)
    dispute = json_of(opened(centre, payment))
    asks: list[Callable[[], Any]] = [
        lambda: decided(admin, dispute, UPHELD),
        lambda: centre.refund(payment["payment_id"], PAID, PAID),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda ask: ask(), asks))
    assert len([answer for answer in answers if answer.status_code in (201, 202)]) == 1, [a.json for a in answers]
    (refund,) = refunds_of(world, payment)
    world.sweep_refund_until(refund["_id"], "REFUNDED")
    assert centre.wallet()["available"] == inr(200_000)


@pytest.mark.parametrize("crash_point", ["E1", "E2"])
def test_who_dies_while_deciding_leaves_decision_and_refund_or_neither(
    world: World, settings: Settings, centre: Caller, admin: Caller, crash_point: str
) -> None:
    payment = paid(centre)
    dispute, key = json_of(opened(centre, payment)), new_key()
    path = f"/v1/disputes/{dispute['dispute_id']}/decisions"
    name = ask_and_die(world, settings, crash_point, path, UPHELD, key, admin.headers(key)["Authorization"])
    if crash_point == "E1":
        abort_what_it_left_open(world, name)
        assert (len(refunds_of(world, payment)), centre.payment(payment["payment_id"])["refundable"]) == (0, inr(PAID))
        assert json_of(admin.get(f"/v1/disputes/{dispute['dispute_id']}"))["state"] == "OPEN"
    ended = json_of(decided(admin, dispute, UPHELD, key))
    assert ended["state"] == "UPHELD"
    world.sweep_refund_until(ended["refund_id"], "REFUNDED")
    assert len(refunds_of(world, payment)) == 1
    assert centre.wallet()["available"] == inr(200_000)


def test_money_goes_back_by_a_dispute_that_is_upheld_alone(world: World, centre: Caller, admin: Caller) -> None:
    payment = paid(centre)
    dispute = json_of(opened(centre, payment))
    wrong = decided(admin, dispute, {**UPHELD, "outcome": "rejected"})
    assert (wrong.status_code, json_of(wrong)["errors"][0]["pointer"]) == (422, "/refund")
    much = decided(admin, dispute, {**UPHELD, "refund": {"amount": inr(PAID + 1), "refundable": inr(PAID)}})
    assert json_of(much)["errors"][0]["pointer"] == "/amount/amount"
    free = decided(admin, dispute, {**UPHELD, "reason": "He said so, call 98"})
    assert json_of(free)["errors"][0]["pointer"] == "/reason"
    assert decided(admin, dispute, {"outcome": "upheld", "reason": "posted-late"}).status_code == 201
    assert refunds_of(world, payment) == []


def test_a_dispute_of_a_payment_that_failed_moves_no_money(world: World, centre: Caller, admin: Caller) -> None:
    failed = json_of(centre.pay(centre.bill("100000000006")))
    assert json_of(opened(centre, failed))["cause"]["kind"] == "in-doubt"
    world.biller.advance(31)
    world.sweep_until(failed["payment_id"], "VOIDED")
    (in_doubt,) = json_of(centre.get(f"/v1/payments/{failed['payment_id']}/disputes"))["items"]
    assert decided(admin, in_doubt, REJECTED).status_code == 201
    dispute = json_of(opened(centre, failed))
    assert dispute["cause"]["kind"] == "not-paid"
    refused = decided(admin, dispute, UPHELD)
    assert (refused.status_code, json_of(refused)["code"]) == (409, "not-refundable")
    assert json_of(admin.get(f"/v1/disputes/{dispute['dispute_id']}"))["state"] == "OPEN"


def test_who_may_see_and_decide_a_dispute(world: World, centre: Caller, admin: Caller) -> None:
    citizen = Caller(world.http, client_id="cli_app", person=Person("per_" + "9" * 32, "citizen"))
    payment = paid(citizen)
    dispute = json_of(opened(citizen, payment))
    path = f"/v1/disputes/{dispute['dispute_id']}"
    stranger = replace(citizen, person=Person("per_" + "8" * 32, "citizen"))
    elsewhere = Caller(world.http, person=Person("per_" + "7" * 32, "district_admin", districts=frozenset({"999"})))
    auditor = Caller(world.http, person=Person("per_" + "6" * 32, "auditor"))
    for caller in (stranger, centre, elsewhere, world.portal("cli_app")):
        assert json_of(caller.get(path))["code"] == "dispute-not-found"
        assert json_of(caller.get(f"/v1/payments/{payment['payment_id']}/disputes"))["code"] == "payment-not-found"
    assert json_of(opened(stranger, payment))["code"] == "payment-not-found"
    assert json_of(decided(elsewhere, dispute, REJECTED))["code"] == "dispute-not-found"
    for caller in (citizen, centre, auditor):
        assert decided(caller, dispute, REJECTED).status_code == 403
    # The same person, who is of the administration too and signed in by another client.
    themselves = Caller(world.http, client_id="cli_office", person=Person("per_" + "9" * 32, "state_admin"))
    own = decided(themselves, dispute, REJECTED)
    assert (own.status_code, json_of(own)["code"]) == (403, "own-dispute")
    assert auditor.get(path).status_code == 200
    assert decided(admin, dispute, REJECTED).status_code == 201
    assert json_of(admin.get("/v1/disputes/dsp_" + "0" * 32))["code"] == "dispute-not-found"


def test_disputes_are_listed_in_pages_within_reach_the_oldest_in_front(world: World, admin: Caller) -> None:
    centre = world.centre(1_000_000)
    made = [json_of(opened(centre, paid(centre)))["dispute_id"] for _ in range(3)]
    own = json_of(centre.get("/v1/disputes"))["items"]
    assert [item["dispute_id"] for item in own] == made
    assert json_of(world.centre().get("/v1/disputes"))["items"] == []
    assert decided(admin, {"dispute_id": made[1]}, REJECTED).status_code == 201
    assert [item["dispute_id"] for item in json_of(centre.get("/v1/disputes?status=decided"))["items"]] == [made[1]]
    items: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        page = json_of(admin.get("/v1/disputes?limit=2" + (f"&cursor={following}" if following else "")))
        items += page["items"]
        following = page["next"]
    ids = [item["dispute_id"] for item in items]
    assert len(set(ids)) == len(ids)
    assert set(made) & set(ids) == {made[0], made[2]}
    assert sorted(items, key=lambda item: (item["opened_at"], item["dispute_id"])) == items


def test_the_gateway_sees_a_dispute_among_the_steps_of_a_transaction(
    world: World, centre: Caller, admin: Caller
) -> None:
    payment = paid(centre)
    assert decided(admin, json_of(opened(centre, payment)), REJECTED).status_code == 201
    gateway = Caller(world.http, client_id="gateway", scopes=["internal"])
    seen = json_of(gateway.get(f"/v1/internal/transactions/{payment['transaction_token']}"))
    assert [event["type"] for event in seen["events"]][-2:] == ["DISPUTE_OPEN", "DISPUTE_REJECTED"]
