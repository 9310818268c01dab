"""Penalties that the register imposed, on a real MongoDB."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.messages import deliver, example
from tests.support.world import Caller, World, another_consumer, inr, json_of

from billing.application.books.check_books import CheckBooks
from billing.domain.calendar import civil_day
from servicekit.instants import rfc3339, utc_now


def imposed(kiosk_id: str | None, paise: int, **data: Any) -> dict[str, Any]:
    penalty_id = f"pen_{secrets.token_hex(16)}"
    event = {"penalty_id": penalty_id, "kiosk_id": kiosk_id, "amount": inr(paise)}
    return example("penalty.imposed.v1", **{**event, **data}) | {"subject": penalty_id}


def in_order(world: World) -> bool:
    return world.billing.check_books(CheckBooks(utc_now())).in_order


def test_a_penalty_is_taken_from_the_wallet_once_however_often_it_is_told(world: World) -> None:
    centre = world.centre()
    before = centre.wallet()["balance"]["amount"]
    event = imposed(centre.kiosk_id, 100_000, imposed_at="2026-11-23T05:41:07.312Z")
    again = {**event, "id": "01a207c7-d870-7455-81f7-84df2672ac99"}

    deliver(world, event, event, again)

    assert centre.wallet()["balance"] == inr(before - 100_000)
    assert in_order(world)


def test_the_statement_says_what_it_was_in_both_languages(world: World) -> None:
    centre = world.centre()
    at = utc_now()
    deliver(world, imposed(centre.kiosk_id, 50_000, imposed_at=rfc3339(at)))

    day = civil_day(at)
    lines = json_of(centre.get(f"/v1/wallets/{centre.kiosk_id}/statement?from={day}&to={day}"))["items"]

    assert ("penalty", "Penalty", "दंड", inr(-50_000)) in [
        (line["kind"], line["says"], line["says_hi"], line["amount"]) for line in lines
    ]


def test_a_wallet_that_holds_less_gives_what_it_has_and_the_rest_is_owed(world: World) -> None:
    kiosk_id = f"ksk_RJ117{secrets.randbelow(100_000):05d}"
    deliver(world, example("kiosk.approved.v1", kiosk_id=kiosk_id, credit_limit=inr(30_000)))

    deliver(world, imposed(kiosk_id, 100_000, lsp_share=inr(20_000)))

    assert Caller(world.http, kiosk_id=kiosk_id).wallet()["balance"] == inr(-30_000)
    entry = world.mongo.db.journal.find_one({"kiosk_id": kiosk_id, "kind": "penalty"})
    assert entry is not None
    assert {leg["account"].split(":")[0]: leg["paise"] for leg in entry["legs"]} == {
        "wallet": -30_000,
        "penalties-owed": -50_000,
        "penalties-of-provider": -20_000,
        "penalties": 100_000,
    }
    assert in_order(world)


def test_a_centre_that_has_no_wallet_yet_owes_it_and_a_warning_is_no_entry(world: World) -> None:
    kiosk_id = f"ksk_RJ117{secrets.randbelow(100_000):05d}"

    deliver(world, imposed(kiosk_id, 100_000), imposed(kiosk_id, 0))

    (entry,) = world.mongo.db.journal.find({"kiosk_id": kiosk_id})
    assert [leg["paise"] for leg in entry["legs"]] == [-100_000, 100_000]
    assert in_order(world)


def test_a_penalty_and_payments_at_once_never_overdraw_the_wallet(world: World) -> None:
    centre = world.centre()
    bills = [centre.bill(another_consumer()) for _ in range(4)]
    balance = centre.wallet()["balance"]["amount"]

    with ThreadPoolExecutor(5) as pool:
        penalty = pool.submit(deliver, world, imposed(centre.kiosk_id, balance))
        list(pool.map(centre.pay, bills))
        penalty.result()

    assert world.mongo.db.journal.count_documents({"kiosk_id": centre.kiosk_id, "kind": "penalty"}) == 1
    assert in_order(world)
