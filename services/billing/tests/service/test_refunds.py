"""Money given back: in full and in part, to wallet or source, once by any path."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.support.world import Caller, World, another_consumer, inr, json_of, new_key

from servicekit.http import Person
from servicekit.instants import utc_now

TOTAL = 152_500
PORTAL = "cli_0192f3a1c0de7b11a9d05d2c9a7b1e45"


def paid_by_wallet(world: World) -> tuple[Caller, dict[str, Any]]:
    centre = world.centre()
    payment = json_of(centre.pay(centre.bill(another_consumer())))
    assert payment["status"] == "COMPLETED"
    return centre, payment


def paid_by_card(world: World, instrument: str = "tok_sandbox_ok") -> dict[str, Any]:
    portal = world.portal()
    bill = portal.bill(another_consumer())
    payment: dict[str, Any] = json_of(portal.pay(bill, mode="CARD", payment_instrument=instrument))
    assert payment["status"] == "COMPLETED"
    return payment


def state_admin(world: World) -> Caller:
    return Caller(world.http, client_id=PORTAL, person=Person("per_" + "a" * 32, "state_admin"))


def district_admin(world: World, *districts: str) -> Caller:
    person = Person("per_" + "b" * 32, "district_admin", districts=frozenset(districts))
    return Caller(world.http, client_id=PORTAL, person=person)


def test_a_centre_cancels_a_payment_on_its_day_and_has_the_money_back_in_its_wallet(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    before = centre.wallet()["balance"]["amount"]

    answer = centre.refund(payment["payment_id"], TOTAL, TOTAL)

    refund = json_of(answer)
    assert (answer.status_code, refund["status"], refund["destination"]) == (201, "REFUNDED", "WALLET")
    assert centre.wallet()["balance"] == inr(before + TOTAL)
    shown = centre.payment(payment["payment_id"])
    assert (shown["status"], shown["refunded"], shown["refundable"]) == ("COMPLETED", inr(TOTAL), inr(0))
    assert shown["receipt"]["refunded"] == inr(TOTAL)
    assert world.kinds_of(payment["payment_id"]) == ["hold", "post", "refund"]
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1", "payment.refunded.v1"]
    assert json_of(centre.get(answer.headers["Location"])) == refund


def test_parts_go_back_until_nothing_is_left_and_every_head_has_given_back_what_it_got(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    payment_id = payment["payment_id"]

    left = TOTAL
    for paise in (1, 33_333, 19_166, 100_000):
        assert json_of(centre.refund(payment_id, paise, left))["status"] == "REFUNDED"
        left -= paise
    assert left == 0
    assert centre.refund(payment_id, 1, 0).status_code == 422

    heads: dict[str, int] = {}
    for entry in world.mongo.db.journal.find({"payment_id": payment_id}):
        for leg in entry["legs"]:
            heads[leg["account"]] = heads.get(leg["account"], 0) + leg["paise"]
    assert set(heads.values()) == {0}
    shown = centre.refunds(payment_id)
    assert [refund["amount"]["amount"] for refund in shown["items"]] == [1, 33_333, 19_166, 100_000]
    assert (shown["refunded"], shown["refundable"]) == (inr(TOTAL), inr(0))


def test_who_expects_another_amount_is_told_the_present_one_and_nothing_goes_back(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    centre.refund(payment["payment_id"], 500, TOTAL)

    answer = centre.refund(payment["payment_id"], 500, TOTAL)

    problem = json_of(answer)
    assert (answer.status_code, problem["code"]) == (412, "refundable-changed")
    assert problem["refundable"] == inr(TOTAL - 500)
    assert world.kinds_of(payment["payment_id"]).count("refund") == 1


def test_more_than_is_refundable_is_refused_at_its_field(world: World) -> None:
    centre, payment = paid_by_wallet(world)

    answer = centre.refund(payment["payment_id"], TOTAL + 1, TOTAL)

    (error,) = json_of(answer)["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/amount/amount", "amount-too-high")


def test_the_fee_of_an_application_is_not_given_back_by_request(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    fee = {"$set": {"application_id": "app_" + "0" * 32}}
    world.mongo.db.payments.update_one({"_id": payment["payment_id"]}, fee)

    for who, reason in ((centre, "cancelled"), (state_admin(world), "paid-twice")):
        answer = who.refund(payment["payment_id"], TOTAL, TOTAL, reason=reason)
        assert (answer.status_code, json_of(answer)["code"]) == (409, "not-refundable")
    world.mongo.db.payments.update_one({"_id": payment["payment_id"]}, {"$set": {"application_id": None}})


def test_a_centre_sends_a_citizens_own_money_to_nobody_but_the_citizen(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    by_card = {"$set": {"mode": "CARD"}}
    world.mongo.db.payments.update_one({"_id": payment["payment_id"]}, by_card)

    answer = centre.refund(payment["payment_id"], TOTAL, TOTAL, destination="WALLET")

    (error,) = json_of(answer)["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/destination", "not-of-this-payment")
    world.mongo.db.payments.update_one({"_id": payment["payment_id"]}, {"$set": {"mode": "WALLET"}})


def test_the_same_key_refunds_once_and_is_answered_even_when_nothing_is_left(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    key = new_key()
    first = centre.refund(payment["payment_id"], TOTAL, TOTAL, key)

    again = centre.refund(payment["payment_id"], TOTAL, TOTAL, key)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert json_of(again) == json_of(first)
    assert centre.refund(payment["payment_id"], 1, TOTAL, key).status_code == 422


def test_of_many_at_once_who_expect_the_same_one_refunds(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    before = centre.wallet()["balance"]["amount"]

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: centre.refund(payment["payment_id"], 100_000, TOTAL).status_code, range(8)))

    assert sorted(codes) == [201] + [412] * 7
    assert centre.wallet()["balance"]["amount"] == before + 100_000


def test_a_fully_refunded_bill_can_be_paid_again(world: World) -> None:
    centre = world.centre()
    consumer = another_consumer()
    bill = centre.bill(consumer)
    payment_id = json_of(centre.pay(bill))["payment_id"]
    assert centre.pay(bill).status_code == 409
    centre.refund(payment_id, 500, TOTAL)
    assert centre.pay(bill).status_code == 409

    centre.refund(payment_id, TOTAL - 500, TOTAL - 500)

    assert json_of(centre.pay(bill))["status"] == "COMPLETED"


def test_a_card_is_refunded_through_the_provider_under_the_refunds_own_id(world: World) -> None:
    payment = paid_by_card(world)

    answer = state_admin(world).refund(payment["payment_id"], TOTAL, TOTAL, reason="paid-twice")

    refund = json_of(answer)
    assert (answer.status_code, refund["status"], refund["destination"]) == (201, "REFUNDED", "SOURCE")
    (given,) = world.psp.refunds(f"{refund['refund_id']}:refund")
    assert (given["amount_paise"], given["times_received"]) == (TOTAL, 1)
    entry = world.mongo.db.journal.find_one({"_id": f"{refund['refund_id']}:refund"})
    assert entry is not None
    assert {"account": "psp:clearing", "paise": TOTAL} in entry["legs"]


def test_a_refund_that_the_provider_refuses_ends_refused_and_can_be_asked_for_again(world: World) -> None:
    payment = paid_by_card(world, "tok_sandbox_refund_refused")
    admin = state_admin(world)

    refund = json_of(admin.refund(payment["payment_id"], TOTAL, TOTAL, reason="paid-twice"))

    assert (refund["status"], refund["refusal"]) == ("REFUSED", "account-closed")
    assert admin.refunds(payment["payment_id"])["refundable"] == inr(TOTAL)
    assert world.kinds_of(payment["payment_id"]) == ["capture", "hold", "post"]
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1"]


@pytest.mark.parametrize(
    ("instrument", "faults", "seconds"),
    [
        ("tok_sandbox_refund_timeout", {}, 31),
        ("tok_sandbox_refund_pending", {}, 601),
        ("tok_sandbox_ok", {"drop_response_next": 1}, 0),
        ("tok_sandbox_ok", {"fail_next": 1, "operations": ["payment"]}, 0),
        ("tok_sandbox_ok", {"hang_next": 1, "hang_seconds": 1, "operations": ["payment"]}, 0),
    ],
)
def test_a_refund_in_doubt_is_found_out_by_inquiry_and_made_once(
    world: World, instrument: str, faults: dict[str, Any], seconds: int
) -> None:
    payment = paid_by_card(world, instrument)
    world.psp.faults(**faults)

    answer = state_admin(world).refund(payment["payment_id"], 500, TOTAL, reason="paid-twice")

    refund = json_of(answer)
    assert (answer.status_code, refund["status"], refund["state"]) == (202, "IN_DOUBT", "UNKNOWN")
    assert answer.headers["Retry-After"]
    world.psp.advance(seconds)
    world.sweep_refund_until(refund["refund_id"], "REFUNDED")
    # What failed before it was done was sent again; nothing that was done was.
    (given,) = world.psp.refunds(f"{refund['refund_id']}:refund")
    assert given["times_received"] == 1
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1", "payment.refunded.v1"]


def test_a_refund_without_an_answer_by_its_deadline_is_peoples_and_still_ends_when_one_comes(world: World) -> None:
    payment = paid_by_card(world, "tok_sandbox_refund_pending")
    refund = json_of(state_admin(world).refund(payment["payment_id"], TOTAL, TOTAL, reason="paid-twice"))
    refund_id = refund["refund_id"]

    world.make_refund_due(refund_id, deadline_at=utc_now())
    world.sweep_refund_until(refund_id, "MANUAL")
    opened = world.mongo.db.breaks.find_one({"refund_id": refund_id})
    assert opened is not None
    assert (opened["kind"], opened["status"], opened["owner"]) == ("refund-unresolved", "open", "operations")

    world.psp.advance(601)
    world.make_refund_due(refund_id)
    world.sweep_refund_until(refund_id, "REFUNDED")
    resolved = world.mongo.db.breaks.find_one({"refund_id": refund_id})
    assert resolved is not None
    assert resolved["status"] == "resolved"


class TestWhoMay:
    def test_a_centre_may_not_after_its_day_and_the_administration_may(self, world: World) -> None:
        centre, payment = paid_by_wallet(world)
        yesterday = utc_now() - timedelta(days=1)
        world.mongo.db.payments.update_one(
            {"_id": payment["payment_id"]}, {"$set": {"receipt.issued_at": yesterday, "district_code": "102"}}
        )

        refused = centre.refund(payment["payment_id"], TOTAL, TOTAL)

        assert (refused.status_code, json_of(refused)["code"]) == (403, "refund-not-permitted")
        assert district_admin(world, "103").refund(payment["payment_id"], 1, TOTAL).status_code == 404
        assert json_of(district_admin(world, "102").refund(payment["payment_id"], 1, TOTAL))["status"] == "REFUNDED"

    def test_a_centre_gives_no_reason_of_its_own(self, world: World) -> None:
        centre, payment = paid_by_wallet(world)
        refused = centre.refund(payment["payment_id"], TOTAL, TOTAL, reason="dispute-upheld")
        assert json_of(refused)["code"] == "refund-not-permitted"

    def test_another_centre_does_not_even_see_it(self, world: World) -> None:
        _, payment = paid_by_wallet(world)
        other = world.centre()
        assert other.refund(payment["payment_id"], TOTAL, TOTAL).status_code == 404
        assert other.get(f"/v1/payments/{payment['payment_id']}/refunds").status_code == 404

    def test_the_portal_does_not_refund_what_it_took(self, world: World) -> None:
        payment = paid_by_card(world)
        refused = world.portal().refund(payment["payment_id"], TOTAL, TOTAL)
        assert json_of(refused)["code"] == "refund-not-permitted"

    @pytest.mark.parametrize("role", ["citizen", "staff", "officer", "lsp", "auditor"])
    def test_nobody_else_may(self, world: World, role: str) -> None:
        centre, payment = paid_by_wallet(world)
        somebody = Caller(world.http, kiosk_id=centre.kiosk_id, person=Person("per_" + "c" * 32, role))
        refused = somebody.refund(payment["payment_id"], TOTAL, TOTAL)
        assert (refused.status_code, json_of(refused)["code"]) == (403, "role-not-permitted")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": inr(0)}, "/amount/amount"),
        ({"amount": inr(-5)}, "/amount/amount"),
        ({"amount": {"amount": 1.5, "currency": "INR"}}, "/amount/amount"),
        ({"amount": {"amount": 1, "currency": "USD"}}, "/amount/currency"),
        ({"reason": "because"}, "/reason"),
        ({"destination": "POCKET"}, "/destination"),
        ({"destination": "SOURCE"}, "/destination"),
        ({"refundable": None}, "/refundable"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(world: World, body: dict[str, Any], pointer: str) -> None:
    centre, payment = paid_by_wallet(world)
    wanted = {"amount": inr(1), "refundable": inr(TOTAL), "reason": "cancelled", **body}
    answer = centre.post(f"/v1/payments/{payment['payment_id']}/refunds", wanted)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in json_of(answer)["errors"]}
    assert centre.refunds(payment["payment_id"])["items"] == []


def test_a_payment_that_failed_or_is_in_doubt_is_not_refunded(world: World) -> None:
    portal = world.portal()
    bill = portal.bill(another_consumer())
    payment = json_of(portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_declined"))
    answer = state_admin(world).refund(payment["payment_id"], 1, 0, reason="paid-twice")
    assert (answer.status_code, json_of(answer)["code"]) == (409, "not-refundable")


def test_the_gateway_is_told_of_refunds_with_the_payments_steps(world: World) -> None:
    centre, payment = paid_by_wallet(world)
    centre.refund(payment["payment_id"], TOTAL, TOTAL)
    internal = Caller(world.http, scopes=["internal"])
    shown = json_of(internal.get(f"/v1/internal/transactions/{payment['transaction_token']}"))
    assert [step["type"] for step in shown["events"]][-2:] == ["REFUND_REQUESTED", "REFUNDED"]
