"""What one due is, whatever a biller calls it: it is paid once, however often and by whomever it was fetched."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support.scripted_biller import ScriptedBiller, scripted_biller
from tests.support.world import World, another_consumer, inr, json_of

from billing.bootstrap import bootstrap
from billing.domain.payer import Payer
from billing.domain.tariff.bills import LISTED_ON_FOR
from billing.entrypoints.service import SERVICE
from billing.settings import Settings

BILL = {"bill_ref": "NA", "amount_paise": 49_900, "exactness": "EXACT"}


@pytest.fixture
def network() -> Iterator[ScriptedBiller]:
    with scripted_biller() as started:
        yield started


@pytest.fixture
def town(world: World, settings: Settings, network: ScriptedBiller) -> World:
    """The same books, with another biller network."""
    billing = bootstrap(dataclasses.replace(settings, biller_network_url=network.url), world.mongo)
    app = SERVICE.flask_app(settings, world.mongo, billing)
    return dataclasses.replace(world, billing=billing, http=app.test_client())


@pytest.mark.parametrize(
    ("this_month", "next_month"),
    [
        ({"due_on": "2026-11-20"}, {"due_on": "2026-12-20"}),
        ({"bill_period": "2026-10"}, {"bill_period": "2026-11"}),
        ({"bill_period": "", "due_on": None}, {"amount_paise": 52_300}),
    ],
)
def test_a_reference_that_comes_again_is_paid_again(
    town: World, network: ScriptedBiller, this_month: dict[str, Any], next_month: dict[str, Any]
) -> None:
    consumer, first, second = another_consumer(), town.centre(), town.centre()
    network.bills = [{**BILL, **this_month}]
    fetched = [first.bill(consumer), second.bill(consumer)]
    assert first.pay(fetched[0]).status_code == 201
    twice = second.pay(fetched[1])
    assert (twice.status_code, json_of(twice)["code"]) == (409, "bill-already-paid")
    assert json_of(second.pay(second.bill(consumer)))["code"] == "bill-already-paid"

    network.bills = [{**BILL, **next_month}]
    answer = second.pay(second.bill(consumer))

    assert answer.status_code == 201, answer.json
    assert json_of(first.pay(first.bill(consumer)))["code"] == "bill-already-paid"


def test_several_dues_under_one_reference_are_each_paid(town: World, network: ScriptedBiller) -> None:
    consumer, centre = another_consumer(), town.centre()
    network.bills = [{**BILL, "due_on": f"2026-{month}-20"} for month in (10, 11, 12)]
    bills = json_of(centre.fetch(consumer))["bills"]

    assert [centre.pay(bill).status_code for bill in bills] == [201, 201, 201]


def test_what_nothing_tells_apart_is_a_new_due_when_it_is_listed_long_after_it_was_paid(
    town: World, network: ScriptedBiller
) -> None:
    consumer, centres = another_consumer(), [town.centre(), town.centre()]
    network.bills = [BILL]
    for _ in range(3):
        bills = [centre.bill(consumer) for centre in centres]
        payment = json_of(centres[0].pay(bills[0]))
        assert payment["status"] == "COMPLETED", payment
        assert json_of(centres[1].pay(bills[1]))["code"] == "bill-already-paid"
        # A month passes.
        stored = town.stored(payment["payment_id"])
        town.mongo.db.payments.update_many(
            {"claim_key": {"$exists": True}, "customer_params": stored["customer_params"]},
            [{"$set": {"receipt.issued_at": {"$subtract": ["$receipt.issued_at", 30 * 86_400_000]}}}],
        )

    assert len(network.payments) == 3


def test_a_due_paid_under_the_last_release_is_not_paid_again_though_its_key_was_another_one(
    town: World, network: ScriptedBiller
) -> None:
    consumer, centre = another_consumer(), town.centre()
    network.bills = [{**BILL, "due_on": "2026-11-20"}]
    payment_id = json_of(centre.pay(centre.bill(consumer)))["payment_id"]
    bill = town.billing.fetch_bills.bills.get(
        town.stored(payment_id)["bill_id"], Payer(centre.client_id, centre.kiosk_id)
    )
    assert bill is not None
    former = dict.fromkeys(("claim_key", "holds"), bill.former_key)
    by_the_last_release = {"$set": former, "$unset": {"bill_key": "", "pays": ""}}
    town.mongo.db.payments.update_one({"_id": payment_id}, by_the_last_release)

    assert json_of(centre.pay(centre.bill(consumer)))["code"] == "bill-already-paid"
    network.bills = [{**BILL, "due_on": "2026-12-20", "amount_paise": 52_300}]
    assert centre.pay(centre.bill(consumer)).status_code == 201


def test_a_range_bill_is_not_paid_in_full_by_two_centres(town: World, network: ScriptedBiller) -> None:
    consumer, first, second = another_consumer(), town.centre(), town.centre()
    network.bills = [{**BILL, "amount_paise": 500_000, "exactness": "RANGE", "bill_period": "2026-10"}]
    fetched = [first.bill(consumer), second.bill(consumer)]
    assert first.pay(fetched[0], amount=inr(300_000)).status_code == 201

    too_much = second.pay(fetched[1])
    rest = second.pay(fetched[1], amount=inr(200_000))
    more = first.pay(first.bill(consumer), amount=inr(100))

    assert (too_much.status_code, json_of(too_much)["errors"][0]["code"]) == (422, "amount-too-high")
    assert "₹2,000.00" in json_of(too_much)["detail"]
    assert rest.status_code == 201, rest.json
    assert (more.status_code, json_of(more)["code"]) == (409, "bill-already-paid")


def test_a_part_that_failed_can_be_paid_by_another(town: World, network: ScriptedBiller) -> None:
    consumer, poor, rich = another_consumer(), town.centre(), town.centre()
    network.bills = [{**BILL, "amount_paise": 500_000, "exactness": "EXACT_AND_BELOW"}]
    payment_id = json_of(poor.pay(poor.bill(consumer)))["payment_id"]
    assert json_of(rich.pay(rich.bill(consumer)))["code"] == "bill-already-paid"
    # As if the biller had refused it; the books are put right again below.
    town.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"state": "VOIDED"}})
    try:
        assert rich.pay(rich.bill(consumer)).status_code == 201
    finally:
        town.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"state": "COMPLETED"}})


def test_the_rest_that_a_biller_tells_after_a_part_can_be_paid(town: World, network: ScriptedBiller) -> None:
    consumer, centre = another_consumer(), town.centre()
    due = {**BILL, "exactness": "RANGE", "bill_period": "2026-10"}
    network.bills = [{**due, "amount_paise": 500_000}]
    assert centre.pay(centre.bill(consumer), amount=inr(300_000)).status_code == 201

    network.bills = [{**due, "amount_paise": 200_000}]

    assert centre.pay(centre.bill(consumer)).status_code == 201


def test_a_bill_of_any_amount_is_not_paid_again_once_all_is_paid(town: World, network: ScriptedBiller) -> None:
    consumer, first, second = another_consumer(), town.centre(), town.centre()
    network.bills = [{**BILL, "exactness": "ANY"}]
    fetched = [first.bill(consumer), second.bill(consumer)]
    assert first.pay(fetched[0], amount=inr(60_000)).status_code == 201

    assert json_of(second.pay(fetched[1]))["code"] == "bill-already-paid"


def test_parts_paid_long_before_no_longer_count(town: World, network: ScriptedBiller) -> None:
    consumer, centre = another_consumer(), town.centre()
    network.bills = [{**BILL, "exactness": "RANGE"}]
    payment_id = json_of(centre.pay(centre.bill(consumer)))["payment_id"]
    paid_at = town.stored(payment_id)["receipt"]["issued_at"]

    for days, code in ((LISTED_ON_FOR - timedelta(minutes=1), 409), (LISTED_ON_FOR, 201)):
        town.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"receipt.issued_at": paid_at - days}})
        assert centre.pay(centre.bill(consumer)).status_code == code
