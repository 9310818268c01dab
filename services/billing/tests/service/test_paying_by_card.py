"""The portal pays by card or UPI: authorise, post, capture; or void."""

from typing import Any

import pytest
import urllib3
from tests.support.world import World, another_consumer, inr, json_of

from billing.application.payments.sweep_payments import SweepPayments
from servicekit.testing import eventually


@pytest.mark.parametrize("mode", ["CARD", "UPI"])
def test_a_bill_paid_on_the_portal_is_authorised_posted_and_captured(world: World, mode: str) -> None:
    portal = world.portal()

    answer = portal.pay(portal.bill(), mode=mode, payment_instrument="tok_sandbox_ok")

    payment = json_of(answer)
    assert (answer.status_code, payment["status"], payment["channel"]) == (201, "COMPLETED", "INT")
    assert world.kinds_of(payment["payment_id"]) == ["capture", "hold", "post"]
    assert world.events_of(payment["payment_id"]) == ["payment.completed.v1"]
    authorised = world.psp.payments(f"{payment['payment_id']}:auth")
    assert [each["capture"]["times_received"] for each in authorised] == [1]


def test_a_declined_card_fails_at_once_and_the_biller_is_never_asked(world: World) -> None:
    portal = world.portal()

    answer = portal.pay(portal.bill(), mode="CARD", payment_instrument="tok_sandbox_declined")

    payment = json_of(answer)
    assert (answer.status_code, payment["status"]) == (201, "FAILED")
    assert payment["failure"]["code"] == "authorisation-declined"
    assert payment["failure"]["detail"] == "insufficient-funds"
    assert world.kinds_of(payment["payment_id"]) == []
    assert world.events_of(payment["payment_id"]) == ["payment.failed.v1"]
    assert world.biller.payments(f"{payment['payment_id']}:post") == []


def test_an_unknown_instrument_is_declined(world: World) -> None:
    portal = world.portal()

    payment = json_of(portal.pay(portal.bill(), mode="CARD", payment_instrument="tok_nobody"))

    assert payment["failure"]["code"] == "authorisation-declined"


@pytest.mark.parametrize(("instrument", "seconds"), [("tok_sandbox_timeout", 31), ("tok_sandbox_pending", 601)])
def test_an_authorisation_in_doubt_is_found_out_and_the_payment_goes_on(
    world: World, instrument: str, seconds: int
) -> None:
    portal = world.portal()
    payment = json_of(portal.pay(portal.bill(), mode="CARD", payment_instrument=instrument))
    assert (payment["status"], payment["state"]) == ("IN_DOUBT", "AUTH_UNKNOWN")

    world.psp.advance(seconds)

    world.sweep_until(payment["payment_id"], "COMPLETED")
    assert len(world.psp.payments(f"{payment['payment_id']}:auth")) == 1


def test_a_refusal_by_the_biller_voids_the_authorisation(world: World) -> None:
    portal = world.portal()
    bill = portal.bill("100000000006")
    payment = json_of(portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok"))
    world.biller.advance(31)

    world.sweep_until(payment["payment_id"], "VOIDED")

    authorised = world.psp.payments(f"{payment['payment_id']}:auth")[0]
    assert authorised["void"] is not None
    assert authorised["capture"] is None
    assert world.kinds_of(payment["payment_id"]) == ["hold", "void"]
    assert world.events_of(payment["payment_id"]) == ["payment.failed.v1"]


def test_after_the_biller_was_paid_a_failing_capture_is_only_tried_again(world: World) -> None:
    portal = world.portal()
    bill = portal.bill("100000000004")
    payment_id = json_of(portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok"))["payment_id"]
    world.biller.advance(31)
    world.psp.faults(fail_next=1_000, operations=["payment"])

    world.sweep_until(payment_id, "POSTED")

    assert world.events_of(payment_id) == []
    world.psp.faults(fail_next=0)
    world.sweep_until(payment_id, "COMPLETED")
    assert world.kinds_of(payment_id) == ["capture", "hold", "post"]


def test_a_capture_the_provider_is_still_at_work_on_is_no_refusal(world: World) -> None:
    portal = world.portal()
    bill = portal.bill("100000000004")
    payment_id = json_of(portal.pay(bill, mode="CARD", payment_instrument="tok_sandbox_ok"))["payment_id"]
    world.biller.advance(31)
    # Longer than we wait for an answer, so that we ask again while the first capture is at work.
    world.psp.faults(hang_next=1, hang_seconds=2, operations=["payment"])

    world.sweep_until(payment_id, "COMPLETED", "MANUAL")

    assert world.kinds_of(payment_id) == ["capture", "hold", "post"]
    assert world.events_of(payment_id) == ["payment.completed.v1"]


def test_a_portal_has_no_wallet_and_a_centre_does_not_pay_by_card(world: World) -> None:
    portal, centre = world.portal(), world.centre()

    by_wallet = portal.pay(portal.bill())
    by_card = centre.pay(centre.bill(), mode="CARD", payment_instrument="tok_sandbox_ok")

    assert [json_of(each)["errors"][0]["code"] for each in (by_wallet, by_card)] == ["mode-not-offered"] * 2
    assert json_of(portal.get("/v1/wallet"))["code"] == "wallet-not-open"


def test_a_service_charge_is_authorised_with_the_bill(world: World) -> None:
    portal = world.portal()
    bill = portal.bill("9876543210", biller_id="BSNL", name="mobile_number")

    payment = json_of(portal.pay(bill, mode="UPI", payment_instrument="tok_sandbox_ok"))

    assert payment["service_charge"] == inr(500)
    authorised = world.psp.payments(f"{payment['payment_id']}:auth")[0]
    assert authorised["amount_paise"] == payment["total"]["amount"] == bill["amount"]["amount"] + 500
    posted = world.biller.payments(f"{payment['payment_id']}:post")[0]
    assert posted["amount_paise"] == bill["amount"]["amount"]


def test_an_authorisation_that_arrives_after_it_was_given_up_is_voided_at_the_provider(world: World) -> None:
    portal = world.portal()
    # Refused before anything is done, as by a gateway that keeps the request in a queue of its own.
    world.psp.faults(fail_next=1, operations=["payment"])
    answer = portal.pay(portal.bill(another_consumer()), mode="CARD", payment_instrument="tok_sandbox_ok")
    payment_id = json_of(answer)["payment_id"]
    assert json_of(answer)["state"] == "AUTH_UNKNOWN"
    long_ago = world.stored(payment_id)["created_at"] - world.billing.settings.pace().give_up_unsent
    world.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"created_at": long_ago}})
    world.sweep_until(payment_id, "AUTH_FAILED")

    late = {"request_id": f"{payment_id}:auth", "amount_paise": 152_500, "mode": "CARD", "instrument": "tok_sandbox_ok"}
    assert urllib3.request("POST", f"{world.psp.url}/authorisations", json=late, timeout=5).status == 200
    world.make_due(payment_id)

    def voided() -> Any:
        world.billing.sweep_payments(SweepPayments())
        return world.psp.payments(f"{payment_id}:auth")[0]["void"]

    assert eventually(voided, timeout_seconds=15)
    stored = world.stored(payment_id)
    assert (stored["state"], stored["resume_at"]) == ("AUTH_FAILED", None)
    assert world.mongo.db.breaks.find_one({"payment_id": payment_id}) is None
