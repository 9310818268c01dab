"""A biller that is down, over HTTP, MongoDB and the simulators: proof at once, then paid or given back by the limit."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from tests.service.test_crashes import ask_and_die
from tests.service.test_flows import candidate, quoted
from tests.support.world import Caller, World, another_consumer, inr, json_of, new_key

from billing.application.payments.sweep_payments import SweepPayments
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.tokens import signatures

DOWN = ["SANDBOX-DIRECT", "SANDBOX-UNIVERSITY", "JVVNL"]


@pytest.fixture(autouse=True)
def _up_again(world: World) -> Iterator[None]:
    yield
    world.biller.faults(down=[])


def direct(caller: Caller) -> dict[str, Any]:
    return quoted(caller, "SANDBOX-DIRECT", {"k_number": "2" * 12}, amount=inr(30_000))


def proof(caller: Caller, payment_id: str) -> dict[str, Any]:
    answer = caller.get(f"/v1/payments/{payment_id}/tender-proof")
    assert answer.status_code == 200, answer.json
    shown: dict[str, Any] = json_of(answer)
    return shown


def signed(world: World, shown: dict[str, Any]) -> dict[str, Any]:
    """What anybody reads of a proof with the published keys."""
    keys = KeySet.import_key_set(json_of(world.http.get("/v1/timeline-keys")))
    token = jws.deserialize_compact(shown["jws"], keys, registry=signatures("EdDSA"))
    assert token.headers()["cty"] == "application/vnd.emitra.tender+json"
    facts: dict[str, Any] = json.loads(token.payload)
    return facts


def let_time_pass(world: World, payment_id: str, by: timedelta) -> None:
    """As if the payment had been tendered so much earlier, and the sweeper were to look at it now."""
    stored = world.stored(payment_id)
    earlier = {name: stored[name] - by for name in ("created_at", "deadline_at", "queue_until", "queued_at")}
    world.mongo.db.payments.update_one({"_id": payment_id}, {"$set": earlier})
    world.make_due(payment_id)


def test_what_is_tendered_while_the_biller_is_down_is_proved_at_once_and_paid_when_it_is_back(world: World) -> None:
    centre = world.centre(200_000)
    bill = direct(centre)
    world.biller.faults(down=DOWN)

    answer = centre.pay(bill)
    told = json_of(answer)

    assert (answer.status_code, told["status"]) == (202, "PROCESSING")
    stored = world.stored(told["payment_id"])
    assert stored["queue_until"] - stored["created_at"] == timedelta(hours=2)
    until = (stored["queue_until"] + timedelta(hours=5, minutes=30)).strftime("%d-%m-%Y %H:%M IST")
    assert until in told["says"]
    assert until in told["says_hi"]
    shown = proof(centre, told["payment_id"])
    facts = signed(world, shown)
    assert facts["payment_id"] == told["payment_id"]
    assert facts["kiosk_id"] == centre.kiosk_id
    assert (facts["bill_paise"], facts["account_ends_with"]) == (30_000, "2222")
    assert (facts["tendered_at"], facts["biller_down_at"]) == (shown["tendered_at"], shown["biller_down_at"])
    assert (facts["state"], facts["biller_reference"]) == ("POST_REQUESTED", None)
    assert shown["says"] != shown["says_hi"]
    assert "2" * 12 not in json.dumps(shown)

    world.make_due(told["payment_id"])
    world.billing.sweep_payments(SweepPayments())
    assert centre.payment(told["payment_id"])["queued_until"] == told["queued_until"] is not None
    world.biller.faults(down=[])
    world.make_due(told["payment_id"])
    world.sweep_until(told["payment_id"], "COMPLETED")

    paid = centre.payment(told["payment_id"])
    assert (paid["queued_until"], paid["says"]) == (None, "The bill is paid.")
    (taken,) = world.biller.payments(f"{told['payment_id']}:post")
    assert (taken["times_received"], taken["tendered_at"]) == (1, shown["tendered_at"])
    assert world.kinds_of(told["payment_id"]) == ["hold", "post"]
    assert world.events_of(told["payment_id"]) == ["payment.completed.v1"]
    later = signed(world, proof(centre, told["payment_id"]))
    assert {**later, "signed_at": 0, "state": 0, "biller_reference": 0} == {
        **facts, "signed_at": 0, "state": 0, "biller_reference": 0
    }  # fmt: skip
    assert later["biller_reference"]


def test_what_waits_longer_than_published_is_given_back_and_was_tendered_all_the_same(world: World) -> None:
    centre = world.centre(200_000)
    bill = direct(centre)
    world.biller.faults(down=DOWN)
    payment_id = json_of(centre.pay(bill))["payment_id"]
    let_time_pass(world, payment_id, timedelta(hours=1, minutes=59))
    world.billing.sweep_payments(SweepPayments())
    assert world.stored(payment_id)["state"] == "POST_REQUESTED"

    let_time_pass(world, payment_id, timedelta(minutes=1))
    world.sweep_until(payment_id, "VOIDED")

    assert centre.payment(payment_id)["failure"]["code"] == "expired"
    assert world.events_of(payment_id) == ["payment.failed.v1"]
    assert centre.wallet()["available"] == inr(200_000)
    assert not world.biller.payments(f"{payment_id}:post")
    assert signed(world, proof(centre, payment_id))["state"] == "VOIDED"


def test_an_examination_fee_tendered_in_its_window_counts_though_the_body_hears_of_it_after_the_window(
    world: World,
) -> None:
    centre = world.centre(500_000)
    bill = quoted(centre, "SANDBOX-UNIVERSITY", candidate())
    world.biller.faults(down=DOWN)
    payment_id = json_of(centre.pay(bill))["payment_id"]
    window = world.stored(payment_id)["fee_window"]
    assert window
    # The window closes, and so does the quote; nobody fetches or asks again.
    let_time_pass(world, payment_id, timedelta(hours=11))
    tendered_at = world.stored(payment_id)["created_at"]
    world.mongo.db.bill_fetches.update_one(
        {"bills.bill_id": bill["bill_id"]}, {"$set": {"bills.$.expires_at": utc_now() - timedelta(hours=1)}}
    )
    world.biller.faults(down=[])

    world.sweep_until(payment_id, "COMPLETED")

    (taken,) = world.biller.payments(f"{payment_id}:post")
    assert taken["tendered_at"] == tendered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    paid = centre.payment(payment_id)
    assert (paid["fee_window"], paid["receipt"]["fee_window"]) == (window, window)
    assert signed(world, proof(centre, payment_id))["fee_window"] == window


def test_a_bill_with_a_due_day_says_whether_it_was_tendered_in_time_and_nobody_elses_is_shown(world: World) -> None:
    centre = world.centre()
    payment_id = json_of(centre.pay(centre.bill(another_consumer())))["payment_id"]

    shown = proof(centre, payment_id)

    assert shown["due_on"] == signed(world, shown)["due_on"] is not None
    assert shown["in_time"] is True
    assert world.centre().get(f"/v1/payments/{payment_id}/tender-proof").status_code == 404
    refused = centre.bill("100000000006")
    failed = json_of(centre.pay(refused))["payment_id"]
    world.biller.advance(3600)
    world.make_due(failed)
    world.sweep_until(failed, "VOIDED")
    answer = centre.get(f"/v1/payments/{failed}/tender-proof")
    assert (answer.status_code, json_of(answer)["type"].rsplit("/", 1)[-1]) == (409, "not-tendered")


def test_the_limits_are_published_by_biller_and_never_beyond_that_of_doubt(world: World) -> None:
    rows = json_of(world.http.get("/v1/in-doubt"))["items"]

    told = {row["biller_id"]: row["queue_hours"] for row in rows}

    assert (told["SANDBOX-DIRECT"], told["SANDBOX-UNIVERSITY"]) == (2.0, 12.0)
    usual = world.billing.settings.give_up_unsent_seconds / 3600
    assert told["JVVNL"] == pytest.approx(usual)
    assert all(row["queue_hours"] <= row["limit_hours"] for row in rows)


@pytest.mark.parametrize("crash_point", ["O1", "O2"])
def test_who_dies_while_queueing_leaves_money_that_is_neither_lost_nor_paid_twice(
    world: World, settings: Settings, crash_point: str
) -> None:
    centre, key = world.centre(200_000), new_key()
    bill = direct(centre)
    world.biller.faults(down=DOWN)
    body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}

    ask_and_die(world, settings, crash_point, "/v1/payments", body, key, centre.headers(None)["Authorization"])

    payment_id = json_of(centre.pay(bill, key))["payment_id"]
    assert ("queued_at" in world.stored(payment_id)) == (crash_point == "O2")
    assert proof(centre, payment_id)["amount"] == inr(30_000)
    assert centre.wallet()["available"] == inr(170_000 - bill["service_charge"]["amount"])
    world.make_due(payment_id)
    world.billing.sweep_payments(SweepPayments())
    assert world.stored(payment_id)["queued_at"]
    world.biller.faults(down=[])
    world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")
    (taken,) = world.biller.payments(f"{payment_id}:post")
    assert taken["times_received"] == 1
    assert world.kinds_of(payment_id) == ["hold", "post"]
    assert world.events_of(payment_id) == ["payment.completed.v1"]
