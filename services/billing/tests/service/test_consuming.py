"""What billing does with the events of other services."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.messages import deliver, example
from tests.support.world import Caller, World, another_consumer, inr, json_of, new_key

from billing.application.books.check_books import CheckBooks
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet
from servicekit.instants import utc_now

FEES = "EMITRA-FEES"


def new_application() -> str:
    return f"app_{secrets.token_hex(16)}"


def new_kiosk() -> str:
    return f"ksk_RJ117{secrets.randbelow(100_000):05d}"


def test_an_approved_centre_gets_a_wallet_with_its_credit_limit(world: World) -> None:
    kiosk_id = new_kiosk()

    deliver(world, example("kiosk.approved.v1", kiosk_id=kiosk_id, credit_limit=inr(500_000)))

    wallet = Caller(world.http, kiosk_id=kiosk_id).wallet()
    assert (wallet["balance"], wallet["credit_limit"]) == (inr(0), inr(500_000))


def test_the_district_of_a_payment_is_the_registers_word_and_not_read_from_a_code(world: World) -> None:
    told, silent = world.centre(), world.centre()
    deliver(world, example("kiosk.approved.v1", kiosk_id=told.kiosk_id, district_code="86"))

    payments = [json_of(centre.pay(centre.bill(another_consumer())))["payment_id"] for centre in (told, silent)]

    assert [world.event_of(payment_id)["district_code"] for payment_id in payments] == ["86", None]


def suspended(centre: Caller, sequence: int, **data: Any) -> dict[str, Any]:
    event = {"kiosk_id": centre.kiosk_id, "suspended_at": "2026-11-01T00:00:00.000Z", "suspended_until": None}
    return example("kiosk.suspended.v1", **{**event, **data}) | {"subject": centre.kiosk_id, "sequence": str(sequence)}


def reinstated(centre: Caller, sequence: int, event: str = "kiosk.reinstated.v1", **data: Any) -> dict[str, Any]:
    return example(event, kiosk_id=centre.kiosk_id, **data) | {"subject": centre.kiosk_id, "sequence": str(sequence)}


def test_a_suspended_centre_neither_fetches_nor_pays_until_it_is_reinstated(world: World) -> None:
    centre = world.centre()
    consumer = another_consumer()
    bill = centre.bill(consumer)
    until = "2999-12-31T00:00:00.000Z"

    deliver(world, suspended(centre, 2, suspended_until=until, reason="overcharging"))

    for refused in (centre.fetch(consumer), centre.pay(bill)):
        problem = json_of(refused)
        assert (refused.status_code, problem["code"]) == (403, "centre-suspended"), problem
        assert (problem["suspended_until"], problem["reason"]) == (until, "overcharging")
        assert problem["title_hi"] == "केंद्र निलंबित है"
    assert centre.wallet()["held"] == inr(0)
    deliver(world, reinstated(centre, 3, reinstated_at="2026-11-02T00:00:00.000Z"))
    assert centre.fetch(consumer).status_code == 201
    assert centre.pay(bill).status_code == 201


def test_what_a_centre_began_before_its_suspension_goes_to_its_end_and_is_answered(world: World) -> None:
    centre, key = world.centre(), new_key()
    bill = centre.bill("100000000010")
    begun = centre.pay(bill, key)
    assert begun.status_code == 202

    deliver(world, suspended(centre, 2))

    payment_id = json_of(begun)["payment_id"]
    world.make_due(payment_id)
    world.sweep_until(payment_id, "COMPLETED")
    again = centre.pay(bill, key)
    assert (again.status_code, json_of(again)["status"]) == (201, "COMPLETED")
    assert centre.payment(payment_id)["receipt"] is not None


def test_a_suspension_ends_by_itself(world: World) -> None:
    centre = world.centre()

    deliver(world, suspended(centre, 2, suspended_until="2026-11-10T00:00:00.000Z"))

    assert centre.pay(centre.bill(another_consumer())).status_code == 201


def test_a_suspension_that_arrives_after_its_reinstatement_changes_nothing(world: World) -> None:
    centre = world.centre()

    deliver(world, reinstated(centre, 3, reinstated_at="2026-11-02T00:00:00.000Z"))
    deliver(world, suspended(centre, 2))

    assert centre.pay(centre.bill(another_consumer())).status_code == 201


def test_a_late_approval_neither_reinstates_a_centre_nor_is_lost(world: World) -> None:
    centre = Caller(world.http, kiosk_id=new_kiosk())

    deliver(world, suspended(centre, 2))
    deliver(world, reinstated(centre, 1, "kiosk.approved.v1", credit_limit=inr(500_000)))

    assert centre.wallet()["credit_limit"] == inr(500_000)
    assert json_of(centre.fetch(another_consumer()))["code"] == "centre-suspended"


def test_a_closed_centre_begins_nothing_any_more(world: World) -> None:
    centre = world.centre()
    bill = centre.bill(another_consumer())

    deliver(world, reinstated(centre, 4, "kiosk.closed.v1"))

    refused = centre.pay(bill)
    assert (refused.status_code, json_of(refused)["code"]) == (403, "centre-closed")
    assert world.portal().fetch(another_consumer()).status_code == 201


def test_approval_and_sandbox_money_may_come_in_either_order(world: World) -> None:
    first, second = new_kiosk(), new_kiosk()
    world.billing.fund_sandbox_wallet(FundSandboxWallet(first, 100_000, utc_now()))

    deliver(
        world,
        example("kiosk.approved.v1", kiosk_id=first, credit_limit=inr(5_000)),
        example("kiosk.approved.v1", kiosk_id=second, credit_limit=inr(5_000)),
    )
    world.billing.fund_sandbox_wallet(FundSandboxWallet(second, 100_000, utc_now()))

    wallets = [Caller(world.http, kiosk_id=kiosk_id).wallet() for kiosk_id in (first, second)]
    assert [(w["available"], w["credit_limit"]) for w in wallets] == [(inr(100_000), inr(5_000))] * 2


def test_a_redelivered_approval_changes_nothing_even_under_another_message_id(world: World) -> None:
    kiosk_id = new_kiosk()
    approved = example("kiosk.approved.v1", kiosk_id=kiosk_id, credit_limit=inr(500_000))
    again = example("kiosk.approved.v1", kiosk_id=kiosk_id, credit_limit=inr(900_000))
    deliver(world, approved)

    deliver(world, approved)
    deliver(world, again)

    assert Caller(world.http, kiosk_id=kiosk_id).wallet()["credit_limit"] == inr(500_000)


def test_the_fee_of_a_submitted_application_is_paid_like_a_bill(world: World) -> None:
    application_id, centre = new_application(), world.centre(10_000)
    deliver(
        world,
        example(
            "application.submitted.v1",
            application_id=application_id,
            fee=inr(3_000),
            fee_order="Order of 2014",
            fee_order_hi="2014 का आदेश",
        ),
    )

    bill = centre.bill(application_id, biller_id=FEES, name="application_id")
    payment = json_of(centre.pay(bill))

    assert (bill["amount"], bill["service_charge"], bill["fee_order"]) == (inr(3_000), inr(0), "Order of 2014")
    assert bill["fee_order_hi"] == "2014 का आदेश"
    assert (payment["status"], payment["receipt"]["fee_order"]) == ("COMPLETED", "Order of 2014")
    assert payment["receipt"]["fee_order_hi"] == "2014 का आदेश"
    assert payment["application_id"] == application_id
    entry = world.mongo.db.journal.find_one({"payment_id": payment["payment_id"], "kind": "post"})
    assert entry is not None
    legs = {leg["account"]: leg["paise"] for leg in entry["legs"] if leg["account"].startswith("revenue:")}
    assert legs == {"revenue:suspense": 1_500, "revenue:delivery": 1_500}
    event = world.event_of(payment["payment_id"])
    assert (event["application_id"], event["category"]) == (application_id, "APPLICATION_FEE")


def test_a_fee_is_paid_once_however_often_it_is_fetched(world: World) -> None:
    application_id, centre, portal = new_application(), world.centre(), world.portal()
    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(3_000)))
    first = centre.bill(application_id, biller_id=FEES, name="application_id")
    second = portal.bill(application_id, biller_id=FEES, name="application_id")
    assert centre.pay(first).status_code == 201

    twice = portal.pay(second, mode="CARD", payment_instrument="tok_sandbox_ok")

    assert (twice.status_code, json_of(twice)["code"]) == (409, "bill-already-paid")
    later = json_of(centre.fetch(application_id, biller_id=FEES, name="application_id"))
    assert later["status"] == "NOTHING_DUE"


def test_a_fee_demand_that_has_not_arrived_is_worth_another_try_in_a_second(world: World) -> None:
    application_id, centre = new_application(), world.centre()

    early = centre.fetch(application_id, biller_id=FEES, name="application_id")
    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(3_000)))
    later = centre.fetch(application_id, biller_id=FEES, name="application_id")

    assert (early.status_code, json_of(early)["code"]) == (404, "fee-demand-not-found")
    assert (json_of(early)["retryable"], early.headers["Retry-After"]) == (True, "1")
    assert later.status_code == 201


def test_an_application_that_costs_nothing_raises_no_demand(world: World) -> None:
    application_id = new_application()

    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(0)))

    assert world.mongo.db.fee_demands.find_one({"application_id": application_id}) is None


def test_a_redelivered_submission_raises_no_second_demand(world: World) -> None:
    application_id = new_application()
    for fee in (inr(3_000), inr(5_000)):
        deliver(world, example("application.submitted.v1", application_id=application_id, fee=fee))

    demands = list(world.mongo.db.fee_demands.find({"application_id": application_id}))
    assert [demand["fee_paise"] for demand in demands] == [3_000]


def test_a_refused_fee_is_handed_to_people_once_with_its_reason_and_a_due_time(world: World) -> None:
    payment_id = f"pay_{secrets.token_hex(16)}"
    refused = example("fee.refused.v1", payment_id=payment_id, reason="paid-twice")
    again = example("fee.refused.v1", payment_id=payment_id, reason="paid-late", refused_at="2026-12-24T00:00:00.000Z")
    deliver(world, refused)

    deliver(world, refused)
    deliver(world, again)

    (found,) = world.mongo.db.breaks.find({"payment_id": payment_id})
    assert (found["kind"], found["owner"], found["status"]) == ("fee-refused", "operations", "open")
    assert found["detail"] == f"not the fee of {refused['data']['application_id']}: paid-twice"
    assert found["due_at"] - found["opened_at"] == world.billing.settings.pace().deadline
    assert found["opened_at"].isoformat(timespec="milliseconds") == "2026-11-23T05:42:30.604+00:00"


def test_a_refused_fee_that_people_have_returned_is_not_opened_again(world: World) -> None:
    payment_id = f"pay_{secrets.token_hex(16)}"
    deliver(world, example("fee.refused.v1", payment_id=payment_id))
    world.mongo.db.breaks.update_one({"payment_id": payment_id}, {"$set": {"status": "closed"}})

    deliver(world, example("fee.refused.v1", payment_id=payment_id))

    assert [each["status"] for each in world.mongo.db.breaks.find({"payment_id": payment_id})] == ["closed"]


def test_a_payment_whose_fee_is_refused_stays_completed_and_is_given_back_once_and_its_fee_stays_paid_for(
    world: World,
) -> None:
    application_id, centre = new_application(), world.centre(10_000)
    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(3_000)))
    bill = centre.bill(application_id, biller_id=FEES, name="application_id")
    payment_id = json_of(centre.pay(bill))["payment_id"]
    refused = example("fee.refused.v1", payment_id=payment_id, application_id=application_id)

    for event in (refused, refused, example("fee.refused.v1", payment_id=payment_id, application_id=application_id)):
        deliver(world, event)
    (begun,) = world.mongo.db.refunds.find({"payment_id": payment_id})
    world.sweep_refund_until(begun["_id"], "REFUNDED")

    assert centre.wallet()["available"] == inr(10_000)
    shown = centre.payment(payment_id)
    assert (shown["status"], shown["refunded"]) == ("COMPLETED", inr(3_000))
    assert world.events_of(payment_id) == ["payment.completed.v1", "payment.refunded.v1"]
    assert centre.pay(bill).status_code == 409
    assert world.billing.check_books(CheckBooks(utc_now())).in_order


def test_of_a_withdrawn_application_the_fee_goes_back_once_where_a_rule_says_so_and_never_without_one(
    world: World,
) -> None:
    application_id, centre = new_application(), world.centre(10_000)
    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(3_000)))
    payment_id = json_of(centre.pay(centre.bill(application_id, biller_id=FEES, name="application_id")))["payment_id"]
    withdrawn_at = "2026-11-23T05:42:30.604Z"
    about = {"application_id": application_id, "payment_id": payment_id, "withdrawn_at": withdrawn_at}
    deliver(world, example("application.withdrawn.v1", **about, refund_due=False, refund=inr(0)))
    assert world.mongo.db.refunds.count_documents({"payment_id": payment_id}) == 0
    assert centre.wallet()["available"] == inr(7_000)

    for _ in range(2):
        deliver(world, example("application.withdrawn.v1", **about, refund_due=True, refund=inr(2_000)))
    (begun,) = world.mongo.db.refunds.find({"payment_id": payment_id})
    world.sweep_refund_until(begun["_id"], "REFUNDED")

    assert centre.wallet()["available"] == inr(9_000)
    (row,) = world.mongo.db.outbox.find({"aggregate.id": payment_id, "routing_key": "payment.refunded.v1"})
    told = json.loads(row["body"])["data"]
    assert (told["reason"], told["application_id"], told["in_full"]) == ("application-withdrawn", application_id, False)
    assert world.billing.check_books(CheckBooks(utc_now())).in_order


def test_two_words_at_once_of_one_refused_fee_give_it_back_once(world: World) -> None:
    application_id, centre = new_application(), world.centre(10_000)
    deliver(world, example("application.submitted.v1", application_id=application_id, fee=inr(3_000)))
    payment_id = json_of(centre.pay(centre.bill(application_id, biller_id=FEES, name="application_id")))["payment_id"]
    told = [example("fee.refused.v1", payment_id=payment_id, application_id=application_id) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda event: deliver(world, event), told))

    assert world.mongo.db.refunds.count_documents({"payment_id": payment_id}) == 1
