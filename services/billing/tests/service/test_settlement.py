"""A day compared with the files of its partners, and settled: each difference is somebody's, the rest is paid once."""

import json
import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.service.test_breaks import Desk
from tests.support.keys import TIMELINE_KEY
from tests.support.simulators import simulator
from tests.support.world import Caller, World, json_of

from billing.application.books.check_books import CheckBooks
from billing.application.settlement.keep_settled import KeepSettled
from billing.application.settlement.ports import PartnerFiles, Reconciliation
from billing.application.settlement.reconcile_day import DayNotOver, ReconcileDay
from billing.application.settlement.settle_day import NotYet, SettleDay
from billing.bootstrap import bootstrap
from billing.domain.calendar import civil_day, start_of_day
from billing.domain.settlement.settlement import Settlement, file_of
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import programs, settings_for

SETTLE = Path(__file__).parents[1] / "support" / "settle_once.py"
BILL = 152_500


@dataclass(frozen=True)
class Day:
    """A world of its own, of whose payments partners' files are compared. All happens today, looked at a week later."""

    world: World
    settings: Settings
    day: date

    @property
    def later(self) -> datetime:
        return utc_now() + timedelta(days=7)

    def reconcile(self) -> Reconciliation:
        return self.world.billing.reconcile_day(ReconcileDay(self.day, self.later))

    def settle(self) -> dict[str, Settlement]:
        settled = self.world.billing.settle_day(SettleDay(self.day, self.later))
        return {settlement.biller_id: settlement for settlement in settled}

    def files(self, which: str, **differences: Any) -> None:
        url = {"biller": self.world.biller.url, "psp": self.world.psp.url}[which]
        assert urllib3.request("POST", f"{url}/control/files", json=differences, timeout=5).status == 200

    def breaks(self) -> list[tuple[str, str]]:
        """The open ones: kind and of which payment."""
        rows = self.world.mongo.db.breaks.find({"status": "open"}).sort("_id", 1)
        return [(row["kind"], row["payment_id"]) for row in rows]

    def result(self, done: Reconciliation, source: str) -> tuple[int, int, int]:
        (one,) = [one for one in done.sources if one.source == source]
        return one.matched, one.differences, one.parked

    def in_order(self) -> None:
        books = self.world.billing.check_books(CheckBooks(utc_now()))
        assert books.in_order, [finding for finding in books.findings if finding.breaks]

    def owed(self, biller_id: str = "JVVNL") -> int:
        legs = [leg for entry in self.world.mongo.db.journal.find() for leg in entry["legs"]]
        return sum(leg["paise"] for leg in legs if leg["account"] == f"biller:{biller_id}")


@dataclass(frozen=True)
class Without:
    """The files of all but one biller."""

    files: PartnerFiles
    missing: str = "JVVNL"

    def fetch(self, source: str, day: date) -> bytes | None:
        return None if source == self.missing else self.files.fetch(source, day)


@pytest.fixture
def today(own_mongo: Mongo) -> Iterator[Day]:
    with simulator("biller") as biller, simulator("psp") as psp:
        settings = settings_for(
            Settings,
            BILLER_NETWORK_URL=biller.url,
            PSP_URL=psp.url,
            BILLER_CALLBACK_SECRET="a-secret-of-tests-only",
            TIMELINE_SIGNING_KEY=TIMELINE_KEY,
        )
        billing = bootstrap(settings, own_mongo)
        http = SERVICE.flask_app(settings, own_mongo, billing).test_client()
        day = Day(World(billing, own_mongo, http, biller, psp), settings, civil_day(utc_now()))
        yield day
        day.in_order()


def pay(caller: Caller, count: int = 1, **how: Any) -> list[str]:
    payments = [json_of(caller.pay(caller.bill(), **how)) for _ in range(count)]
    assert {payment["status"] for payment in payments} == {"COMPLETED"}
    return [payment["payment_id"] for payment in payments]


def by_upi(portal: Caller, count: int = 1) -> list[str]:
    return pay(portal, count, mode="UPI", payment_instrument="tok_sandbox_ok")


def rows(world: World, *collections: str) -> list[Any]:
    kept = [list(world.mongo.db[name].find().sort("_id", 1)) for name in collections]
    return [[{k: v for k, v in row.items() if k != "done_at"} for row in rows] for rows in kept]


KEPT = ("partner_files", "partner_rows", "breaks", "settlements", "settlement_lines", "settlement_waiting", "journal")


def test_a_day_on_which_all_agree_is_settled_to_the_paisa_and_again_changes_nothing(today: Day) -> None:
    centre, portal = today.world.centre(), today.world.portal()
    first, *_ = pay(centre, 3)
    by_upi(portal, 2)
    assert centre.refund(first, BILL, BILL).status_code == 201
    done = today.reconcile()
    assert (today.result(done, "provider"), today.result(done, "JVVNL")) == ((2, 0, 0), (5, 0, 0))
    assert (done.is_whole, today.breaks()) == (True, [])
    settled = today.settle()
    assert settled.keys() == {"JVVNL"}
    jvvnl = settled["JVVNL"]
    assert (jvvnl.lines, jvvnl.gross_paise, jvvnl.refunded_paise) == (6, 5 * BILL, BILL)
    assert (jvvnl.department, jvvnl.held_back, today.owed()) == ("energy", 0, 0)
    before = rows(today.world, *KEPT, "outbox")
    today.reconcile()
    assert today.settle() == settled
    assert rows(today.world, *KEPT, "outbox") == before
    (row,) = today.world.mongo.db.outbox.find({"aggregate.id": jvvnl.settlement_id})
    told = json.loads(row["body"])["data"]
    assert (told["net"]["amount"], told["lines"], told["day"]) == (4 * BILL, 6, today.day.isoformat())
    assert told["file_sha256"] == sha256_of_file(today, jvvnl)
    hops = json_of(centre.get(f"/v1/payments/{first}/timeline"))["items"]
    assert next(hop["says"] for hop in hops if hop["kind"] == "settlement").startswith("₹1,525.00")


def sha256_of_file(today: Day, settlement: Settlement) -> str:
    import hashlib

    lines = file_of(settlement, today.world.billing.settlements.lines(settlement.settlement_id))
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_what_a_partner_left_out_altered_or_invented_is_a_break_that_a_right_file_ends(today: Day) -> None:
    centre, portal = today.world.centre(), today.world.portal()
    pay(centre, 3)
    by_upi(portal, 2)
    today.files("biller", missing=1, altered=1, extra=1)
    today.files("psp", missing=1, altered=1)
    done = today.reconcile()
    assert (today.result(done, "provider"), today.result(done, "JVVNL")) == ((0, 2, 0), (3, 3, 0))
    kinds = sorted(kind for kind, _ in today.breaks() if kind != "biller-lists-what-is-not-in-books")
    assert kinds == [
        "biller-amount-differs",
        "not-in-biller-file",
        "not-in-provider-file",
        "provider-amount-differs",
    ]
    (row,) = today.world.mongo.db.breaks.find({"kind": "biller-amount-differs"})
    assert (row["owner"], row["status"]) == ("operations", "open")
    assert row["due_at"] - row["opened_at"] == timedelta(days=1)
    assert "₹1,525.00" in row["detail"]
    assert "₹1,525.01" in row["detail"]
    today.files("biller")
    today.files("psp")
    today.reconcile()
    assert today.breaks() == []
    assert today.settle()["JVVNL"].net_paise == 5 * BILL


def test_what_a_break_is_about_waits_while_the_rest_is_paid_and_is_paid_once_it_ends(today: Day) -> None:
    payments = pay(today.world.centre(), 4)
    today.files("biller", altered=1, broken=1)
    done = today.reconcile()
    assert today.result(done, "JVVNL") == (2, 2, 1)
    assert {kind for kind, _ in today.breaks()} >= {"biller-amount-differs", "not-in-biller-file", "rows-parked"}
    (parked,) = today.world.mongo.db.partner_files.find_one({"source": "JVVNL"})["parked"]  # type: ignore[index]
    assert parked == {"line": 3, "reason": "amount-not-readable"}
    first = today.settle()["JVVNL"]
    assert (first.lines, first.net_paise, first.held_back, today.owed()) == (2, 2 * BILL, 2, 2 * BILL)
    today.files("biller")
    today.reconcile()
    assert today.breaks() == []
    tomorrow = Day(today.world, today.settings, today.day + timedelta(days=1))
    tomorrow.reconcile()
    second = tomorrow.settle()["JVVNL"]
    assert (second.lines, second.net_paise, second.held_back, today.owed()) == (2, 2 * BILL, 0, 0)
    lines = list(today.world.mongo.db.settlement_lines.find())
    assert sorted(line["payment_id"] for line in lines) == sorted(payments)


def test_totals_that_are_wrong_are_a_break_of_the_file_and_its_lines_count_all_the_same(today: Day) -> None:
    pay(today.world.centre())
    today.files("biller", wrong_totals=True)
    today.reconcile()
    assert ("file-totals-differ", f"JVVNL|{today.day}") in today.breaks()
    assert today.settle()["JVVNL"].net_paise == BILL


def test_a_biller_whose_file_does_not_come_is_not_settled_and_the_others_are(today: Day) -> None:
    centre = today.world.centre()
    pay(centre)
    bill = centre.bill("9829000001", biller_id="AIRTEL-POSTPAID", name="mobile_number")
    assert json_of(centre.pay(bill))["status"] == "COMPLETED"
    today.reconcile()
    today.world.mongo.db.reconciliations.update_one({}, {"$set": {"missing": ["JVVNL"]}})
    assert today.settle().keys() == {"AIRTEL-POSTPAID"}
    today.world.mongo.db.reconciliations.update_one({}, {"$set": {"missing": ["provider"]}})
    with pytest.raises(NotYet, match="provider"):
        today.settle()


def test_refunds_that_exceed_payments_wait_for_a_day_with_more(today: Day) -> None:
    centre = today.world.centre()
    (payment_id,) = pay(centre)
    today.reconcile()
    assert today.settle()["JVVNL"].net_paise == BILL
    assert centre.refund(payment_id, BILL, BILL).status_code == 201
    # The refund's entry is of today, which is settled already: what comes after takes it from there.
    tomorrow = Day(today.world, today.settings, today.day + timedelta(days=1))
    at = datetime.fromisoformat(f"{tomorrow.day}T06:30:00+00:00")
    today.world.mongo.db.journal.update_one({"kind": "refund"}, {"$set": {"at": at}})
    tomorrow.reconcile()
    none = tomorrow.settle()["JVVNL"]
    assert (none.lines, none.net_paise, none.held_back, today.owed()) == (0, 0, 1, -BILL)
    assert today.world.mongo.db.outbox.count_documents({"aggregate.id": none.settlement_id}) == 0
    assert tomorrow.settle()["JVVNL"] == none


def test_what_was_stamped_before_midnight_and_stored_after_the_day_was_closed_is_in_the_next_one(today: Day) -> None:
    centre = today.world.centre()
    pay(centre)
    today.reconcile()
    closed = today.settle()["JVVNL"]
    pay(centre)
    journal, last_moment = today.world.mongo.db.journal, start_of_day(today.day + timedelta(days=1))
    (late,) = journal.find({"parties": "JVVNL"}).sort("at", -1).limit(1)
    journal.update_one({"_id": late["_id"]}, {"$set": {"at": last_moment - timedelta(milliseconds=1)}})
    today.reconcile()
    tomorrow = Day(today.world, today.settings, today.day + timedelta(days=1))
    tomorrow.reconcile()
    settled = tomorrow.settle()["JVVNL"]
    waiting = today.world.mongo.db.settlement_waiting.count_documents({"entry_id": late["_id"]})
    assert (closed.lines, settled.lines + waiting) == (1, 1)


def test_what_waits_is_paid_for_no_day_before_its_own(today: Day) -> None:
    pay(today.world.centre())
    today.files("biller", missing=1)
    today.reconcile()
    assert today.settle()["JVVNL"].held_back == 1
    today.files("biller")
    today.reconcile()
    yesterday = Day(today.world, today.settings, today.day - timedelta(days=1))
    yesterday.reconcile()
    assert yesterday.settle() == {}
    assert today.world.mongo.db.settlements.count_documents({}) == 1


def test_a_refund_waits_with_its_payment_and_takes_nothing_that_the_biller_was_not_paid(today: Day) -> None:
    centre, journal = today.world.centre(), today.world.mongo.db.journal
    first, _ = pay(centre, 2)
    assert centre.refund(first, BILL, BILL).status_code == 201
    # In the last hour, so that the next day's file may list it: no break is open about it.
    late = start_of_day(today.day + timedelta(days=1)) - timedelta(minutes=30)
    journal.update_one({"_id": f"{first}:post"}, {"$set": {"at": late}})
    journal.update_one({"kind": "refund"}, {"$set": {"at": late + timedelta(minutes=10)}})
    today.reconcile()
    today.world.mongo.db.partner_rows.delete_one({"request_id": f"{first}:post"})
    settled = today.settle()["JVVNL"]
    assert (settled.lines, settled.net_paise, settled.held_back, today.owed()) == (1, BILL, 2, 0)


def test_a_biller_that_was_not_there_when_the_day_was_compared_is_compared_once_it_is(today: Day) -> None:
    """Its department's file was wrong for a while: nobody looked at its acts, and none of them is settled unseen."""
    pay(today.world.centre())
    books = today.world.mongo.db
    today.reconcile()
    books.reconciliations.update_one({}, {"$pull": {"sources": {"source": "JVVNL"}}})
    books.partner_rows.delete_many({"source": "JVVNL"})
    books.partner_files.delete_many({"source": "JVVNL"})
    assert today.settle() == {}
    keep = replace(today.world.billing.keep_settled, clock=lambda: today.later)
    keep(KeepSettled())
    assert today.settle()["JVVNL"].net_paise == BILL


def test_a_file_that_does_not_come_is_somebodys_where_the_ledger_has_something_to_compare(today: Day) -> None:
    pay(today.world.centre())
    reconcile_day = today.world.billing.reconcile_day
    reconcile_without = replace(reconcile_day, files=Without(reconcile_day.files))
    soon = start_of_day(today.day + timedelta(days=1)) + timedelta(hours=23)
    reconcile_without(ReconcileDay(today.day, soon))
    assert today.breaks() == []
    reconcile_without(ReconcileDay(today.day, today.later))
    assert today.breaks() == [("file-not-usable", f"JVVNL|{today.day}")]
    today.reconcile()
    assert today.breaks() == []
    assert today.settle()["JVVNL"].net_paise == BILL


def test_what_two_people_closed_stays_closed_until_something_else_is_said(today: Day) -> None:
    pay(today.world.centre())
    desk = Desk(today.world)
    today.files("biller", altered=1)
    today.reconcile()
    ((kind, payment_id),) = today.breaks()
    assert kind == "biller-amount-differs"
    desk.end(f"{payment_id}:{kind}", {"ending": "close", "evidence": "FILE-1"})
    today.reconcile()
    assert today.breaks() == []
    today.world.mongo.db.partner_rows.update_one({"source": "JVVNL"}, {"$inc": {"paise": 7}})
    today.reconcile()
    assert today.breaks() == [(kind, payment_id)]


def test_no_day_is_compared_before_it_is_over_nor_settled_before_its_working_day(today: Day) -> None:
    with pytest.raises(DayNotOver):
        today.world.billing.reconcile_day(ReconcileDay(today.day, utc_now()))
    today.reconcile()
    with pytest.raises(NotYet, match="is settled on"):
        today.world.billing.settle_day(SettleDay(today.day, utc_now()))


@pytest.mark.parametrize("crash_point", ["M1", "M2", "M3"])
def test_who_dies_while_settling_is_followed_by_who_ends_it_and_nothing_is_paid_twice(
    today: Day, crash_point: str
) -> None:
    pay(today.world.centre(), 2)
    today.reconcile()
    name = f"billing-to-be-killed-{secrets.token_hex(4)}"
    environ = {
        **os.environ,
        "CRASH_POINT": crash_point,
        "MONGODB_URI": f"{today.settings.mongodb_uri}&appName={name}",
        "MONGODB_DATABASE": today.world.mongo.db.name,
        "AMQP_URL": today.settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": today.settings.internal_token_jwks,
        "CURSOR_SECRET": today.settings.cursor_secret,
        "BILLER_NETWORK_URL": today.settings.biller_network_url,
        "PSP_URL": today.settings.psp_url,
        "BILLER_CALLBACK_SECRET": today.settings.biller_callback_secret,
        "TIMELINE_SIGNING_KEY": today.settings.timeline_signing_key,
    }
    arguments = [today.day.isoformat(), today.later.isoformat()]
    status, said = programs.run(SETTLE.read_text(), arguments, environ, 60)
    assert status == -signal.SIGKILL, said
    assert today.owed() == 2 * BILL
    today.world.end_transactions(name)
    settled = today.settle()
    assert (settled["JVVNL"].lines, settled["JVVNL"].net_paise, today.owed()) == (2, 2 * BILL, 0)
    entries = today.world.mongo.db.journal.count_documents({"kind": "settlement"})
    events = today.world.mongo.db.outbox.count_documents({"routing_key": "settlement.closed.v1"})
    assert (entries, events) == (1, 1)
