"""What billing answers to an erasure, what goes, and what a person takes along."""

import secrets
from typing import Any

from tests.support.world import ALL_SCOPES, Caller, World, another_consumer, json_of

from billing.entrypoints.service import SERVICE
from emitra_contracts import validate_produced
from servicekit.http import Person
from servicekit.testing import Erasing

CARD: dict[str, Any] = {"mode": "CARD", "payment_instrument": "tok_sandbox_ok"}


def somebody() -> str:
    return f"per_{secrets.token_hex(16)}"


def citizen(world: World, person_id: str) -> Caller:
    scopes = (*ALL_SCOPES, "privacy:own")
    return Caller(world.http, client_id="cli_portal_app", scopes=scopes, person=Person(person_id, "citizen"))


def erasing(world: World, person_id: str) -> Erasing:
    return Erasing(SERVICE, world.mongo, world.billing, person_id)


def paid(world: World, person_id: str) -> str:
    mine = citizen(world, person_id)
    return str(json_of(mine.pay(mine.bill(another_consumer()), **CARD))["payment_id"])


def test_money_that_is_on_its_way_holds_back_and_what_was_paid_stays_in_the_books(world: World) -> None:
    person_id = somebody()
    asked = erasing(world, person_id)
    asked.requested()
    assert asked.reasons() == ([], [])
    payment_id = paid(world, person_id)
    assert asked.reasons() == ([], ["books-of-account"])
    payments = world.mongo.db["payments"]
    for state, reason in (("POST_UNKNOWN", "payment-pending"), ("MANUAL", "payment-dispute")):
        payments.update_one({"_id": payment_id}, {"$set": {"state": state}})
        assert asked.reasons() == ([f"{reason} {payment_id}"], ["books-of-account"])
    payments.update_one({"_id": payment_id}, {"$set": {"state": "COMPLETED"}})
    refunds = world.mongo.db["refunds"]
    refund = {"_id": "rfd_1", "payment_id": payment_id, "state": "REQUESTED"}
    refunds.insert_one({**refund, "created_at": payments.find_one({"_id": payment_id})["created_at"]})  # type: ignore[index]
    assert asked.reasons()[0] == ["payment-dispute rfd_1"]
    refunds.delete_one({"_id": "rfd_1"})
    assert asked.reasons()[0] == []
    for answer in asked.answers():
        validate_produced(answer)


def test_what_was_looked_up_for_the_person_goes_and_the_books_stay(world: World) -> None:
    person_id, other = somebody(), somebody()
    payment_id = paid(world, person_id)
    citizen(world, other).bill()
    asked = erasing(world, person_id)
    asked.requested()
    asked.completed()
    fetches = world.mongo.db["bill_fetches"]
    assert [fetches.count_documents({"person_id": whose}) for whose in (person_id, other)] == [0, 1]
    assert world.stored(payment_id)["state"] == "COMPLETED"


def test_a_person_takes_the_own_part_along_and_nobody_elses(world: World) -> None:
    person_id = somebody()
    payment_id = paid(world, person_id)
    citizen(world, somebody()).bill()
    part = json_of(citizen(world, person_id).get("/v1/privacy/export/billing"))
    assert [item["kind"] for item in part["items"]] == ["payment", "bill-fetch"]
    assert part["items"][0]["id"] == payment_id
    assert part["items"][0]["says"]["customer_params"].keys() == {"k_number"}
