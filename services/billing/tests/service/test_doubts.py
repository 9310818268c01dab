"""What is in doubt is a public number, told to the payer in a sentence, and warned of before its limit."""

import json
from datetime import timedelta
from typing import Any

from tests.support.world import Caller, World, another_consumer, inr, json_of

from billing.application.doubts.warn_doubts import WarnDoubts
from servicekit.instants import utc_now


def shown(world: World, biller_id: str, mode: str) -> dict[str, Any]:
    answer = world.http.get("/v1/in-doubt")  # nobody has to sign in
    assert answer.status_code == 200
    (row,) = [r for r in json_of(answer)["items"] if (r["biller_id"], r["mode"]) == (biller_id, mode)]
    found: dict[str, Any] = row
    return found


def in_doubt(world: World, centre: Caller) -> str:
    """A recharge-like payment of the sandbox, whose answer was lost."""
    body = {"biller_id": "SANDBOX-DIRECT", "customer_params": {"k_number": "2" * 12}, "amount": inr(30_000)}
    bill = json_of(centre.post("/v1/bill-fetches", body))["bills"][0]
    world.biller.faults(drop_response_next=1)
    payment_id: str = json_of(centre.pay(bill))["payment_id"]
    return payment_id


def test_counts_are_classes_by_biller_and_mode_and_end_with_the_doubt(world: World) -> None:
    assert shown(world, "SANDBOX-DIRECT", "WALLET")["in_doubt"] == "none"
    payment_id = in_doubt(world, world.centre(200_000))

    row = shown(world, "SANDBOX-DIRECT", "WALLET")

    assert (row["in_doubt"], row["late"], row["oldest_hours"], row["limit_hours"]) == ("under-10", "none", 0, 2.0)
    assert row["biller_name_hi"]
    assert shown(world, "SANDBOX-DIRECT", "CARD")["in_doubt"] == "none"
    assert payment_id not in world.http.get("/v1/in-doubt").text
    begun = utc_now() - timedelta(hours=3)
    world.mongo.db.payments.update_one(
        {"_id": payment_id}, {"$set": {"created_at": begun, "deadline_at": begun + timedelta(hours=2)}}
    )
    late = shown(world, "SANDBOX-DIRECT", "WALLET")
    assert (late["late"], late["oldest_hours"]) == ("under-10", 3)
    world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")
    assert shown(world, "SANDBOX-DIRECT", "WALLET")["in_doubt"] == "none"


def test_the_published_limit_is_the_payments_own_deadline_and_is_told_in_both_languages(world: World) -> None:
    centre = world.centre(200_000)
    payment_id = in_doubt(world, centre)
    payment = world.stored(payment_id)
    assert payment["deadline_at"] - payment["created_at"] == timedelta(hours=2)
    told = centre.payment(payment_id)
    day = (payment["deadline_at"] + timedelta(hours=5, minutes=30)).strftime("%d-%m-%Y %H:%M IST")
    assert day in told["says"]
    assert day in told["says_hi"]
    assert told["says"] != told["says_hi"]
    world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")
    assert centre.payment(payment_id)["says"] == "The bill is paid."
    electricity = json_of(centre.pay(centre.bill(another_consumer())))["payment_id"]
    stored = world.stored(electricity)
    assert stored["deadline_at"] - stored["created_at"] == timedelta(hours=24)


def warnings_of(world: World, payment_id: str) -> list[dict[str, Any]]:
    world.billing.warn_doubts(WarnDoubts())
    rows = world.mongo.db.outbox.find({"aggregate.type": "doubt", "aggregate.id": payment_id})
    return [json.loads(row["body"])["data"] for row in rows]


def test_people_are_warned_once_in_the_last_quarter_of_the_limit_and_the_payment_goes_on(world: World) -> None:
    centre = world.centre(200_000)
    payment_id = in_doubt(world, centre)
    assert warnings_of(world, payment_id) == []
    begun = utc_now() - timedelta(minutes=89)
    world.mongo.db.payments.update_one(
        {"_id": payment_id}, {"$set": {"created_at": begun, "deadline_at": begun + timedelta(hours=2)}}
    )
    assert warnings_of(world, payment_id) == []
    begun -= timedelta(minutes=2)
    world.mongo.db.payments.update_one(
        {"_id": payment_id}, {"$set": {"created_at": begun, "deadline_at": begun + timedelta(hours=2)}}
    )

    (told,) = warnings_of(world, payment_id)

    assert (told["biller_id"], told["mode"], told["kiosk_id"]) == ("SANDBOX-DIRECT", "WALLET", centre.kiosk_id)
    assert warnings_of(world, payment_id) == [told]
    world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")
    events = world.mongo.db.outbox.distinct("routing_key", {"aggregate.type": "payment", "aggregate.id": payment_id})
    assert events == ["payment.completed.v1"]


def test_what_is_asked_reads_an_index_of_doubts_alone(world: World) -> None:
    centre = world.centre()
    for _ in range(2):
        centre.pay(centre.bill(another_consumer()))
    plan = world.mongo.db.command(
        "explain",
        {
            "aggregate": "payments",
            "pipeline": [{"$match": {"state": {"$in": ["AUTH_UNKNOWN", "MANUAL", "POST_UNKNOWN"]},
                                     "biller_id": {"$gt": ""}}}, {"$count": "n"}],
            "cursor": {},
            "hint": "in_doubt",
        },
        verbosity="executionStats",
    )  # fmt: skip
    stages = plan.get("stages") or [{"$cursor": plan}]
    read = stages[0]["$cursor"]["executionStats"]["totalKeysExamined"]
    doubts = world.mongo.db.payments.count_documents({"state": {"$in": ["AUTH_UNKNOWN", "MANUAL", "POST_UNKNOWN"]}})
    assert read <= doubts + 1 < world.mongo.db.payments.count_documents({})
