"""The fee of a withdrawn application goes back where a rule says so, and the application tells when it came."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.service.test_flow import withdraw
from tests.service.test_standing import standing
from tests.support.world import KIOSK_CLIENT, World, json_of

from certificates.domain.types.application_type import WithdrawalRule
from servicekit.events.envelope import NewEvent
from servicekit.ids import event_id, public_id
from servicekit.money import money

RULE = WithdrawalRule(date(2026, 1, 1), fee_returned=True, order="Order 7 of 2026", order_hi="आदेश 7, 2026")


@pytest.fixture
def generous(world: World) -> World:
    """A world in which a rule gives the fee of a withdrawn domicile application back."""
    types: dict[str, Any] = world.service.rulebook.types  # type: ignore[assignment]
    types["domicile"] = replace(types["domicile"], withdrawals=(RULE,))
    return world


def refunded(application_id: str | None, payment_id: str, paise: int, refund_id: str | None = None) -> NewEvent:
    """What billing tells of money that went back."""
    at = datetime.now(UTC)
    return NewEvent(
        id=event_id(),
        type="payment.refunded.v1",
        aggregate_type="payment",
        aggregate_id=payment_id,
        sequence=4,
        occurred_at=at,
        request_id="req_1",
        data={
            "payment_id": payment_id,
            "transaction_token": "EMX9425XH0728F7",
            "refund_id": refund_id or public_id("rfd"),
            "client_id": KIOSK_CLIENT,
            "amount": money(paise),
            "reason": "application-withdrawn",
            "application_id": application_id,
            "refunded_at": at.isoformat(),
        },
    )


def test_the_fee_of_what_is_withdrawn_is_on_its_way_until_it_came_back(generous: World) -> None:
    application = generous.awaiting_decision()
    application_id, fee = application["application_id"], application["fee"]["amount"]
    assert standing(generous.kiosk(), application_id)["refund_due"] is None
    json_of(withdraw(generous.kiosk(), application_id), 201)
    payment_id = generous.application(application_id)["payment_id"]
    (row,) = generous.mongo.db["outbox"].find(
        {"routing_key": "application.withdrawn.v1", "aggregate.id": application_id}
    )
    told = json.loads(row["body"])["data"]
    assert (told["refund_due"], told["refund"], told["payment_id"]) == (True, money(fee), payment_id)
    seen = standing(generous.kiosk(), application_id)
    assert (seen["refund_due"], seen["returned"]) == (money(fee), [])

    event = refunded(application_id, payment_id, fee)
    generous.deliver(event)
    generous.deliver(replace(event, id=event_id()))

    seen = standing(generous.kiosk(), application_id)
    assert seen["refund_due"] is None
    assert [(line["payment_id"], line["amount"]) for line in seen["returned"]] == [(payment_id, money(fee))]
    assert [line["what"] for line in seen["course"]] == ["submitted", "fee_paid", "withdrawn"]


def test_a_payment_that_was_not_the_fee_comes_back_beside_it(generous: World) -> None:
    application = generous.awaiting_decision()
    application_id = application["application_id"]
    again = generous.payment(application)
    generous.deliver(again)
    json_of(withdraw(generous.kiosk(), application_id), 201)

    generous.deliver(refunded(application_id, again.data["payment_id"], 3_000))

    seen = standing(generous.kiosk(), application_id)
    assert seen["refund_due"] == money(application["fee"]["amount"])
    assert [line["payment_id"] for line in seen["returned"]] == [again.data["payment_id"]]


def test_what_came_back_while_it_is_decided_changes_nothing_of_it(generous: World) -> None:
    application = generous.awaiting_decision()
    application_id = application["application_id"]
    before = generous.application(application_id)

    generous.deliver(refunded(application_id, public_id("pay"), 3_000))

    assert generous.application(application_id) == before
    decided = json_of(generous.officer().decide(application_id), 201)
    assert decided["state"] == "ISSUED"


def test_a_refund_of_an_ordinary_bill_leaves_nothing(world: World) -> None:
    world.deliver(refunded(None, public_id("pay"), 3_000))
    assert world.mongo.db["application_history"].count_documents({"what": "money_returned"}) == 0
