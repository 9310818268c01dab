"""Topping a wallet up, as centres see it: over the real provider's simulator and a real database."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.service.test_crashes import ask_and_die
from tests.support.world import Caller, World, inr, json_of, new_key

from billing.application.centres.note_standing import NoteStanding
from billing.domain.centres import Standing
from billing.settings import Settings
from servicekit.http import Person
from servicekit.instants import utc_now

OF_A_STATE = Person("per_" + "a" * 32, "state_admin")


def events_of(world: World, aggregate_id: str) -> list[dict[str, Any]]:
    rows = world.mongo.db.outbox.find({"aggregate.id": aggregate_id}).sort("_id", 1)
    return [json.loads(row["body"]) for row in rows]


def stand(world: World, kiosk_id: str, standing: Standing, **changes: Any) -> None:
    with world.mongo.client.start_session() as session:
        command = NoteStanding(kiosk_id, "102", standing, since=utc_now(), reason="overcharging", **changes)
        world.billing.within(session).note_standing(command)


def test_a_top_up_is_in_the_wallet_with_its_answer_and_is_told_once(world: World) -> None:
    centre = world.centre(10_000)

    answer = centre.top_up(500_000)

    shown = json_of(answer)
    assert (answer.status_code, shown["status"], shown["credited_at"] is not None) == (201, "CREDITED", True)
    assert answer.headers["Location"] == f"/v1/wallets/{centre.kiosk_id}/top-ups/{shown['top_up_id']}"
    assert json_of(centre.get(answer.headers["Location"])) == shown
    assert centre.wallet()["available"] == inr(510_000)
    (told,) = events_of(world, shown["top_up_id"])
    assert told["type"] == "org.emitra.wallet.funded.v1"
    assert told["data"]["amount"] == inr(500_000)


def test_a_key_tops_up_once_however_often_it_is_sent_at_once(world: World) -> None:
    centre, key = world.centre(0), new_key()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: centre.top_up(50_000, key), range(8)))
    told = {json_of(answer)["top_up_id"] for answer in answers if answer.status_code in (201, 202)}
    assert {answer.status_code for answer in answers} <= {201, 202, 409}
    (top_up_id,) = told
    # On a busy machine the provider may answer too late, and the sweeper asks again.
    world.sweep_top_up_until(top_up_id, "CREDITED")
    assert centre.wallet()["available"] == inr(50_000)
    assert centre.top_up(60_000, key).status_code == 422


def test_a_refused_instrument_takes_nothing_and_says_so_in_both_languages(world: World) -> None:
    centre = world.centre(10_000)
    shown = json_of(centre.top_up(50_000, payment_instrument="tok_sandbox_declined"))
    assert (shown["status"], shown["refusal"], shown["credited_at"]) == ("REFUSED", "insufficient-funds", None)
    assert shown["says_hi"] != shown["says"]
    assert centre.wallet()["available"] == inr(10_000)
    assert events_of(world, shown["top_up_id"]) == []


def test_what_is_in_doubt_is_found_out_by_inquiry_alone(world: World) -> None:
    centre = world.centre(0)
    world.psp.faults(drop_response_next=1)
    answer = centre.top_up(50_000)
    shown = json_of(answer)
    assert (answer.status_code, shown["status"], answer.headers["Retry-After"]) == (202, "IN_DOUBT", "2")
    assert centre.wallet()["available"] == inr(0)

    world.sweep_top_up_until(shown["top_up_id"], "CREDITED")

    assert centre.wallet()["available"] == inr(50_000)
    assert [each["times_received"] for each in world.psp.charges(f"{shown['top_up_id']}:top-up")] == [1]
    assert len(events_of(world, shown["top_up_id"])) == 1


def test_a_pending_top_up_that_nobody_can_end_by_the_deadline_is_peoples_and_still_ends_by_its_answer(
    world: World,
) -> None:
    centre = world.centre(0)
    top_up_id = json_of(centre.top_up(50_000, payment_instrument="tok_sandbox_pending"))["top_up_id"]
    world.make_top_up_due(top_up_id, deadline_at=utc_now())
    world.sweep_top_up_until(top_up_id, "MANUAL")
    found = world.mongo.db.breaks.find_one({"top_up_id": top_up_id})
    assert found is not None
    assert (found["status"], found["owner"], found["kind"]) == ("open", "operations", "top-up-unresolved")

    world.psp.advance(601)
    world.make_top_up_due(top_up_id)
    world.sweep_top_up_until(top_up_id, "CREDITED")
    found = world.mongo.db.breaks.find_one({"top_up_id": top_up_id})
    assert found is not None
    assert found["status"] == "resolved"
    assert centre.wallet()["available"] == inr(50_000)


@pytest.mark.parametrize("crash_point", ["T1", "T2", "A2"])
def test_a_top_up_interrupted_anywhere_is_credited_once(world: World, settings: Settings, crash_point: str) -> None:
    centre, key = world.centre(0), new_key()
    body = {"amount": inr(50_000), "mode": "UPI", "payment_instrument": "tok_sandbox_ok"}
    path = f"/v1/wallets/{centre.kiosk_id}/top-ups"

    ask_and_die(world, settings, crash_point, path, body, key, centre.headers(None)["Authorization"])
    repeated = centre.post(path, body, key)

    assert repeated.headers["Idempotent-Replayed"] == "true"
    top_up_id = json_of(repeated)["top_up_id"]
    if crash_point != "A2":
        assert repeated.status_code == 202
        world.make_top_up_due(top_up_id)
    world.sweep_top_up_until(top_up_id, "CREDITED")
    assert centre.wallet()["available"] == inr(50_000)
    assert [each["times_received"] for each in world.psp.charges(f"{top_up_id}:top-up")] == [1]
    assert len(events_of(world, top_up_id)) == 1


def test_the_limits_are_data_and_an_amount_outside_is_refused_with_the_limit(world: World) -> None:
    centre = world.centre(0)
    wallet = centre.wallet()
    assert (wallet["least_top_up"], wallet["most_top_up"], wallet["low_limit"]) == (
        inr(10_000),
        inr(20_000_000),
        inr(50_000),
    )
    for paise, code, told in ((9_999, "amount-too-low", "₹100.00"), (20_000_001, "amount-too-high", "₹2,00,000.00")):
        answer = centre.top_up(paise)
        (problem,) = json_of(answer)["errors"]
        assert (answer.status_code, problem["pointer"], problem["code"]) == (422, "/amount/amount", code)
        assert told in problem["detail"]
        assert told in problem["detail_hi"]
    assert [centre.top_up(paise).status_code for paise in (10_000, 20_000_000)] == [201, 201]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": inr(0)}, "/amount/amount"),
        ({"amount": {"amount": 100.5, "currency": "INR"}}, "/amount/amount"),
        ({"amount": {"amount": 10_000, "currency": "USD"}}, "/amount/currency"),
        ({"mode": "WALLET"}, "/mode"),
        ({"payment_instrument": "4111 1111 1111 1111"}, "/payment_instrument"),
        ({"payment_instrument": "tok_x\n"}, "/payment_instrument"),
        ({"reference": "of-my-own"}, "/reference"),
    ],
)
def test_bad_input_names_the_field(world: World, body: dict[str, Any], pointer: str) -> None:
    answer = world.centre(0).top_up(50_000, **body)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in json_of(answer)["errors"]] == [pointer]


def test_nobody_tops_up_or_looks_into_anothers_wallet(world: World) -> None:
    own, other = world.centre(0), world.centre(0)
    top_up_id = json_of(own.top_up(50_000))["top_up_id"]
    assert other.top_up(50_000, kiosk_id=own.kiosk_id).status_code == 404
    assert world.portal().top_up(50_000, kiosk_id=own.kiosk_id).status_code == 404
    for path in ("top-ups", f"top-ups/{top_up_id}", "day-book?from=2026-01-01&to=2026-01-02"):
        assert other.get(f"/v1/wallets/{own.kiosk_id}/{path}").status_code == 404
    assert other.get(f"/v1/wallets/{other.kiosk_id}/top-ups/{top_up_id}").status_code == 404
    staff = Caller(world.http, kiosk_id=own.kiosk_id, person=Person("per_" + "b" * 32, "staff"))
    assert staff.top_up(50_000).status_code == 403
    for kiosk_id in ("nobody", "ksk_RJ1", "%24where", "..", "ksk_RJ99999999"):
        assert own.top_up(50_000, kiosk_id=kiosk_id).status_code == 404
    state = Caller(world.http, person=OF_A_STATE)
    assert state.get(f"/v1/wallets/{own.kiosk_id}/top-ups").status_code == 200
    assert state.top_up(50_000, kiosk_id=own.kiosk_id).status_code == 403


def test_a_frozen_wallet_takes_no_top_up_and_gets_what_was_begun(world: World) -> None:
    centre = world.centre(0)
    assert centre.kiosk_id is not None
    world.psp.faults(drop_response_next=1)
    begun = json_of(centre.top_up(50_000))["top_up_id"]
    stand(world, centre.kiosk_id, Standing.SUSPENDED, until=utc_now() + timedelta(days=15))

    refused = centre.top_up(50_000)

    assert (refused.status_code, json_of(refused)["code"]) == (403, "centre-suspended")
    frozen = centre.wallet()["frozen"]
    assert frozen["reason"] == "overcharging"
    assert frozen["until"] is not None
    world.sweep_top_up_until(begun, "CREDITED")
    assert centre.wallet()["available"] == inr(50_000)
    stand(world, centre.kiosk_id, Standing.OPEN)
    assert centre.wallet()["frozen"] is None
    assert centre.top_up(50_000).status_code == 201


def test_top_ups_are_listed_in_pages_the_latest_first(world: World) -> None:
    centre = world.centre(0)
    made = [json_of(centre.top_up(10_000 + number))["top_up_id"] for number in range(5)]
    path, listed = f"/v1/wallets/{centre.kiosk_id}/top-ups?limit=2", []
    following: str | None = ""
    while following is not None:
        page = json_of(centre.get(path + (f"&cursor={following}" if following else "")))
        listed += [item["top_up_id"] for item in page["items"]]
        following = page["next"]
    assert listed == made[::-1]
    assert centre.get(path + "&cursor=" + secrets.token_hex(8)).status_code == 422


def test_many_top_ups_of_two_centres_at_once_add_up(world: World) -> None:
    first, second = world.centre(0), world.centre(0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: (first, second)[number % 2].top_up(10_000), range(20)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    for answer in answers:
        world.sweep_top_up_until(json_of(answer)["top_up_id"], "CREDITED")
    assert [centre.wallet()["available"] for centre in (first, second)] == [inr(100_000)] * 2


def test_a_centre_does_not_wait_for_another_whose_wallet_is_in_a_transaction(world: World) -> None:
    busy, other = world.centre(0), world.centre(0)
    with world.mongo.client.start_session() as session, session.start_transaction():
        world.mongo.db.wallets.update_one({"_id": busy.kiosk_id}, {"$set": {"taken": True}}, session=session)
        assert other.top_up(50_000).status_code == 201
        session.abort_transaction()
