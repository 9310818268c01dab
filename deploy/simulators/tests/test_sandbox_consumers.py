"""Every consumer number of the sandbox does what the published table says."""

import json
from datetime import date
from typing import Any

import pytest
from tests.support.biller_under_test import BillerUnderTest


@pytest.mark.parametrize("biller_id", ["JVVNL", "AVVNL", "JdVVNL"])
def test_001_owes_1525_rupees_exactly_at_every_discom(biller: BillerUnderTest, biller_id: str) -> None:
    [bill] = biller.fetch("100000000001", biller_id).get_json()["bills"]
    assert bill.pop("bill_ref")
    assert bill == {
        "amount_paise": 152500,
        "due_on": "2026-12-08",
        "bill_period": "2026-10",
        "exactness": "EXACT",
    }


def test_001_is_paid_at_once_and_owes_again(biller: BillerUnderTest) -> None:
    first = biller.pay("100000000001", "pay_1:post")
    assert first.status_code == 200
    assert first.get_json()["status"] == "SUCCESS"
    assert first.get_json()["biller_reference"]
    second = biller.pay("100000000001", "pay_2:post")
    assert second.get_json()["status"] == "SUCCESS"
    assert second.get_json()["biller_reference"] != first.get_json()["biller_reference"]


def test_a_bill_keeps_its_reference_until_it_is_paid_and_the_next_one_has_another(biller: BillerUnderTest) -> None:
    def fetched() -> str:
        ref: str = biller.fetch("100000000001").get_json()["bills"][0]["bill_ref"]
        return ref

    first = fetched()
    assert fetched() == first
    assert biller.pay("100000000001", "pay_1", bill_ref=first).status_code == 200
    assert fetched() != first


def test_bills_of_different_consumers_have_different_references(biller: BillerUnderTest) -> None:
    refs = {biller.fetch(f"20000000000{digit}").get_json()["bills"][0]["bill_ref"] for digit in range(5)}
    assert len(refs) == 5


@pytest.mark.parametrize("amount", [152499, 152501, 1, 305000])
def test_001_takes_no_other_amount(biller: BillerUnderTest, amount: int) -> None:
    refused = biller.pay("100000000001", amount_paise=amount)
    assert (refused.status_code, refused.get_json()["error"]) == (422, "amount-not-accepted")
    assert biller.audit() == []


def test_002_owes_nothing(biller: BillerUnderTest) -> None:
    answer = biller.fetch("100000000002")
    assert (answer.status_code, answer.get_json()) == (200, {"bills": []})


def test_003_finds_the_biller_down_for_fetching_and_for_paying(biller: BillerUnderTest) -> None:
    assert biller.fetch("100000000003").status_code == 503
    body = biller.payment("100000000001") | {"customer_params": {"k_number": "100000000003"}}
    assert biller.client.post("/payments", json=body).get_json()["error"] == "biller-down"
    assert biller.inquire().status_code == 404


def test_004_hangs_once_and_its_success_is_learnt_by_inquiry_30_seconds_later(biller: BillerUnderTest) -> None:
    biller.pay("100000000004")
    assert biller.slept == [35.0]
    assert biller.inquire().get_json()["status"] == "PENDING"
    biller.advance(29.9)
    assert biller.inquire().get_json()["status"] == "PENDING"
    biller.advance(0.1)
    assert biller.inquire().get_json()["status"] == "SUCCESS"


def test_005_is_pending_for_ten_minutes_and_then_paid(biller: BillerUnderTest) -> None:
    assert biller.pay("100000000005").get_json()["status"] == "PENDING"
    biller.advance(599)
    assert biller.inquire().get_json()["status"] == "PENDING"
    biller.advance(1)
    assert biller.inquire().get_json()["status"] == "SUCCESS"


def test_006_is_pending_and_then_failed_with_a_reason(biller: BillerUnderTest) -> None:
    pending = biller.pay("100000000006").get_json()
    assert pending["status"] == "PENDING"
    assert "reason" not in pending
    biller.advance(30)
    failed = biller.inquire().get_json()
    assert (failed["status"], failed["reason"]) == ("FAILED", "consumer-account-closed")


def test_007_has_three_bills_of_three_months_and_each_can_be_paid(biller: BillerUnderTest) -> None:
    bills = biller.fetch("100000000007").get_json()["bills"]
    assert [bill["bill_period"] for bill in bills] == ["2026-08", "2026-09", "2026-10"]
    for number, bill in enumerate(bills):
        paid = biller.pay("100000000007", f"pay_{number}", bill_ref=bill["bill_ref"], amount_paise=bill["amount_paise"])
        assert paid.get_json()["status"] == "SUCCESS"
    wrong = biller.pay("100000000007", "pay_9", bill_ref=bills[0]["bill_ref"])
    assert wrong.get_json()["error"] == "amount-not-accepted"


@pytest.mark.parametrize(("amount", "status"), [(10_000, 200), (20_000, 200), (500_000, 200)])
def test_008_takes_a_part_in_hundreds_of_rupees(biller: BillerUnderTest, amount: int, status: int) -> None:
    [bill] = biller.fetch("100000000008").get_json()["bills"]
    assert (bill["exactness"], bill["minimum_paise"], bill["multiple_paise"]) == ("RANGE", 10_000, 10_000)
    assert biller.pay("100000000008", amount_paise=amount).status_code == status


@pytest.mark.parametrize("amount", [5_000, 15_000, 10_001, 510_000])
def test_008_takes_nothing_between_below_or_above(biller: BillerUnderTest, amount: int) -> None:
    assert biller.pay("100000000008", amount_paise=amount).status_code == 422


def test_009_is_paid_and_called_back_once_per_payment_not_per_repeat(biller: BillerUnderTest) -> None:
    body = biller.payment("100000000009", callback_url="http://127.0.0.1:1/callbacks")
    for _ in range(2):
        assert biller.client.post("/payments", json=body).get_json()["status"] == "SUCCESS"
    assert biller.callbacks.recorded == [("http://127.0.0.1:1/callbacks", "pay_1:post")]


def test_the_others_are_not_called_back(biller: BillerUnderTest) -> None:
    biller.pay("100000000001", callback_url="http://127.0.0.1:1/callbacks")
    assert biller.callbacks.recorded == []


def test_010_answers_garbage_to_a_payment_that_inquiry_shows_as_paid(biller: BillerUnderTest) -> None:
    answer = biller.pay("100000000010")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert biller.inquire().get_json()["status"] == "SUCCESS"


@pytest.mark.parametrize(("number", "paise"), [("100000000011", 4_999_900), ("100000000012", 5_000_000)])
def test_011_and_012_stand_on_both_sides_of_the_limit(biller: BillerUnderTest, number: str, paise: int) -> None:
    [bill] = biller.fetch(number).get_json()["bills"]
    assert bill["amount_paise"] == paise
    assert biller.pay(number).get_json()["status"] == "SUCCESS"


def test_a_load_consumer_always_owes_the_same_and_is_always_paid(biller: BillerUnderTest) -> None:
    amounts = set()
    for number in range(200_000_000_000, 200_000_000_050):
        again = {biller.fetch(str(number)).get_json()["bills"][0]["amount_paise"] for _ in range(2)}
        assert len(again) == 1
        amounts |= again
        assert biller.pay(str(number), f"pay_{number}").get_json()["status"] == "SUCCESS"
    assert len(amounts) > 40
    assert min(amounts) >= 10_000
    assert max(amounts) <= 200_000


@pytest.mark.parametrize(
    ("biller_id", "parameter", "number"),
    [
        ("PHED", "consumer_number", "4410023"),
        ("PHED", "consumer_number", "44100231"),
        ("BSNL", "mobile_number", "5123456789"),
        ("BSNL", "mobile_number", "9123456789"),
        ("RBSE", "registration_number", "26/1"),
        ("RBSE", "registration_number", "2612345"),
    ],
)
def test_the_other_billers_know_their_consumers_by_their_own_numbers(
    biller: BillerUnderTest, biller_id: str, parameter: str, number: str
) -> None:
    answer = biller.fetch(number, biller_id, parameter)
    well_formed = number in {"44100231", "9123456789", "2612345"}
    assert answer.status_code == (200 if well_formed else 400)
    if well_formed:
        assert len(answer.get_json()["bills"]) == 1


@pytest.mark.parametrize("number", ["100000000013", "100000000000", "300000000001", "000000000001"])
def test_any_other_k_number_is_unknown(biller: BillerUnderTest, number: str) -> None:
    answer = biller.fetch(number)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "unknown-customer")


def test_a_bill_is_dated_by_the_indian_day(biller: BillerUnderTest) -> None:
    biller.advance(12 * 3600 - 1)
    assert biller.fetch("100000000001").get_json()["bills"][0]["due_on"] == "2026-12-08"
    biller.advance(1)
    assert biller.fetch("100000000001").get_json()["bills"][0]["due_on"] == "2026-12-09"


def test_a_bill_of_nothing_stands_beside_one_that_can_be_paid(biller: BillerUnderTest) -> None:
    nothing, payable = biller.fetch("100000000021").get_json()["bills"]

    assert (nothing["amount_paise"], nothing["due_on"], nothing["minimum_paise"]) == (0, "", None)
    assert payable["amount_paise"] == 37_000
    assert biller.pay("100000000021").get_json()["status"] == "SUCCESS"


def test_a_success_under_a_reference_that_nobody_can_store_says_so_again_when_asked(biller: BillerUnderTest) -> None:
    paid = biller.pay("100000000022").data

    told = json.loads(paid)
    assert (told["status"], told["biller_reference"]) == ("SUCCESS", "R\ud83d9")
    assert biller.inquire().data == paid


def validate(biller: BillerUnderTest, biller_id: str, params: dict[str, str], paise: int) -> Any:
    return biller.client.post(
        "/bill-validations", json={"biller_id": biller_id, "customer_params": params, "amount_paise": paise}
    )


RECHARGE = {"mobile_number": "9876501234", "circle": "RAJASTHAN"}


def test_what_was_validated_is_paid_by_its_reference_for_that_amount_alone(biller: BillerUnderTest) -> None:
    reference = validate(biller, "JIO-PREPAID", RECHARGE, 19_900).get_json()["bill_ref"]
    body = {"biller_id": "JIO-PREPAID", "bill_ref": reference, "customer_params": RECHARGE}

    other = biller.client.post("/payments", json={**body, "request_id": "r" * 20, "amount_paise": 20_000})
    paid = biller.client.post("/payments", json={**body, "request_id": "s" * 20, "amount_paise": 19_900})

    assert (other.status_code, other.get_json()["error"]) == (422, "not-validated")
    assert paid.get_json()["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("biller_id", "params", "paise", "status", "error"),
    [
        ("JIO-PREPAID", {**RECHARGE, "plan_id": "SANDBOX-28"}, 19_900, 200, None),
        ("JIO-PREPAID", {**RECHARGE, "plan_id": "SANDBOX-28"}, 19_800, 422, "amount-not-accepted"),
        ("JIO-PREPAID", {**RECHARGE, "plan_id": "NONE"}, 19_900, 422, "unknown-plan"),
        ("JIO-PREPAID", {**RECHARGE, "name": "x"}, 19_900, 400, "bad-request"),
        ("JVVNL", {"k_number": "100000000001"}, 19_900, 422, "validation-not-supported"),
        ("RPSC", {"application_number": "0123", "examination": "correction", "category": "all"}, 1, 404,
            "unknown-customer"),
        ("SANDBOX-OPTIONAL", {"k_number": "100000000003"}, 10_000, 503, "biller-down"),
        ("NOBODY", {}, 1, 404, "unknown-biller"),
    ],
)  # fmt: skip
def test_a_validation_says_what_is_not_taken(
    biller: BillerUnderTest, biller_id: str, params: dict[str, str], paise: int, status: int, error: str | None
) -> None:
    answer = validate(biller, biller_id, params, paise)

    assert (answer.status_code, answer.get_json().get("error")) == (status, error)


def test_a_biller_that_lists_no_bills_says_so(biller: BillerUnderTest) -> None:
    answer = biller.client.post("/bill-fetches", json={"biller_id": "JIO-PREPAID", "customer_params": RECHARGE})

    assert (answer.status_code, answer.get_json()["error"]) == (422, "fetch-not-supported")


def test_plans_of_the_sandbox_say_that_they_are(biller: BillerUnderTest) -> None:
    plans = biller.client.get("/plans?biller_id=JIO-PREPAID&circle=RAJASTHAN").get_json()["plans"]

    assert plans
    assert all(plan["sandbox"] and "of no operator" in plan["description"] for plan in plans)
    assert biller.client.get("/plans?biller_id=JVVNL&circle=RAJASTHAN").get_json() == {"plans": []}


def test_a_form_may_be_incomplete_for_a_while_after_it_was_paid_for(biller: BillerUnderTest) -> None:
    params = {"enrolment_number": "IN123456", "examination": "ba-first-year", "session": "2026-27", "category": "x"}
    reference = validate(biller, "SANDBOX-UNIVERSITY", params, 80_000).get_json()["bill_ref"]
    body = {
        "request_id": "q" * 20, "biller_id": "SANDBOX-UNIVERSITY", "bill_ref": reference, "customer_params": params,
        "amount_paise": 80_000, "tendered_at": "2026-11-30T18:29:59.999+00:00",
    }  # fmt: skip

    first = biller.client.post("/payments", json=body).get_json()
    biller.client.post("/control/clock", json={"advance_seconds": 601})

    assert (first["status"], first["form"]) == ("SUCCESS", "INCOMPLETE")
    assert biller.client.get(f"/payments/{'q' * 20}").get_json()["form"] == "COMPLETE"
    (accepted,) = biller.client.get("/control/payments").get_json()["payments"]
    assert accepted["tendered_at"] == body["tendered_at"]


def test_past_its_due_day_more_is_due(biller: BillerUnderTest) -> None:
    for number, days in (("100000000031", 15), ("100000000032", -1)):
        (bill,) = biller.fetch(number).get_json()["bills"]
        assert (bill["amount_paise"], bill["after_due_paise"]) == (70_000, 75_000)
        assert (date.fromisoformat(bill["due_on"]) > date(2026, 11, 23)) == (days > 0)
