"""A centre pays bills from its wallet: the sandbox's consumers, one by one."""

import dataclasses
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.world import Caller, World, inr, json_of, new_key

from billing.application.payments.sweep_payments import SweepPayments
from billing.bootstrap import bootstrap
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.mongo import Mongo
from servicekit.testing import eventually

# Long enough to look at MongoDB meanwhile, on a machine that is busy with other things too.
BILLER_HANGS_SECONDS = 4


def test_a_bill_paid_at_a_centre_completes_with_a_receipt_and_one_event(world: World) -> None:
    centre = world.centre(200_000)

    answer = centre.pay(centre.bill())

    assert answer.status_code == 201, answer.json
    payment = json_of(answer)
    assert payment["status"] == "COMPLETED"
    assert payment["amount"] == payment["total"] == inr(152_500)
    assert payment["receipt"]["receipt_number"].endswith(payment["transaction_token"].removeprefix("EM"))
    assert answer.headers["Location"] == f"/v1/payments/{payment['payment_id']}"
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1"]
    assert world.kinds_of(payment["payment_id"]) == ["hold", "post"]
    wallet = centre.wallet()
    assert (wallet["balance"], wallet["held"], wallet["available"]) == (inr(47_500), inr(0), inr(47_500))


def test_the_receipt_prints_the_legal_fee_and_the_order_it_comes_from(world: World) -> None:
    centre = world.centre()
    bill = centre.bill("9876543210", biller_id="BSNL", name="mobile_number")
    payment = json_of(centre.pay(bill))

    receipt = json_of(centre.get(f"/v1/payments/{payment['payment_id']}/receipt"))

    assert receipt["service_charge"] == inr(500)
    assert receipt["total"] == inr(bill["amount"]["amount"] + 500) == bill["total"]
    assert receipt["fee_order"] == "e-Mitra rate order, 2018"
    assert receipt["biller_reference"]
    assert receipt == payment["receipt"]


def test_a_repeat_with_the_same_key_gives_the_same_payment_and_pays_nothing(world: World) -> None:
    centre = world.centre()
    bill, key = centre.bill(), new_key()
    first = centre.pay(bill, key)

    again = centre.pay(bill, key)

    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.json == first.json
    assert centre.wallet()["balance"] == inr(10_000_000 - 152_500)


def test_a_repeat_is_answered_even_when_its_bill_is_no_longer_kept(world: World) -> None:
    centre = world.centre()
    bill, key = centre.bill(), new_key()
    first = centre.pay(bill, key)
    world.mongo.db.bill_fetches.delete_many({"bills.bill_id": bill["bill_id"]})

    assert centre.pay(bill, key).json == first.json
    assert json_of(centre.pay(bill))["code"] == "bill-not-found"


def test_a_bill_fetched_twice_is_paid_once_and_is_free_again_when_its_payment_failed(world: World) -> None:
    centre, portal = world.centre(), world.portal()
    first, second = centre.bill("100000000006"), portal.bill("100000000006")
    assert first["bill_id"] != second["bill_id"]
    payment_id = json_of(centre.pay(first))["payment_id"]
    by_card = {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}

    refused = portal.post("/v1/payments", {"bill_id": second["bill_id"], "amount": second["amount"], **by_card})

    assert (refused.status_code, json_of(refused)["code"]) == (409, "bill-already-paid")
    world.biller.advance(31)
    world.sweep_until(payment_id, "VOIDED")
    again = portal.post("/v1/payments", {"bill_id": second["bill_id"], "amount": second["amount"], **by_card})
    assert again.status_code in (201, 202)


def test_parts_of_one_bill_are_paid_one_after_another(world: World) -> None:
    centre = world.centre()
    bills = [centre.bill("100000000008") for _ in range(2)]

    answers = [centre.pay(bill, amount=inr(10_000)) for bill in bills]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_a_key_used_for_another_body_is_refused(world: World) -> None:
    centre = world.centre()
    key = new_key()
    assert centre.pay(centre.bill(), key).status_code == 201

    answer = centre.pay(centre.bill(), key)

    assert (answer.status_code, json_of(answer)["code"]) == (422, "idempotency-key-reused")
    assert centre.wallet()["balance"] == inr(10_000_000 - 152_500)


def test_another_clients_key_is_another_key(world: World) -> None:
    mine, theirs, key = world.centre(), world.centre(), new_key()
    other = Caller(world.http, client_id="cli_another", kiosk_id=theirs.kiosk_id)

    assert mine.pay(mine.bill(), key).status_code == 201
    answer = other.pay(other.bill(), key)

    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_bill_is_paid_once_whatever_the_key(world: World) -> None:
    centre = world.centre()
    bill = centre.bill()
    assert centre.pay(bill).status_code == 201

    answer = centre.pay(bill)

    assert (answer.status_code, json_of(answer)["code"]) == (409, "bill-already-paid")


def test_a_wallet_that_is_too_low_refuses_without_effect_and_the_key_stays_free(world: World) -> None:
    centre = world.centre(152_499)
    bill, key = centre.bill(), new_key()

    answer = centre.pay(bill, key)

    assert (answer.status_code, json_of(answer)["code"]) == (409, "wallet-balance-too-low")
    assert json_of(answer)["available"] == inr(152_499)
    assert world.mongo.db.payments.count_documents({"kiosk_id": centre.kiosk_id}) == 0
    assert world.mongo.db.idempotency.count_documents({"key": key}) == 0


def test_a_centre_without_a_wallet_cannot_pay(world: World) -> None:
    stranger = Caller(world.http, kiosk_id="ksk_RJ99999999")

    answer = stranger.pay(stranger.bill())

    assert (answer.status_code, json_of(answer)["code"]) == (404, "wallet-not-open")
    assert json_of(stranger.get("/v1/wallet"))["code"] == "wallet-not-open"


def test_nothing_due_is_an_answer_and_not_an_error(world: World) -> None:
    answer = world.centre().fetch("100000000002")

    assert answer.status_code == 201
    assert (json_of(answer)["status"], json_of(answer)["bills"]) == ("NOTHING_DUE", [])


def test_a_biller_that_is_down_is_named_and_may_be_tried_again(world: World) -> None:
    answer = world.centre().fetch("100000000003")

    problem = json_of(answer)
    assert (answer.status_code, problem["code"], problem["retryable"]) == (503, "biller-unavailable", True)
    assert problem["biller_id"] == "JVVNL"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_payment_that_times_out_is_in_doubt_and_its_success_is_learnt_by_inquiry(world: World) -> None:
    centre = world.centre()

    answer = centre.pay(centre.bill("100000000004"))

    payment = json_of(answer)
    assert (answer.status_code, payment["status"], payment["state"]) == (202, "IN_DOUBT", "POST_UNKNOWN")
    assert int(answer.headers["Retry-After"]) > 0
    assert centre.wallet()["held"] == inr(88_000)
    world.biller.advance(31)
    world.sweep_until(payment["payment_id"], "COMPLETED")
    assert world.biller.payments(f"{payment['payment_id']}:post")[0]["times_received"] == 1
    assert centre.payment(payment["payment_id"])["status"] == "COMPLETED"
    assert centre.wallet()["held"] == inr(0)


def test_a_pending_payment_waits_and_then_completes(world: World) -> None:
    centre = world.centre()
    payment = json_of(centre.pay(centre.bill("100000000005")))
    assert payment["status"] == "IN_DOUBT"
    world.make_due(payment["payment_id"])
    world.billing.sweep_payments(SweepPayments())
    assert world.stored(payment["payment_id"])["state"] == "POST_UNKNOWN"

    world.biller.advance(601)

    world.sweep_until(payment["payment_id"], "COMPLETED")


def test_a_refused_payment_gives_the_money_back_and_says_so(world: World) -> None:
    centre = world.centre(200_000)
    bill = centre.bill("100000000006")
    payment = json_of(centre.pay(bill))
    world.biller.advance(31)

    world.sweep_until(payment["payment_id"], "VOIDED")

    shown = centre.payment(payment["payment_id"])
    assert shown["status"] == "FAILED"
    assert shown["failure"]["code"] == "biller-refused"
    assert shown["failure"]["detail"] == "consumer-account-closed"
    assert shown["failure"]["money_returned"] is True
    assert shown["failure"]["reason_hi"] == "बिलर ने भुगतान स्वीकार नहीं किया।"
    assert shown["application_id"] is None
    assert shown["deadline_at"] > shown["created_at"]
    assert world.kinds_of(payment["payment_id"]) == ["hold", "void"]
    assert world.events_of(payment["payment_id"]) == ["payment.failed.v1"]
    assert centre.wallet()["available"] == inr(200_000)
    assert json_of(centre.get(f"/v1/payments/{payment['payment_id']}/receipt"))["code"] == "no-receipt-yet"
    # The bill is free again: a failed payment holds nothing.
    assert centre.pay(bill).status_code == 202


def test_each_of_three_bills_is_paid_by_itself(world: World) -> None:
    centre = world.centre()
    bills = json_of(centre.fetch("100000000007"))["bills"]
    assert [bill["amount"]["amount"] for bill in bills] == [45_600, 47_250, 51_075]

    answers = [centre.pay(bill).status_code for bill in bills]

    assert answers == [201, 201, 201]
    assert centre.wallet()["balance"] == inr(10_000_000 - 45_600 - 47_250 - 51_075)


def test_a_part_payment_is_made_in_hundreds(world: World) -> None:
    centre = world.centre()
    bill = centre.bill("100000000008")
    assert (bill["exactness"], bill["minimum"], bill["multiple"]) == ("RANGE", inr(10_000), inr(10_000))

    refused = centre.pay(bill, amount=inr(20_050))
    paid = centre.pay(bill, amount=inr(20_000))

    assert refused.status_code == 422
    assert json_of(refused)["errors"] == [
        {
            "pointer": "/amount/amount",
            "code": "amount-not-a-multiple",
            "detail": "A part payment is a multiple of ₹100.00.",
        }
    ]
    assert (paid.status_code, json_of(paid)["amount"]) == (201, inr(20_000))


def test_a_malformed_answer_is_doubt_not_failure_and_is_resolved_by_inquiry(world: World) -> None:
    centre = world.centre()

    payment = json_of(centre.pay(centre.bill("100000000010")))

    assert payment["state"] == "POST_UNKNOWN"
    world.sweep_until(payment["payment_id"], "COMPLETED")


def test_49_999_rupees_are_paid_and_50_000_are_over_the_limit(world: World) -> None:
    centre = world.centre()

    accepted = centre.pay(centre.bill("100000000011"))
    refused = centre.pay(centre.bill("100000000012"))

    assert (accepted.status_code, json_of(accepted)["total"]) == (201, inr(4_999_900))
    assert (refused.status_code, json_of(refused)["errors"][0]["code"]) == (422, "over-limit")


@pytest.mark.parametrize("fault", ["fail_next", "drop_response_next", "hang_next"])
def test_a_payment_survives_a_biller_that_fails_in_the_middle(world: World, fault: str) -> None:
    centre = world.centre()
    bill = centre.bill()
    world.biller.faults(**{fault: 1, "operations": ["payment"], "hang_seconds": 2})

    payment = json_of(centre.pay(bill))

    assert payment["state"] == "POST_UNKNOWN"
    world.sweep_until(payment["payment_id"], "COMPLETED")
    assert len(world.biller.payments(f"{payment['payment_id']}:post")) == 1
    assert world.kinds_of(payment["payment_id"]) == ["hold", "post"]


def test_no_transaction_is_open_while_the_biller_is_asked(world: World, settings: Settings) -> None:
    name = f"billing-that-waits-{secrets.token_hex(4)}"
    centre = world.centre()
    bill = centre.bill()
    uri = f"{settings.mongodb_uri}&appName={name}"
    patient = dataclasses.replace(settings, biller_timeout_seconds=30.0)
    with Mongo(uri, world.mongo.db.name, settings.mongodb_timeout_seconds) as mongo, ThreadPoolExecutor(1) as pool:
        app = SERVICE.flask_app(patient, mongo, bootstrap(patient, mongo))
        waiting = dataclasses.replace(centre, http=app.test_client())
        world.biller.faults(hang_next=1, operations=["payment"], hang_seconds=BILLER_HANGS_SECONDS)
        answer = pool.submit(waiting.pay, bill)

        def asked() -> bool:
            payment = world.mongo.db.payments.find_one({"kiosk_id": centre.kiosk_id})
            return payment is not None and bool(world.biller.payments(f"{payment['_id']}:post"))

        eventually(asked, timeout_seconds=15)
        still_open = world.open_transactions(name)
        assert not answer.done(), "the biller no longer hung when it was looked at"
        assert answer.result().status_code == 201

    assert still_open == []


def test_a_deadline_too_short_to_ask_the_biller_still_keeps_the_intent(world: World) -> None:
    centre = world.centre()

    answer = centre.pay(centre.bill(), timeout_ms=900)

    payment = json_of(answer)
    assert (answer.status_code, payment["status"]) == (202, "PROCESSING")
    assert world.biller.payments(f"{payment['payment_id']}:post") == []
    world.sweep_until(payment["payment_id"], "COMPLETED")


def test_a_transaction_is_readable_by_its_token_right_after_it_was_made(world: World) -> None:
    centre = world.centre()
    payment = json_of(centre.pay(centre.bill()))
    gateway = Caller(world.http, client_id="gateway", scopes=["internal"])

    found = json_of(gateway.get(f"/v1/internal/transactions/{payment['transaction_token']}"))

    assert (found["kind"], found["reference_id"], found["status"]) == ("payment", payment["payment_id"], "COMPLETED")
    assert (found["owner_client_id"], found["kiosk_id"]) == (centre.client_id, centre.kiosk_id)
    assert [step["type"] for step in found["events"]] == [
        "CREATED",
        "AUTH_REQUESTED",
        "AUTHORISED",
        "POST_REQUESTED",
        "POSTED",
        "COMPLETED",
    ]
    assert json_of(gateway.get("/v1/internal/transactions/EM0000000000000"))["code"] == "transaction-not-found"
    assert centre.get(f"/v1/internal/transactions/{payment['transaction_token']}").status_code == 403


def test_a_bill_that_can_be_paid_is_shown_beside_one_that_cannot_and_what_is_left_out_is_said(world: World) -> None:
    centre, key = world.centre(), new_key()
    asked = {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000021"}}

    answer = centre.post("/v1/bill-fetches", asked, key)

    fetch = json_of(answer)
    assert (answer.status_code, fetch["status"]) == (201, "BILLS_FOUND"), fetch
    assert [bill["amount"] for bill in fetch["bills"]] == [inr(37_000)]
    (left_out,) = fetch["left_out"]
    assert (left_out["code"], left_out["due_on"]) == ("nothing-to-pay", None)
    assert left_out["detail"].isascii()
    assert not left_out["detail_hi"].isascii()
    assert json_of(centre.post("/v1/bill-fetches", asked, key)) == fetch
    assert centre.pay(fetch["bills"][0]).status_code == 201


def test_a_success_that_cannot_be_stored_is_in_doubt_and_people_get_it_by_the_deadline(world: World) -> None:
    centre = world.centre()

    answer = centre.pay(centre.bill("100000000022"))

    payment = json_of(answer)
    assert (answer.status_code, payment["state"], payment["receipt"]) == (202, "POST_UNKNOWN", None), payment
    assert centre.wallet()["held"] == inr(21_500)
    world.mongo.db.payments.update_one(
        {"_id": payment["payment_id"]}, {"$set": {"deadline_at": world.stored(payment["payment_id"])["created_at"]}}
    )
    world.sweep_until(payment["payment_id"], "MANUAL")
    (opened,) = world.mongo.db.breaks.find({"payment_id": payment["payment_id"]})
    assert (opened["kind"], opened["status"]) == ("unresolved", "open")
    assert centre.wallet()["held"] == inr(21_500)
