"""Each way of paying a biller, over HTTP, a real MongoDB and the real simulators."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.simulators import signed
from tests.support.world import Caller, World, inr, json_of, new_key

from billing.application.payments.sweep_payments import SweepPayments


def mobile() -> str:
    return f"9{secrets.randbelow(10**9):09d}"


def candidate(prefix: str = "AB") -> dict[str, str]:
    number = f"{prefix}{secrets.token_hex(4).upper()}"
    return {
        "enrolment_number": number,
        "examination": "ba-first-year",
        "session": "2026-27",
        "category": "regular",
    }


def quoted(caller: Caller, biller_id: str, values: dict[str, str], **more: Any) -> dict[str, Any]:
    """The one bill of a request."""
    answer = caller.post("/v1/bill-fetches", {"biller_id": biller_id, "customer_params": values, **more})
    assert answer.status_code == 201, answer.json
    (bill,) = json_of(answer)["bills"]
    found: dict[str, Any] = bill
    return found


def test_a_plan_of_the_sandbox_is_chosen_validated_and_paid(world: World) -> None:
    centre = world.centre()
    listed = json_of(centre.get("/v1/billers/JIO-PREPAID/plans?circle=RAJASTHAN"))["items"]
    plan = next(plan for plan in listed if plan["plan_id"] == "SANDBOX-28")
    assert plan["sandbox"] is True
    values = {"mobile_number": mobile(), "circle": "RAJASTHAN", "plan_id": plan["plan_id"]}

    bill = quoted(centre, "JIO-PREPAID", values, amount=plan["amount"])
    paid = json_of(centre.pay(bill))

    assert (bill["exactness"], bill["service_charge"], paid["status"]) == ("EXACT", inr(0), "COMPLETED")
    assert world.kinds_of(paid["payment_id"]) == ["hold", "post"]
    (accepted,) = world.biller.payments(f"{paid['payment_id']}:post")
    assert accepted["bill_ref"].startswith("v-")


def test_a_plan_with_another_amount_is_refused_in_the_shape_of_the_field_and_nothing_is_kept(world: World) -> None:
    centre, key = world.centre(), new_key()
    values = {"mobile_number": mobile(), "circle": "RAJASTHAN", "plan_id": "SANDBOX-28"}
    body = {"biller_id": "JIO-PREPAID", "customer_params": values, "amount": inr(20_000)}

    refused = centre.post("/v1/bill-fetches", body, key)

    assert (refused.status_code, json_of(refused)["code"]) == (422, "bill-request-refused")
    told = {name: json_of(refused)[name] for name in ("source", "step", "reason", "biller_id")}
    assert told == {
        "source": "biller",
        "step": "bill_request",
        "reason": "amount-not-accepted",
        "biller_id": "JIO-PREPAID",
    }
    assert centre.post("/v1/bill-fetches", {**body, "amount": inr(19_900)}, key).status_code == 201


def test_a_direct_payment_is_made_without_asking_first(world: World) -> None:
    centre = world.centre()
    bill = quoted(centre, "SANDBOX-DIRECT", {"k_number": "200000000007"}, amount=inr(250_001))

    paid = json_of(centre.pay(bill))

    # ₹10 up to ₹2,000, and ₹2 for the started thousand above.
    assert (paid["status"], paid["service_charge"]) == ("COMPLETED", inr(1_200))
    assert world.biller.payments(f"{paid['payment_id']}:post")[0]["bill_ref"] == bill["bill_id"]


@pytest.mark.parametrize(
    ("biller_id", "values", "more"),
    [
        ("JIO-PREPAID", {"mobile_number": "9876501234", "circle": "RAJASTHAN"}, {"amount": inr(19_900)}),
        ("SANDBOX-DIRECT", {"k_number": "200000000007"}, {"amount": inr(19_900)}),
        ("RAJ-OTR", {"examination": "one-time-registration", "category": "general"}, {}),
    ],
    ids=["validate and pay", "direct", "by an order"],
)
def test_a_lost_answer_is_found_by_inquiry_in_every_flow(
    world: World, biller_id: str, values: dict[str, str], more: dict[str, Any]
) -> None:
    centre = world.centre()
    if biller_id == "RAJ-OTR":
        values = values | {"application_number": f"A{secrets.token_hex(8).upper()}"}
    bill = quoted(centre, biller_id, values, **more)
    world.biller.faults(drop_response_next=1)

    answer = centre.pay(bill)

    assert answer.status_code == 202
    payment_id = json_of(answer)["payment_id"]
    world.sweep_until(payment_id, "COMPLETED")
    assert [each["times_received"] for each in world.biller.payments(f"{payment_id}:post")] == [1]
    assert world.kinds_of(payment_id) == ["hold", "post"]


def test_bills_in_order_and_one_at_a_time(world: World) -> None:
    centre, number = world.centre(), {"k_number": "100000000007"}
    one = json_of(centre.post("/v1/bill-fetches", {"biller_id": "SANDBOX-SINGLE", "customer_params": number}))
    assert len(one["bills"]) == 1
    assert [left["code"] for left in one["left_out"]] == ["another-first", "another-first"]
    assert all(left["detail_hi"] for left in one["left_out"])

    several = json_of(centre.post("/v1/bill-fetches", {"biller_id": "SANDBOX-LIST", "customer_params": number}))
    oldest, *_, newest = several["bills"]
    too_early = centre.pay(newest)

    assert oldest["due_on"] < newest["due_on"]
    assert (too_early.status_code, json_of(too_early)["errors"][0]["code"]) == (422, "older-first")
    assert [centre.pay(bill).status_code for bill in several["bills"]] == [201, 201, 201]


def test_a_bill_is_quoted_with_what_is_due_on_its_side_of_the_due_day(world: World) -> None:
    portal = world.portal()

    assert portal.bill("100000000031")["amount"] == inr(70_000)
    assert portal.bill("100000000032")["amount"] == inr(75_000)


def test_a_machine_takes_a_card_and_is_told_apart_from_the_counter(world: World) -> None:
    centre = world.centre()
    values, amount = {"k_number": "200000000007"}, inr(10_000)
    bill = quoted(centre, "SANDBOX-DIRECT", values, amount=amount, channel="KIOSK")

    for mode in ("WALLET", "UPI"):
        instrument: dict[str, Any] = {} if mode == "WALLET" else {"payment_instrument": "tok_sandbox_ok"}
        refused = centre.pay(bill, mode=mode, **instrument)
        assert (refused.status_code, json_of(refused)["errors"][0]["code"]) == (422, "mode-not-offered")
    paid = json_of(centre.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok"))

    assert (paid["status"], paid["channel"], paid["kiosk_id"]) == ("COMPLETED", "KIOSK", centre.kiosk_id)
    assert world.event_of(paid["payment_id"])["channel"] == "KIOSK"
    assert centre.wallet()["held"] == inr(0)


@pytest.mark.parametrize("channel", ["INT", "MOB", "ATM", ""])
def test_a_channel_that_is_not_a_centres_is_refused(world: World, channel: str) -> None:
    body = {"biller_id": "SANDBOX-DIRECT", "customer_params": {"k_number": "2" * 12}, "amount": inr(100)}

    refused = world.centre().post("/v1/bill-fetches", {**body, "channel": channel})

    assert refused.status_code == 422
    assert json_of(refused)["errors"][0]["pointer"] == "/channel"


@pytest.mark.parametrize("amount", [0, -1, 1.5, "100", None, 10**16, True])
def test_an_amount_that_is_none_is_refused_at_its_place(world: World, amount: object) -> None:
    body = {"biller_id": "SANDBOX-DIRECT", "customer_params": {"k_number": "2" * 12}}

    refused = world.centre().post("/v1/bill-fetches", {**body, "amount": {"amount": amount, "currency": "INR"}})

    assert refused.status_code == 422
    assert json_of(refused)["errors"][0]["pointer"].startswith("/amount")


def test_an_amount_in_another_currency_is_refused(world: World) -> None:
    body = {"biller_id": "SANDBOX-DIRECT", "customer_params": {"k_number": "2" * 12}}

    refused = world.centre().post("/v1/bill-fetches", {**body, "amount": {"amount": 100, "currency": "USD"}})

    assert (refused.status_code, json_of(refused)["errors"][0]["pointer"]) == (422, "/amount/currency")


def test_an_examination_fee_is_charged_once_whatever_the_keys_and_the_categories(world: World) -> None:
    centre, other, values = world.centre(), world.centre(), candidate()
    bills = [quoted(centre, "SANDBOX-UNIVERSITY", values | {"category": c}) for c in ("regular", "private")]
    elsewhere = quoted(other, "SANDBOX-UNIVERSITY", values)
    payers = [(centre, bills[0]), (centre, bills[1]), (other, elsewhere)]

    with ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda who: who[0].pay(who[1]).status_code, payers * 3))

    assert sorted(answers) == [201] + [409] * 8
    again = json_of(centre.post("/v1/bill-fetches", {"biller_id": "SANDBOX-UNIVERSITY", "customer_params": values}))
    assert (again["bills"], again["left_out"][0]["code"]) == ([], "paid")
    assert (
        world.mongo.db.payments.count_documents({"customer_params.enrolment_number": values["enrolment_number"]}) == 1
    )


def test_a_fee_names_its_window_on_quote_payment_and_receipt_and_tells_the_body_when_it_was_tendered(
    world: World,
) -> None:
    centre = world.centre()
    bill = quoted(centre, "SANDBOX-UNIVERSITY", candidate())

    paid = json_of(centre.pay(bill))

    assert (bill["fee_window"], paid["fee_window"], paid["receipt"]["fee_window"]) == ("plain",) * 3
    assert bill["fee_order"].startswith("Sandbox order 1 of 2026; ")
    (accepted,) = world.biller.payments(f"{paid['payment_id']}:post")
    assert accepted["tendered_at"][:23] == paid["receipt"]["tendered_at"].removesuffix("Z")[:23]


def test_paid_with_an_incomplete_form_is_a_state_with_a_next_step_until_the_body_says_otherwise(world: World) -> None:
    centre = world.centre()
    paid = json_of(centre.pay(quoted(centre, "SANDBOX-UNIVERSITY", candidate("IN"))))
    payment_id = paid["payment_id"]
    assert (paid["status"], paid["form"]["status"]) == ("COMPLETED", "INCOMPLETE")
    assert paid["form"]["next_step"]
    assert paid["form"]["next_step_hi"]

    world.biller.advance(601)
    raw, signature = signed({"request_id": f"{payment_id}:post", "status": "SUCCESS", "sequence": 1})
    world.http.post("/callbacks/biller", data=raw, content_type="application/json", headers={"X-Signature": signature})
    world.billing.sweep_payments(SweepPayments())

    assert centre.payment(payment_id)["form"] == {"status": "COMPLETE", "next_step": None, "next_step_hi": None}
    assert world.events_of(payment_id) == ["payment.completed.v1"]
    assert world.stored(payment_id)["resume_at"] is None


def test_a_refusal_of_the_biller_is_told_in_the_shape_of_the_field(world: World) -> None:
    centre = world.centre()
    answer = centre.pay(centre.bill("100000000006"))
    world.biller.advance(31)
    world.make_due(json_of(answer)["payment_id"])
    world.sweep_until(json_of(answer)["payment_id"], "VOIDED")

    failure = centre.payment(json_of(answer)["payment_id"])["failure"]

    assert failure["error"] == {"source": "biller", "step": "bill_payment", "reason": "consumer-account-closed"}


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/v1/bill-fetches", {"biller_id": "JVVNL", "customer_params": {"k_number": "300000000001"}}, 422,
            ("customer", "bill_request", "unknown-customer")),
        ("/v1/bill-fetches", {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000003"}}, 503,
            ("biller", "bill_request", "not-usable")),
    ],
)  # fmt: skip
def test_a_problem_of_a_fetch_says_whose_it_is(
    world: World, path: str, body: dict[str, Any], status: int, told: tuple[str, str, str]
) -> None:
    answer = world.centre().post(path, body)

    assert answer.status_code == status
    assert tuple(json_of(answer)[name] for name in ("source", "step", "reason")) == told


def test_every_biller_that_is_listed_can_be_asked(world: World) -> None:
    """Each biller of the service is known to the network, under the parameters that it publishes."""
    portal = world.portal()
    values = {
        "k_number": "200000000009", "consumer_number": "212345678", "mobile_number": "9876501234",
        "telephone_number": "1412345678", "registration_number": "AB123456", "form_number": "AB1234",
        "application_number": "AB12345", "enrolment_number": "AB123457", "circle": "RAJASTHAN",
    }  # fmt: skip
    for biller in json_of(portal.get("/v1/billers"))["items"]:
        if biller["category"] == "APPLICATION_FEE":
            continue
        params = {
            param["name"]: (param["choices"] or [values.get(param["name"], "2026-27")])[0]
            if param["name"] != "session"
            else "2026-27"
            for param in biller["customer_params"]
            if not param["optional"]
        }
        named = {"amount": inr(10_000)} if biller["fetch"] == "NOT_SUPPORTED" and biller["amounts"] else {}

        answer = portal.post("/v1/bill-fetches", {"biller_id": biller["biller_id"], "customer_params": params, **named})

        assert answer.status_code == 201, (biller["biller_id"], answer.json)
        assert json_of(answer)["bills"], biller["biller_id"]
