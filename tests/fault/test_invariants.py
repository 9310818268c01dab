"""The auditor of every fault test: it finds a working platform's books in order, and each kind of damage in them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from emitra_local import journeys
from emitra_local.stack import Stack
from tests.support.invariants import QUEUES, YOUNGER_QUEUES, Books, assert_invariants, broken_invariants
from tests.support.platform import Platform

Row = dict[str, Any]


@pytest.fixture(scope="module")
def true_books(stack: Stack, platform: Platform) -> Books:
    """Of a platform where a bill was paid by wallet and one by card, one was declined, one given back, a certificate
    issued, and a wallet topped up, once in vain."""
    journeys.perform(stack.run_info, Console(quiet=True))
    portal = platform.client("portal-sandbox")
    for consumer, instrument in (("200000000951", "tok_sandbox_ok"), ("200000000952", "tok_sandbox_declined")):
        answer = portal.pay(portal.fetch_bill(consumer), mode="CARD", payment_instrument=instrument)
        assert answer.status in {201, 202}, answer
    kiosk = platform.client("kiosk-jaipur")
    paid = kiosk.pay(kiosk.fetch_bill("200000000953"), mode="UPI", payment_instrument="tok_sandbox_ok").json
    paid = kiosk.payment_when(paid["payment_id"], "COMPLETED")
    back = {"amount": paid["total"], "refundable": paid["refundable"], "reason": "cancelled", "destination": "SOURCE"}
    assert kiosk.post(f"/v1/payments/{paid['payment_id']}/refunds", back).status == 201
    for instrument in ("tok_sandbox_ok", "tok_sandbox_declined"):
        money = {"amount": {"amount": 50_000, "currency": "INR"}, "mode": "UPI", "payment_instrument": instrument}
        assert kiosk.post(f"/v1/wallets/{kiosk.kiosk_id}/top-ups", money).status == 201
    return assert_invariants(stack)


@pytest.fixture
def books(true_books: Books) -> Books:
    return copy.deepcopy(true_books)


def payment_of(books: Books, **members: Any) -> Row:
    return next(p for p in books.payments.values() if all(p[name] == value for name, value in members.items()))


def paid_by_wallet(books: Books) -> Row:
    return payment_of(books, mode="WALLET", state="COMPLETED", application_id=None)


def paid_by_card(books: Books) -> Row:
    return payment_of(books, mode="CARD", state="COMPLETED")


def entry(books: Books, payment: Row, kind: str) -> Row:
    return next(e for e in books.journal if e.get("payment_id") == payment["_id"] and e["kind"] == kind)


def event(books: Books, routing_key: str) -> Row:
    return next(row for rows in books.outboxes.values() for row in rows if row["routing_key"] == routing_key)


def told(rows: list[Row], payment: Row) -> Row:
    return next(row for row in rows if row["request_id"].startswith(payment["_id"]))


def unbalance(books: Books) -> None:
    entry(books, paid_by_wallet(books), "post")["legs"][-1]["paise"] += 1


def lose_the_posting(books: Books) -> None:
    books.journal.remove(entry(books, paid_by_wallet(books), "post"))


def pay_a_biller_that_was_given_another_amount(books: Books) -> None:
    told(books.billers, paid_by_wallet(books))["amount_paise"] -= 1


def complete_without_a_capture(books: Books) -> None:
    told(books.provider, paid_by_card(books))["capture"] = None


def capture_what_was_declined(books: Books) -> None:
    told(books.provider, payment_of(books, state="AUTH_FAILED"))["capture"] = {"capture_id": "cap_1"}


def hold_for_good_what_was_given_up(books: Books) -> None:
    told(books.provider, payment_of(books, state="AUTH_FAILED"))["status"] = "AUTHORISED"


def pay_the_biller_for_nobody(books: Books) -> None:
    books.billers.append(told(books.billers, paid_by_wallet(books)) | {"request_id": "pay_nobody:post"})


def post_twice(books: Books) -> None:
    second = entry(books, paid_by_wallet(books), "post")
    books.journal.append(second | {"_id": "another", "legs": [leg | {"paise": 0} for leg in second["legs"]]})


def post_at_the_biller_twice(books: Books) -> None:
    first = told(books.billers, paid_by_wallet(books))
    books.billers.append(first | {"request_id": first["request_id"] + "2"})


def capture_and_void(books: Books) -> None:
    told(books.provider, paid_by_card(books))["void"] = {"void_id": "void_1"}


def write_one_receipt_number_twice(books: Books) -> None:
    paid_by_wallet(books)["receipt"]["number"] = paid_by_card(books)["receipt"]["number"]


def complete_without_a_receipt(books: Books) -> None:
    paid_by_wallet(books)["receipt"] = None


def lose_the_event(books: Books) -> None:
    payment_id = paid_by_wallet(books)["_id"]
    books.outboxes["billing"] = [row for row in books.outboxes["billing"] if row["aggregate"]["id"] != payment_id]


def tell_it_twice(books: Books) -> None:
    row = next(row for row in books.outboxes["billing"] if row["aggregate"]["id"] == paid_by_wallet(books)["_id"])
    books.outboxes["billing"].append(row | {"_id": "another"})


def see_it_fail(books: Books) -> None:
    books.view[paid_by_wallet(books)["token"]]["events"][0]["type"] = "payment.failed"


def change_a_wallet(books: Books) -> None:
    books.wallets[0]["available_paise"] -= 1


def leave_it_on_its_way(books: Books) -> None:
    payment = paid_by_card(books)
    payment |= {"state": "POSTED", "version": payment["version"] - 1, "receipt": None}
    payment["history"].pop()
    books.journal.remove(entry(books, payment, "capture"))
    lose = {"payment.completed"}
    books.outboxes["billing"] = [row for row in books.outboxes["billing"] if row["aggregate"]["id"] != payment["_id"]]
    books.view[payment["token"]]["events"] = [
        e for e in books.view[payment["token"]]["events"] if e["type"] not in lose
    ]


def skip_a_state_by_way_of_people(books: Books) -> None:
    payment = paid_by_wallet(books)
    (posted,) = (step for step in payment["history"] if step["state"] == "POSTED")
    posted["state"] = "MANUAL"


def leave_an_event_behind(books: Books) -> None:
    event(books, "application.submitted.v1")["state"] = "pending"


def give_it_to_nobody(books: Books) -> None:
    payment = payment_of(books, state="AUTH_FAILED")
    payment["state"] = payment["history"][-1]["state"] = "MANUAL"
    books.outboxes["billing"] = [row for row in books.outboxes["billing"] if row["aggregate"]["id"] != payment["_id"]]
    del books.view[payment["token"]]


def never_arrive(books: Books) -> None:
    del books.view[paid_by_wallet(books)["token"]]


def lose_it_on_the_way_to(queue: str) -> Callable[[Books], None]:
    """The last event of the queue whose consumer wanted it; or one more, where there was none so far."""

    def damage(books: Books) -> None:
        _, event = queue.split(".", 1)
        # Of those that a producer's outbox tells of: some tests publish by themselves.
        published = [row["_id"] for rows in books.outboxes.values() for row in rows if row["routing_key"] == event]
        arrived = sorted(f"{queue}|{event_id}" for event_id in published if f"{queue}|{event_id}" in books.inboxes)
        if queue in YOUNGER_QUEUES:
            books.inboxes.add(f"{queue}|0")  # it had one before
        if arrived:
            books.inboxes.remove(arrived[-1])
        else:
            row = {"_id": "evt", "state": "sent", "exchange": "certificates.events", "routing_key": event}
            books.outboxes["certificates"].append(row | {"aggregate": {"type": "another", "id": "another"}})

    damage.__name__ = f"lose_it_on_the_way_to_{queue}"
    return damage


def park_it(books: Books) -> None:
    books.letters.append({"message_id": "another", "queue": "gateway.payment.failed.v1", "reason": "ValueError"})


def leave_a_paid_application_where_it_was(books: Books) -> None:
    issued = books.certificates.pop()["application_id"]
    books.applications[issued] |= {"state": "FEE_DUE", "version": 1}
    lines = [line for line in books.application_history if line["application_id"] == issued]
    for line in lines:
        if line["state_after"] != "FEE_DUE":
            books.application_history.remove(line)


def issue_a_number_twice(books: Books) -> None:
    books.certificates.append(books.certificates[0] | {"_id": "another", "application_id": "app_another"})
    books.applications["app_another"] = books.applications[books.certificates[0]["application_id"]]
    books.application_history += [
        line | {"_id": line["_id"].replace(line["application_id"], "app_another"), "application_id": "app_another"}
        for line in books.application_history
        if line["application_id"] == books.certificates[0]["application_id"]
    ]


def issue_without_the_fee(books: Books) -> None:
    issued = (books.applications[certificate["application_id"]] for certificate in books.certificates)
    next(application for application in issued if application["fee"]["paise"])["payment_id"] = None


def lose_the_certificate(books: Books) -> None:
    books.certificates.clear()


def top_up_of(books: Books, state: str) -> Row:
    return next(row for row in books.top_ups if row["state"] == state)


def entry_of_the_top_up(books: Books) -> Row:
    return next(e for e in books.journal if e.get("top_up_id") == top_up_of(books, "CREDITED")["_id"])


def credit_it_again_under_another_name(books: Books) -> None:
    again = entry_of_the_top_up(books) | {"_id": "top_another:top-up"}
    books.journal.append(again)
    wallet = next(w for w in books.wallets if w["_id"] == again["kiosk_id"])
    account = f"wallet:{wallet['_id']}"
    wallet["available_paise"] += sum(leg["paise"] for leg in again["legs"] if leg["account"] == account)


def credit_another_amount(books: Books) -> None:
    for leg in entry_of_the_top_up(books)["legs"]:
        leg["paise"] *= 2


def charge_what_was_refused(books: Books) -> None:
    refused = f"{top_up_of(books, 'REFUSED')['_id']}:top-up"
    next(row for row in books.charged if row["request_id"] == refused)["status"] = "CHARGED"


def charge_it_twice(books: Books) -> None:
    books.charged += [row | {} for row in books.charged if row["status"] == "CHARGED"][:1]


def lose_the_event_of_the_top_up(books: Books) -> None:
    top_up_id = top_up_of(books, "CREDITED")["_id"]
    books.outboxes["billing"] = [row for row in books.outboxes["billing"] if row["aggregate"]["id"] != top_up_id]


def leave_a_top_up_on_its_way(books: Books) -> None:
    row = top_up_of(books, "REFUSED")
    row |= {"state": "UNKNOWN", "history": [*row["history"][:1], row["history"][-1] | {"state": "UNKNOWN"}]}


def give_a_top_up_to_nobody(books: Books) -> None:
    row = top_up_of(books, "REFUSED")
    row |= {"state": "MANUAL", "history": [*row["history"][:1], row["history"][-1] | {"state": "MANUAL"}]}


def credit_what_was_refused_before(books: Books) -> None:
    row = top_up_of(books, "CREDITED")
    row |= {"version": 3, "history": [row["history"][0], row["history"][0] | {"state": "REFUSED"}, row["history"][-1]]}


def refund_of(books: Books) -> Row:
    # One to a wallet would break that wallet's sum as well.
    return next(row for row in books.refunds if (row["state"], row["destination"]) == ("REFUNDED", "SOURCE"))


def refund_without_an_entry(books: Books) -> None:
    books.journal.remove(next(e for e in books.journal if e["_id"] == f"{refund_of(books)['_id']}:refund"))


def refund_what_the_provider_never_gave(books: Books) -> None:
    books.given_back.clear()


def reserve_more_than_is_given_back(books: Books) -> None:
    books.payments[refund_of(books)["payment_id"]]["refunding_paise"] -= 1


def refund_without_telling(books: Books) -> None:
    rows = books.outboxes["billing"]
    rows.remove(next(row for row in rows if row["routing_key"] == "payment.refunded.v1"))


def void_what_was_completed(books: Books) -> None:
    history = paid_by_wallet(books)["history"]
    history[-2]["state"] = "VOIDED"


def move_without_a_trace(books: Books) -> None:
    paid_by_wallet(books)["version"] += 1


def take_a_decision_back(books: Books) -> None:
    issued = books.certificates[0]["application_id"]
    line = next(line for line in books.application_history if line["application_id"] == issued)
    line["state_after"] = "REJECTED"


def see_both_ends(books: Books) -> None:
    events = books.view[paid_by_wallet(books)["token"]]["events"]
    events.append(events[0] | {"type": "payment.failed", "sequence": 2})


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        (unbalance, {"I1"}),
        (lose_the_posting, {"I2", "I5"}),
        (pay_a_biller_that_was_given_another_amount, {"I2"}),
        (complete_without_a_capture, {"I2"}),
        (capture_what_was_declined, {"I2"}),
        (hold_for_good_what_was_given_up, {"I2"}),
        (pay_the_biller_for_nobody, {"I2"}),
        (post_twice, {"I2", "I3"}),
        (post_at_the_biller_twice, {"I3"}),
        (capture_and_void, {"I3"}),
        (write_one_receipt_number_twice, {"I3"}),
        (complete_without_a_receipt, {"I3"}),
        (lose_the_event, {"I4"}),
        (tell_it_twice, {"I4", "I6"}),
        (see_it_fail, {"I4"}),
        (change_a_wallet, {"I5"}),
        (leave_it_on_its_way, {"I6"}),
        (leave_an_event_behind, {"I6"}),
        (give_it_to_nobody, {"I6"}),
        (never_arrive, {"I4", "I6"}),
        *((lose_it_on_the_way_to(queue), {"I6"}) for queues in QUEUES.values() for queue in queues),
        (park_it, {"I6"}),
        (leave_a_paid_application_where_it_was, {"I6"}),
        (issue_a_number_twice, {"I7"}),
        (issue_without_the_fee, {"I7"}),
        (lose_the_certificate, {"I7"}),
        (void_what_was_completed, {"I8"}),
        (move_without_a_trace, {"I8"}),
        (skip_a_state_by_way_of_people, {"I8"}),
        (take_a_decision_back, {"I8"}),
        (see_both_ends, {"I4", "I8"}),
        (credit_it_again_under_another_name, {"I2"}),
        (credit_another_amount, {"I2", "I5"}),
        (charge_what_was_refused, {"I2"}),
        (charge_it_twice, {"I2", "I3"}),
        (lose_the_event_of_the_top_up, {"I4"}),
        (leave_a_top_up_on_its_way, {"I6"}),
        (give_a_top_up_to_nobody, {"I6"}),
        (credit_what_was_refused_before, {"I8"}),
        (refund_without_an_entry, {"I2"}),
        (refund_what_the_provider_never_gave, {"I2"}),
        (reserve_more_than_is_given_back, {"I2"}),
        (refund_without_telling, {"I4"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_each_kind_of_damage_breaks_its_invariant_and_no_other(
    books: Books, damage: Callable[[Books], None], broken: set[str]
) -> None:
    damage(books)
    assert {name[:2] for name in broken_invariants(books)} == broken
