"""A wallet's statement and day book; and the notice of a low wallet."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import Int64
from tests.support.world import Caller, World, another_consumer, inr, json_of
from werkzeug.test import TestResponse

from billing.application.wallets.tell_low_wallets import TellLowWallets
from billing.domain.calendar import civil_day, start_of_day
from servicekit.http import Person
from servicekit.instants import utc_now

TODAY = civil_day(utc_now())


def read(centre: Caller, what: str, first: object = TODAY, last: object = None, **query: str) -> Any:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    last = last or TODAY + timedelta(days=1)  # a test may run over midnight
    return centre.get(f"/v1/wallets/{centre.kiosk_id}/{what}?from={first}&to={last}{more}")


def busy_centre(world: World) -> Caller:
    """₹3,000 at first, ₹1,525 paid, ₹500 of it refunded, ₹1,000 topped up."""
    centre = world.centre(300_000)
    payment = json_of(centre.pay(centre.bill(another_consumer())))
    assert centre.refund(payment["payment_id"], 50_000, payment["total"]["amount"]).status_code == 201
    assert centre.top_up(100_000).status_code == 201
    return centre


def test_a_statement_goes_from_opening_to_closing_line_by_line(world: World) -> None:
    centre = busy_centre(world)
    statement = json_of(read(centre, "statement"))

    assert (statement["opening"], statement["closing"]) == (inr(0), centre.wallet()["available"])
    assert [(line["kind"], line["amount"]["amount"]) for line in statement["items"]] == [
        ("funding", 300_000),
        ("hold", -152_500),
        ("refund", 50_000),
        ("top-up", 100_000),
    ]
    assert [line["balance"]["amount"] for line in statement["items"]] == [300_000, 147_500, 197_500, 297_500]
    assert statement["items"][1]["payment_id"].startswith("pay_")
    assert statement["items"][3]["top_up_id"].startswith("top_")
    assert statement["next"] is None
    earlier = json_of(read(centre, "statement", "2026-01-01", "2026-01-31"))
    assert (earlier["opening"], earlier["closing"], earlier["items"]) == (inr(0), inr(0), [])
    later = json_of(read(centre, "statement", TODAY + timedelta(days=2), TODAY + timedelta(days=3)))
    assert (later["opening"], later["closing"]) == (inr(297_500), inr(297_500))


def test_pages_of_a_statement_are_the_whole_and_go_on_where_the_last_one_ended(world: World) -> None:
    centre = busy_centre(world)
    whole = json_of(read(centre, "statement"))
    lines, following = [], ""
    while True:
        page = json_of(read(centre, "statement", limit="1", **({"cursor": following} if following else {})))
        assert (page["opening"], page["closing"]) == (whole["opening"], whole["closing"])
        lines += page["items"]
        if page["next"] is None:
            break
        following = page["next"]
    assert lines == whole["items"]


def test_lines_of_one_instant_are_paged_without_loss(world: World) -> None:
    centre = world.centre(0)
    for _ in range(5):
        assert centre.top_up(10_000).status_code == 201
    at = utc_now()
    world.mongo.db.journal.update_many({"kiosk_id": centre.kiosk_id, "kind": "top-up"}, {"$set": {"at": at}})
    balances, following = [], ""
    for _ in range(3):
        page = json_of(read(centre, "statement", limit="2", **({"cursor": following} if following else {})))
        balances += [line["balance"]["amount"] for line in page["items"]]
        following = page["next"]
    assert balances == [10_000, 20_000, 30_000, 40_000, 50_000]


def test_the_table_says_the_same_in_rupees_and_indias_time(world: World) -> None:
    centre = busy_centre(world)
    answer = read(centre, "statement-csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["amount"] for row in rows] == ["", "3000.00", "-1525.00", "500.00", "1000.00", ""]
    assert [row["balance"] for row in rows] == ["0.00", "3000.00", "1475.00", "1975.00", "2975.00", "2975.00"]
    assert datetime.fromisoformat(rows[1]["at"]).utcoffset() == timedelta(hours=5, minutes=30)


def test_a_day_book_has_each_day_of_india_with_its_sums(world: World) -> None:
    centre = busy_centre(world)
    midnight = start_of_day(TODAY)
    # What the centre was given lies at the last instant of yesterday, the payment at the first of today.
    for kind, at in (("funding", midnight - timedelta(milliseconds=1)), ("hold", midnight), ("refund", midnight)):
        world.mongo.db.journal.update_many({"kiosk_id": centre.kiosk_id, "kind": kind}, {"$set": {"at": at}})
    book = json_of(read(centre, "day-book", TODAY - timedelta(days=2), TODAY + timedelta(days=1)))
    days = {day["on"]: day for day in book["items"]}

    assert list(days) == [str(TODAY + timedelta(days=number)) for number in (-2, -1, 0, 1)]
    before, yesterday, today = (days[str(TODAY + timedelta(days=number))] for number in (-2, -1, 0))
    assert (before["opening"], before["closing"]) == (inr(0), inr(0))
    assert (yesterday["opening"], yesterday["others"], yesterday["closing"]) == (
        inr(0),
        {"amount": inr(300_000), "count": 1},
        inr(300_000),
    )
    assert today["opening"] == inr(300_000)
    assert today["paid"] == {"amount": inr(-152_500), "count": 1}
    assert today["refunded"] == {"amount": inr(50_000), "count": 1}
    assert today["returned"] == {"amount": inr(0), "count": 0}
    assert book["items"][-1]["closing"] == inr(297_500)


@pytest.mark.parametrize(
    ("first", "last", "pointer", "code"),
    [
        ("2026-02-30", "2026-03-01", "?from", "not-a-day"),
        ("20260201", "2026-03-01", "?from", "not-a-day"),
        ("2026-03-02", "2026-03-01", "?to", "before-from"),
        ("2025-01-01", "2026-01-02", "?to", "too-many-days"),
    ],
)
def test_days_that_cannot_be_are_refused_by_name(world: World, first: str, last: str, pointer: str, code: str) -> None:
    centre = world.centre(0)
    for what in ("statement", "statement-csv", "day-book"):
        answer = read(centre, what, first, last)
        assert answer.status_code == 422
        assert [(problem["pointer"], problem["code"]) for problem in json_of(answer)["errors"]] == [(pointer, code)]


def test_a_statement_is_read_by_an_index_however_much_others_do(world: World) -> None:
    centre = busy_centre(world)
    plan = world.mongo.db.command(
        "explain",
        {"find": "journal", "filter": {"kiosk_id": centre.kiosk_id, "at": {"$gte": utc_now() - timedelta(days=1)}},
         "sort": {"at": 1, "_id": 1}},
    )  # fmt: skip
    stage = plan["queryPlanner"]["winningPlan"]
    assert "of_a_centre_by_time" in str(stage)
    assert "COLLSCAN" not in str(stage)
    assert "SORT" not in str(stage).replace("'sortPattern'", "")


def falls_of(world: World, kiosk_id: str | None) -> list[dict[str, Any]]:
    while world.billing.tell_low_wallets(TellLowWallets()):
        pass
    rows = world.mongo.db.outbox.find({"aggregate.id": kiosk_id}).sort("aggregate.seq", 1)
    return [json.loads(row["body"])["data"] for row in rows]


def test_a_wallet_that_falls_below_the_limit_is_told_once_per_fall(world: World) -> None:
    centre = world.centre(200_000)

    def pay() -> TestResponse:
        return centre.pay(centre.bill(another_consumer()))

    assert pay().status_code == 201
    (first,) = falls_of(world, centre.kiosk_id)
    assert (first["available"], first["credit_used"], first["limit"]) == (inr(47_500), inr(0), inr(50_000))
    assert centre.wallet()["is_low"] is True
    world.mongo.db.wallets.update_one({"_id": centre.kiosk_id}, {"$set": {"credit_limit_paise": Int64(152_500)}})
    assert pay().status_code == 201  # it is below already: no fall
    assert len(falls_of(world, centre.kiosk_id)) == 1

    centre.top_up(200_000)
    assert centre.wallet()["is_low"] is False
    assert pay().status_code == 201

    _, second = falls_of(world, centre.kiosk_id)
    assert (second["available"], second["credit_used"]) == (inr(0), inr(57_500))
    assert falls_of(world, centre.kiosk_id) == [first, second]


def test_two_who_tell_at_once_tell_once(world: World) -> None:
    centre = world.centre(200_000)
    assert centre.pay(centre.bill(another_consumer())).status_code == 201
    fall = world.billing.tell_low_wallets.falls.next_untold()
    while fall is not None and fall.kiosk_id != centre.kiosk_id:
        world.billing.tell_low_wallets.falls.tell(fall, "evt_" + fall.kiosk_id, "req_1")
        fall = world.billing.tell_low_wallets.falls.next_untold()
    assert fall is not None
    tell = world.billing.tell_low_wallets.falls.tell
    assert [tell(fall, f"evt_{number}_{fall.kiosk_id}", "req_1") for number in range(2)] == [True, False]


def test_the_administration_of_the_district_reads_the_statement_of_its_centres_alone(world: World) -> None:
    centre = world.centre(0)
    with world.mongo.client.start_session() as session:
        world.billing._centres.keep_district(session, centre.kiosk_id or "", "102")
    for districts, status in ((("102",), 200), (("104",), 404)):
        person = Person("per_" + "c" * 32, "district_admin", districts=frozenset(districts))
        admin = Caller(world.http, person=person)
        path = f"/v1/wallets/{centre.kiosk_id}/statement?from={TODAY}&to={TODAY}"
        assert admin.get(path).status_code == status
