"""Books of any length: checked in windows, and what was checked once is not read again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from bson import Int64
from tests.support.simulators import Simulator
from tests.support.world import Caller, World, json_of

from billing.adapters.mongo.books import MongoMarks, MongoRecords
from billing.application.books.check_books import CheckBooks, CheckBooksHandler
from billing.application.books.ports import Mark
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet
from billing.bootstrap import bootstrap
from billing.domain.books import Books
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo

KIOSK = "ksk_RJ10200001"
Check = Callable[..., Books]


@pytest.fixture
def own(settings: Settings, own_mongo: Mongo, biller: Simulator, psp: Simulator) -> World:
    """A world whose database nobody else uses: ten payments, one of them still in doubt."""
    billing = bootstrap(settings, own_mongo)
    http = SERVICE.flask_app(settings, own_mongo, billing).test_client()
    world = World(billing, own_mongo, http, biller, psp)
    billing.fund_sandbox_wallet(FundSandboxWallet(KIOSK, 100_000_000, utc_now()))
    centre = Caller(world.http, kiosk_id=KIOSK)
    assert json_of(centre.pay(centre.bill("100000000005")))["status"] == "IN_DOUBT"
    for _ in range(9):
        assert centre.pay(centre.bill()).status_code == 201
    return world


@pytest.fixture
def check(own: World) -> Check:
    """Checks in windows of five entries, an hour later, so that all is older than what may still come to light."""
    handler = CheckBooksHandler(MongoRecords(own.mongo, most_entries=5), MongoMarks(own.mongo))
    return lambda anew=False: handler(CheckBooks(utc_now() + timedelta(hours=1), anew))


def looked_at(books: Books) -> int:
    return sum(books.states.values())


def broken(books: Books) -> list[str]:
    return [finding.invariant for finding in books.findings if finding.breaks]


def test_books_in_windows_say_what_books_at_once_say(own: World, check: Check) -> None:
    at_once = own.billing.check_books(CheckBooks(utc_now()))
    in_windows = check()
    assert at_once.in_order
    assert in_windows.in_order
    assert in_windows.balances == at_once.balances
    assert looked_at(at_once) == 10


def test_the_next_check_reads_what_came_since_and_what_was_open(own: World, check: Check) -> None:
    check()
    mark = MongoMarks(own.mongo).read()
    assert mark.until is not None
    assert len(mark.open) == 1
    centre = Caller(own.http, kiosk_id=KIOSK)
    assert centre.pay(centre.bill()).status_code == 201
    again = check()
    assert again.in_order
    assert looked_at(again) <= 5
    assert again.balances == own.billing.check_books(CheckBooks(utc_now(), anew=True)).balances


def test_what_changes_behind_the_mark_is_found_by_the_wallets_or_anew(own: World, check: Check) -> None:
    check()
    own.mongo.db.wallets.update_one({"_id": KIOSK}, {"$inc": {"available_paise": Int64(-1)}})
    assert broken(check()) == ["I5"]
    own.mongo.db.wallets.update_one({"_id": KIOSK}, {"$inc": {"available_paise": Int64(1)}})
    first = own.mongo.db.payments.find_one({"state": "COMPLETED"}, sort=[("_id", 1)])
    assert first is not None
    own.mongo.db.outbox.delete_one({"aggregate.id": first["_id"]})
    assert broken(check()) == []
    assert broken(check(anew=True)) == ["I4"]


def test_a_break_keeps_the_mark_where_it_is_until_it_is_mended(own: World, check: Check) -> None:
    first = own.mongo.db.payments.find_one({"state": "COMPLETED"}, sort=[("_id", 1)])
    assert first is not None
    row = own.mongo.db.outbox.find_one_and_delete({"aggregate.id": first["_id"]})
    assert row is not None
    assert (broken(check()), broken(check())) == (["I4"], ["I4"])
    own.mongo.db.outbox.insert_one(row)
    assert broken(check()) == []
    assert MongoMarks(own.mongo).read().until is not None


def test_an_open_payment_that_is_lost_behind_the_mark_is_missed(own: World, check: Check) -> None:
    check()
    (payment_id,) = MongoMarks(own.mongo).read().open
    own.mongo.db.journal.delete_one({"_id": f"{payment_id}:hold"})
    assert broken(check()) == ["I2"]


def test_who_dies_between_the_balances_and_the_mark_loses_and_doubles_nothing(own: World, check: Check) -> None:
    marks = MongoMarks(own.mongo)
    at = utc_now()
    first = Mark(at, {"a": 5, "b": 1}, frozenset())
    marks.advance(Mark(), first)
    second = Mark(at + timedelta(seconds=1), {"a": 7, "b": 1, "c": 2}, frozenset({"pay_1"}))
    marks.advance(first, second)
    told = own.mongo.db.book_marks.find_one({"_id": "books"})
    # As if the process had died before the mark was written: the balances are there, the mark is the first.
    own.mongo.db.book_marks.update_one({"_id": "books"}, {"$set": {"until": first.until, "open": []}})
    assert marks.read().balances == {"a": 5, "b": 1}
    marks.advance(marks.read(), second)
    assert marks.read().balances == {"a": 7, "b": 1, "c": 2}
    assert told is not None
    assert marks.read().open == {"pay_1"}
