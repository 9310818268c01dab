"""Bad input: the right problem, no effect, and nothing personal written down."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.world import Caller, World, inr, json_of, new_key

from servicekit.testing import internal_headers

LEFT_OUT = object()


def books(world: World) -> dict[str, list[dict[str, Any]]]:
    """All that a payment leaves behind, so that a refusal is seen to have left nothing."""
    kept = ("payments", "journal", "wallets", "outbox", "idempotency", "breaks", "bill_fetches")
    return {name: list(world.mongo.db[name].find().sort("_id", 1)) for name in kept}


def good_request(centre: Caller) -> dict[str, Any]:
    """A payment of ₹1,525.00 that would be taken as it stands."""
    bill = centre.bill()
    return {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}


def amount(value: Any) -> dict[str, Any]:
    return {"amount": {"amount": value, "currency": "INR"}}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        (amount(-1), "/amount/amount", "out-of-range"),
        (amount(0), "/amount/amount", "out-of-range"),
        (amount(1525.5), "/amount/amount", "invalid-type"),
        (amount(152500.5), "/amount/amount", "invalid-type"),
        (amount("152500"), "/amount/amount", "invalid-type"),
        (amount(True), "/amount/amount", "invalid-type"),
        (amount(None), "/amount/amount", "null-not-allowed"),
        (amount(2**53), "/amount/amount", "out-of-range"),
        ({"amount": {"amount": 152_500, "currency": "USD"}}, "/amount/currency", "not-allowed"),
        ({"amount": 152_500}, "/amount", "invalid-type"),
        ({"amount": {"amount": 152_500}}, "/amount/currency", "required"),
        ({"mode": "CASH"}, "/mode", "not-allowed"),
        ({"discount": 1}, "/discount", "unknown-field"),
        ({"payment_instrument": "4111111111111111"}, "/payment_instrument", "invalid-format"),
        ({"payment_instrument": "tok_x 4111 1111 1111 1111"}, "/payment_instrument", "invalid-format"),
        ({"payment_instrument": "tok_" + "x" * 51_000}, "/payment_instrument", "invalid-format"),
        ({"payment_instrument": "tok_x\n"}, "/payment_instrument", "invalid-format"),
        ({"bill_id": "bil_1\n"}, "/bill_id", "invalid-format"),
        ({"bill_id": "b" * 51_000}, "/bill_id", "invalid-format"),
        ({"bill_id": LEFT_OUT}, "/bill_id", "required"),
        ({"bill_id": 7}, "/bill_id", "invalid-type"),
    ],
)
def test_each_wrong_field_is_named_and_costs_nothing(
    world: World, changes: dict[str, Any], pointer: str, code: str
) -> None:
    centre, key = world.centre(), new_key()
    good = good_request(centre)
    wrong = {name: value for name, value in (good | changes).items() if value is not LEFT_OUT}
    before = books(world)

    answer = centre.post("/v1/payments", wrong, key)

    problem = json_of(answer)
    assert (answer.status_code, problem["code"]) == (422, "validation-failed"), problem
    assert answer.content_type == "application/problem+json"
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]
    assert books(world) == before
    # Nothing else stood in its way, and the key is not used up.
    assert centre.post("/v1/payments", good, key).status_code == 201


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good[:-1],
        lambda _: b"",
        lambda good: b"[" + good + b"]",
        lambda good: good.replace(b"152500", b"NaN"),
        lambda good: good[:-1] + b', "mode": "WALLET"}',
        lambda good: good + b"\xff",
    ],
    ids=["cut off", "empty", "a list", "NaN", "a member twice", "not UTF-8"],
)
def test_what_is_not_one_json_object_is_malformed_and_costs_nothing(
    world: World, spoil: Callable[[bytes], bytes]
) -> None:
    centre = world.centre()
    headers = {**centre.headers(new_key()), "Content-Type": "application/json"}
    good = json.dumps(good_request(centre)).encode()
    before = books(world)

    answer = world.http.post("/v1/payments", data=spoil(good), headers=headers)

    assert (answer.status_code, json_of(answer)["code"]) == (400, "malformed-request")
    assert books(world) == before
    assert world.http.post("/v1/payments", data=good, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "has spaces in it, quite", "कुंजी-कुंजी-कुंजी-कुंजी"])
def test_a_missing_or_malformed_key_is_refused_before_anything_happens(world: World, key: str) -> None:
    centre = world.centre()
    body = good_request(centre)
    headers = centre.headers(None)
    if key:
        headers["Idempotency-Key"] = key.encode().decode("latin-1")
    before = books(world)

    answer = world.http.post("/v1/payments", json=body, headers=headers)

    assert (answer.status_code, json_of(answer)["code"]) == (400, "malformed-request")
    assert json_of(answer)["errors"][0]["pointer"] == "Idempotency-Key"
    assert books(world) == before
    assert centre.post("/v1/payments", body).status_code == 201


@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic abc", "Bearer "])
def test_without_a_valid_token_nothing_is_answered_and_nothing_done(world: World, authorization: str | None) -> None:
    centre, key = world.centre(), new_key()
    body = good_request(centre)
    headers = {"Idempotency-Key": key, **({"Authorization": authorization} if authorization else {})}
    before = books(world)

    answer = world.http.post("/v1/payments", json=body, headers=headers)

    assert (answer.status_code, json_of(answer)["code"]) == (401, "not-authenticated")
    assert books(world) == before
    assert centre.post("/v1/payments", body, key).status_code == 201


def test_a_token_for_another_service_is_not_a_token_for_this_one(world: World) -> None:
    headers = internal_headers("certificates", kiosk_id="ksk_RJ10200001", scopes=["billers:read"])

    assert world.http.get("/v1/billers", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/billers", "billers:read"),
        ("POST", "/v1/bill-fetches", "bills:fetch"),
        ("POST", "/v1/payments", "payments:write"),
        ("GET", "/v1/payments/pay_1", "payments:read"),
        ("GET", "/v1/wallet", "wallet:read"),
        ("GET", "/v1/internal/transactions/EM0000000000000", "internal"),
    ],
)
def test_a_scope_that_is_lacking_is_named(world: World, method: str, path: str, scope: str) -> None:
    centre = world.centre()
    caller = Caller(world.http, kiosk_id=centre.kiosk_id, scopes=["kiosks:read"])
    body = good_request(centre)
    before = books(world)

    answer = world.http.open(path, method=method, json=body, headers=caller.headers(new_key()))

    assert (answer.status_code, json_of(answer)["missing_scope"]) == (403, scope)
    assert books(world) == before


def test_a_payment_is_seen_by_its_own_centre_only(world: World) -> None:
    mine, theirs = world.centre(), world.centre()
    payment_id = json_of(mine.pay(mine.bill()))["payment_id"]
    others = [theirs, world.portal()]

    for other in others:
        for path in (f"/v1/payments/{payment_id}", f"/v1/payments/{payment_id}/receipt"):
            answer = other.get(path)
            assert (answer.status_code, json_of(answer)["code"]) == (404, "payment-not-found")
    colleague = Caller(world.http, client_id="cli_second_counter", kiosk_id=mine.kiosk_id)
    assert colleague.get(f"/v1/payments/{payment_id}").status_code == 200


def test_a_portal_sees_only_what_it_made_itself(world: World) -> None:
    mine, theirs = world.portal(), world.portal("cli_another_portal")
    payment_id = json_of(mine.pay(mine.bill(), mode="UPI", payment_instrument="tok_sandbox_ok"))["payment_id"]

    assert mine.get(f"/v1/payments/{payment_id}").status_code == 200
    assert theirs.get(f"/v1/payments/{payment_id}").status_code == 404
    assert world.centre().get(f"/v1/payments/{payment_id}").status_code == 404


def test_a_bill_is_paid_by_the_one_who_fetched_it(world: World) -> None:
    mine, theirs = world.centre(), world.centre()
    bill = mine.bill()
    before = books(world)

    answer = theirs.pay(bill)

    assert (answer.status_code, json_of(answer)["code"]) == (404, "bill-not-found")
    assert books(world) == before
    assert mine.pay(bill).status_code == 201


def test_a_customers_number_is_read_as_it_was_copied(world: World) -> None:
    centre = world.centre()
    for copied in (" 100000000001\r\n", "1000 0000 0001", "100000000001\u200b"):
        answer = centre.fetch(copied)
        assert answer.status_code == 201, answer.json
        (fetch,) = world.mongo.db.bill_fetches.find({"_id": json_of(answer)["bill_fetch_id"]})
        assert fetch["bills"][0]["customer_params"] == {"k_number": "100000000001"}


def test_an_unknown_biller_category_customer_and_parameter_are_each_told(world: World) -> None:
    centre = world.centre()

    answers = [
        centre.fetch(biller_id="NOBODY"),
        centre.get("/v1/billers/NOBODY"),
        centre.get("/v1/billers?category=GAS"),
        centre.get("/v1/billers?color=red"),
        centre.fetch("300000000000"),
        centre.fetch("12"),
        centre.fetch("100000000001", name="mobile"),
    ]

    assert [(a.status_code, json_of(a)["code"]) for a in answers] == [
        (422, "validation-failed"),
        (404, "biller-not-found"),
        (422, "validation-failed"),
        (422, "validation-failed"),
        (422, "customer-not-known"),
        (422, "validation-failed"),
        (422, "validation-failed"),
    ]
    assert json_of(answers[5])["errors"][0]["pointer"] == "/customer_params/k_number"


def test_an_amount_that_is_not_the_bill_is_refused_and_the_bill_stays_payable(world: World) -> None:
    centre = world.centre()
    bill = centre.bill()
    before = books(world)

    refused = centre.pay(bill, amount=inr(152_499))

    assert (refused.status_code, json_of(refused)["code"]) == (422, "amount-not-accepted")
    assert books(world) == before
    assert centre.pay(bill).status_code == 201


def test_an_expired_bill_is_fetched_again(world: World) -> None:
    centre = world.centre()
    bill = centre.bill()
    past = world.stored_bill(bill["bill_id"])["fetched_at"]
    world.mongo.db.bill_fetches.update_one({"bills.bill_id": bill["bill_id"]}, {"$set": {"bills.$.expires_at": past}})
    before = books(world)

    answer = centre.pay(bill)

    assert (answer.status_code, json_of(answer)["code"]) == (409, "bill-expired")
    assert books(world) == before


def test_framework_errors_are_problems_too(world: World) -> None:
    centre = world.centre()

    answers = [centre.get("/v1/nothing"), world.http.delete("/v1/payments", headers=centre.headers(None))]

    assert [(a.status_code, json_of(a)["code"]) for a in answers] == [(404, "not-found"), (405, "method-not-allowed")]
    assert answers[1].headers["Allow"] == "POST"


def test_nothing_personal_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    centre = world.centre()
    mobile = "9876501234"

    bill = centre.bill(mobile, biller_id="BSNL", name="mobile_number")
    centre.pay(bill)
    centre.fetch("1234567890", biller_id="BSNL", name="mobile_number")
    centre.fetch(mobile, biller_id="JVVNL")

    written = capsys.readouterr()
    assert "http_request" in written.out + written.err
    for number in (mobile, "1234567890"):
        assert number not in written.out + written.err
