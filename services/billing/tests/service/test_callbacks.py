"""The biller's doorbell: it makes the sweeper look, and can do nothing else."""

from typing import Any

import pytest
from tests.support.simulators import signed
from tests.support.world import World, json_of
from werkzeug.test import TestResponse

from billing.application.payments.sweep_payments import SweepPayments


def ring(world: World, body: dict[str, Any], secret: str | None = None) -> TestResponse:
    raw, signature = signed(body) if secret is None else signed(body, secret)
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    return world.http.post("/callbacks/biller", data=raw, headers=headers)


def test_callbacks_three_times_and_out_of_order_complete_the_payment_once(world: World) -> None:
    centre = world.centre()
    bill = centre.bill("100000000009")
    world.biller.faults(drop_response_next=1)
    payment_id = json_of(centre.pay(bill))["payment_id"]
    assert world.stored(payment_id)["state"] == "POST_UNKNOWN"

    for sequence, status in ((3, "SUCCESS"), (1, "PENDING"), (2, "PENDING")):
        answer = ring(world, {"request_id": f"{payment_id}:post", "status": status, "sequence": sequence})
        assert answer.status_code == 204
        world.billing.sweep_payments(SweepPayments())

    assert world.sweep_until(payment_id, "COMPLETED")["version"] == 7
    assert world.events_of(payment_id) == ["payment.completed.v1"]
    assert world.kinds_of(payment_id) == ["hold", "post"]


def test_a_callback_is_believed_only_as_far_as_the_inquiry_confirms_it(world: World) -> None:
    centre = world.centre()
    payment_id = json_of(centre.pay(centre.bill("100000000005")))["payment_id"]

    ring(world, {"request_id": f"{payment_id}:post", "status": "FAILED"})
    world.billing.sweep_payments(SweepPayments())

    assert world.stored(payment_id)["state"] == "POST_UNKNOWN"


@pytest.mark.parametrize("secret", ["another-secret-altogether", ""])
def test_a_callback_signed_with_another_secret_is_refused(world: World, secret: str) -> None:
    centre = world.centre()
    payment_id = json_of(centre.pay(centre.bill("100000000005")))["payment_id"]
    before = world.stored(payment_id)["next_action_at"]

    answer = ring(world, {"request_id": f"{payment_id}:post", "status": "SUCCESS"}, secret)

    assert (answer.status_code, json_of(answer)["code"]) == (401, "signature-not-valid")
    assert world.stored(payment_id)["next_action_at"] == before


def test_a_callback_without_a_signature_is_refused(world: World) -> None:
    answer = world.http.post("/callbacks/biller", json={"request_id": "pay_1:post"})

    assert answer.status_code == 401


@pytest.mark.parametrize("request_id", ["pay_00000000000000000000000000000000:post", "something-else", "pay_1:capture"])
def test_a_callback_about_nothing_of_ours_changes_nothing_and_tells_nothing(world: World, request_id: str) -> None:
    assert ring(world, {"request_id": request_id, "status": "SUCCESS", "new_member": 1}).status_code == 204
    assert world.mongo.db.payments.find_one({"_id": request_id.partition(":")[0]}) is None


def test_a_callback_about_a_completed_payment_moves_nothing(world: World) -> None:
    centre = world.centre()
    payment_id = json_of(centre.pay(centre.bill()))["payment_id"]
    before = world.stored(payment_id)

    ring(world, {"request_id": f"{payment_id}:post", "status": "FAILED"})
    world.billing.sweep_payments(SweepPayments())

    assert world.stored(payment_id) == before
