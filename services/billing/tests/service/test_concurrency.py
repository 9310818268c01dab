"""Twenty threads at once: one payment per key, and no wallet below its limit."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.support.world import World, another_consumer, inr, json_of, new_key

from billing.application.payments.sweep_payments import SweepPayments
from billing.application.wallets.open_wallet import OpenWallet
from servicekit.instants import utc_now

THREADS = 20


def all_at_once(act: Callable[[int], Any]) -> list[Any]:
    """What `act` returned to each of twenty threads that began together."""
    barrier = Barrier(THREADS)

    def run(number: int) -> Any:
        barrier.wait(10)
        return act(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_twenty_requests_with_one_key_make_one_payment(world: World) -> None:
    centre, key = world.centre(), new_key()
    bill = centre.bill()

    answers = all_at_once(lambda _: centre.pay(bill, key))

    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({json_of(answer)["payment_id"] for answer in answers}) == 1
    assert Counter("Idempotent-Replayed" in answer.headers for answer in answers) == {True: 19, False: 1}
    assert world.mongo.db.payments.count_documents({"kiosk_id": centre.kiosk_id}) == 1
    assert centre.wallet()["balance"] == inr(10_000_000 - 152_500)


def test_twenty_keys_for_one_bill_make_one_payment(world: World) -> None:
    centre = world.centre()
    bill = centre.bill()

    answers = all_at_once(lambda _: centre.pay(bill))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert centre.wallet()["balance"] == inr(10_000_000 - 152_500)


def test_one_bill_fetched_by_twenty_centres_is_paid_once(world: World) -> None:
    centres, number = [world.centre() for _ in range(THREADS)], another_consumer()
    bills = [centre.bill(number) for centre in centres]

    answers = all_at_once(lambda each: centres[each].pay(bills[each]))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    assert {json_of(answer)["code"] for answer in answers if answer.status_code == 409} == {"bill-already-paid"}
    assert centres[0].pay(centres[0].bill(number)).status_code == 201, "the biller's next bill"


def test_twenty_payments_that_drain_one_wallet_stop_at_its_limit(world: World) -> None:
    centre = world.centre(7 * 152_500 + 1)
    bills = [centre.bill(another_consumer()) for _ in range(THREADS)]

    answers = all_at_once(lambda number: centre.pay(bills[number]))

    assert Counter(answer.status_code for answer in answers) == {201: 7, 409: 13}
    assert centre.wallet()["balance"] == inr(1)


def test_credit_is_used_to_its_limit_and_not_beyond(world: World) -> None:
    centre = world.centre(1)
    kiosk_id = centre.kiosk_id or ""
    world.mongo.transact(
        lambda session: world.billing.within(session).open_wallet(
            OpenWallet(kiosk_id, "102", 3 * 152_500 - 1, utc_now())
        )
    )
    bills = [centre.bill(another_consumer()) for _ in range(THREADS)]

    answers = all_at_once(lambda number: centre.pay(bills[number]))

    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 17}
    wallet = centre.wallet()
    assert (wallet["available"], wallet["credit_limit"]) == (inr(1 - 3 * 152_500), inr(3 * 152_500 - 1))


def test_sweepers_side_by_side_complete_each_payment_once(world: World) -> None:
    centre = world.centre()
    payment_ids = [json_of(centre.pay(centre.bill("100000000010")))["payment_id"] for _ in range(5)]
    for payment_id in payment_ids:
        world.make_due(payment_id)

    all_at_once(lambda _: world.billing.sweep_payments(SweepPayments()))

    for payment_id in payment_ids:
        world.sweep_until(payment_id, "COMPLETED")
        assert world.events_of(payment_id) == ["payment.completed.v1"]
        assert world.kinds_of(payment_id) == ["hold", "post"]


def test_payments_of_several_centres_share_transactions_and_are_each_paid_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    centres = [world.centre() for _ in range(THREADS)]
    bills = [centre.bill(another_consumer()) for centre in centres]
    transactions = count_transactions(world, monkeypatch)

    answers = all_at_once(lambda number: centres[number].pay(bills[number]))

    assert {answer.status_code for answer in answers} == {201}
    assert transactions() < 2 * THREADS, "each had an intent and an outcome of its own"
    for centre, answer in zip(centres, answers, strict=True):
        payment_id = json_of(answer)["payment_id"]
        assert json_of(answer)["receipt"]["receipt_number"]
        assert world.kinds_of(payment_id) == ["hold", "post"]
        assert world.events_of(payment_id) == ["payment.completed.v1"]
        assert centre.wallet()["balance"] == inr(10_000_000 - 152_500)


def test_a_centre_without_money_does_not_keep_others_from_paying(world: World) -> None:
    centres = [world.centre(1 if number % 4 == 0 else 10_000_000) for number in range(THREADS)]
    bills = [centre.bill(another_consumer()) for centre in centres]

    answers = all_at_once(lambda number: centres[number].pay(bills[number]))

    assert [answer.status_code for answer in answers] == [409 if number % 4 == 0 else 201 for number in range(THREADS)]
    for number in range(0, THREADS, 4):
        assert centres[number].wallet()["balance"] == inr(1)


def count_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many transactions were run since; the real ones, counted on their way."""
    run, counted = world.mongo.transact, []

    def transact(callback: Callable[[Any], Any]) -> Any:
        counted.append(callback)
        return run(callback)

    monkeypatch.setattr(world.mongo, "transact", transact)
    return lambda: len(counted)


def test_centres_that_pay_parts_of_one_bill_at_the_same_time_pay_no_more_than_is_due(world: World) -> None:
    consumer, centres = "100000000008", [world.centre() for _ in range(THREADS)]
    bills = [centre.bill(consumer, biller_id="JdVVNL") for centre in centres]

    answers = all_at_once(lambda number: centres[number].pay(bills[number], amount=inr(200_000)))

    assert Counter(answer.status_code for answer in answers) == {201: 2, 422: 18}
    refused = next(json_of(answer) for answer in answers if answer.status_code == 422)
    assert (refused["code"], refused["errors"][0]["code"]) == ("amount-not-accepted", "amount-too-high")
    last = centres[0].bill(consumer, biller_id="JdVVNL")
    assert last["amount"] == inr(500_000)
