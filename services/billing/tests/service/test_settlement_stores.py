"""One suite for what reconciling and settling keep: the real stores, and the fakes that the unit tests trust."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from tests.support.builders import NOW
from tests.support.fake_settlement import FakeDayBooks, FakeSettlements

from billing.adapters.mongo.day_books import MongoDayBooks
from billing.adapters.mongo.ledger import MongoLedger
from billing.adapters.mongo.settlements import MongoSettlements
from billing.application.settlement.ports import Contended, DayBooks, Reconciliation, Settlements, SourceResult
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.settlement.acts import Act
from billing.domain.settlement.day_files import DayFile, FileRow, ParkedRow
from billing.domain.settlement.settlement import Line, Settlement, SettlementState, totals_of
from servicekit.events import Outbox
from servicekit.ids import event_id, public_id
from servicekit.mongo import Mongo

# Far in the future, so that nothing of other tests is of these days.
DAY = date(2051, 3, 1)
AT = datetime(2051, 3, 1, 6, 30, tzinfo=NOW.tzinfo)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stores:
    """The stores, beside a journal that `write` writes to. Sources and billers are new ones of each test."""

    books: DayBooks
    settlements: Settlements
    write: Callable[[JournalEntry], object]

    def posted(self, biller_id: str, paise: int = 1_000, at: datetime = AT) -> Act:
        """A bill that was paid, and the act that its biller has to list and is owed."""
        payment_id = public_id("pay")
        legs = (Leg("psp:held", -paise), Leg(f"biller:{biller_id}", paise))
        self.write(JournalEntry(f"{payment_id}:post", Kind.POST, at, legs, payment_id=payment_id))
        return Act(f"{payment_id}:post", biller_id, paise, payment_id, at)

    def owed(self, biller_id: str) -> list[Act]:
        return list(self.settlements.owed(biller_id, AT, AT + HOUR))

    def opened(self, biller_id: str) -> Settlement:
        new = Settlement(public_id("stl"), biller_id, "energy", DAY, SettlementState.OPEN, AT)
        return self.settlements.open(new)


@pytest.fixture(params=["mongo", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        books = FakeDayBooks()

        def keep(entry: JournalEntry) -> None:
            books.journal[entry.entry_id] = entry

        return Stores(books, FakeSettlements(books), keep)
    mongo: Mongo = request.getfixturevalue("own_mongo")
    ledger = MongoLedger(mongo, lambda _: None)

    def write(entry: JournalEntry) -> None:
        mongo.transact(lambda session: ledger.write(session, [entry]))

    return Stores(MongoDayBooks(mongo), MongoSettlements(mongo, ledger, Outbox(mongo.db, "billing")), write)


@pytest.fixture
def biller_id() -> str:
    return public_id("BILLER").replace("_", "-")


def a_file(*rows: tuple[str, int], parked: int = 0) -> DayFile:
    read = [FileRow(number, request_id, paise) for number, (request_id, paise) in enumerate(rows, 2)]
    return DayFile(read, [ParkedRow(number, "not-csv") for number in range(parked)], len(rows), 0)


def a_break(biller_id: str, payment_id: str, kind: BreakKind = BreakKind.BILLER_AMOUNT) -> Break:
    entry_id = f"{payment_id}:post"
    return Break(payment_id, kind, "a difference", AT, AT + HOUR, source=biller_id, entry_id=entry_id)


def test_the_rows_of_a_file_are_kept_by_source_and_day(stores: Stores, biller_id: str) -> None:
    assert (stores.books.known_file(biller_id, DAY), stores.books.parked(biller_id, DAY)) == (None, 0)

    stores.books.keep_file(biller_id, DAY, "hash-1", a_file(("a:post", 1), ("b:post", 2), parked=3), AT)

    assert (stores.books.known_file(biller_id, DAY), stores.books.parked(biller_id, DAY)) == ("hash-1", 3)
    assert dict(stores.books.rows_of_day(biller_id, DAY)) == {"a:post": 1, "b:post": 2}
    assert stores.books.listed(biller_id, ["a:post", "c:post"]) == {"a:post": 1}
    assert stores.books.listed("another", ["a:post"]) == {}
    next_day = DAY + timedelta(days=1)
    assert stores.books.listed_elsewhere(biller_id, next_day, ["a:post", "c:post"]) == {"a:post"}
    assert stores.books.listed_elsewhere(biller_id, DAY, ["a:post"]) == set()


def test_a_corrected_file_takes_the_place_of_the_first_one_of_the_day(stores: Stores, biller_id: str) -> None:
    next_day = DAY + timedelta(days=1)
    stores.books.keep_file(biller_id, next_day, "hash-0", a_file(("z:post", 9)), AT)
    stores.books.keep_file(biller_id, DAY, "hash-1", a_file(("a:post", 1), ("b:post", 2), parked=1), AT)

    stores.books.keep_file(biller_id, DAY, "hash-2", a_file(("b:post", 3), ("c:post", 4)), AT)

    assert dict(stores.books.rows_of_day(biller_id, DAY)) == {"b:post": 3, "c:post": 4}
    assert dict(stores.books.rows_of_day(biller_id, next_day)) == {"z:post": 9}
    assert (stores.books.known_file(biller_id, DAY), stores.books.parked(biller_id, DAY)) == ("hash-2", 0)


def test_the_acts_of_a_source_are_those_of_its_entries_between_two_instants(stores: Stores, biller_id: str) -> None:
    late = stores.posted(biller_id, at=AT + HOUR)
    first, second = stores.posted(biller_id, at=AT), stores.posted(biller_id, at=AT + HOUR / 2)
    other = stores.posted(f"{biller_id}-2")

    assert list(stores.books.acts(biller_id, AT, AT + HOUR)) == [first, second]
    of_these = stores.books.in_books(biller_id, [late.entry_id, other.entry_id, "none"])
    assert of_these == {late.entry_id: late}


def test_a_difference_is_peoples_once_until_it_is_resolved_and_is_theirs_again_if_it_comes_back(
    stores: Stores, biller_id: str
) -> None:
    payment_id = public_id("pay")
    opened, other = a_break(biller_id, payment_id), a_break(biller_id, payment_id, BreakKind.NOT_IN_BILLER_FILE)

    def open_now() -> list[Break]:
        theirs = [BreakKind.BILLER_AMOUNT, BreakKind.NOT_IN_BILLER_FILE]
        return [one for one in stores.books.open_breaks(theirs) if one.payment_id == payment_id]

    stores.books.open([opened, other])
    stores.books.open([replace(opened, detail="a repeat")])
    stores.books.open([])
    assert sorted(open_now(), key=lambda one: one.kind) == [opened, other]
    of_one_kind = stores.books.open_breaks([BreakKind.BILLER_AMOUNT])
    assert [one for one in of_one_kind if one.payment_id == payment_id] == [opened]
    stores.books.resolve([opened], AT, "the files agree")
    stores.books.resolve([], AT, "nothing")
    assert open_now() == [other]
    stores.books.open([replace(opened, detail="again", due_at=AT + 2 * HOUR)])
    (again,) = [one for one in open_now() if one.kind is BreakKind.BILLER_AMOUNT]
    assert again == replace(opened, detail="again", due_at=AT + 2 * HOUR)


def test_what_became_of_a_day_is_kept_and_a_later_comparison_takes_its_place(stores: Stores) -> None:
    assert stores.books.reconciled(DAY + timedelta(days=400)) is None
    first = Reconciliation(DAY, [SourceResult("JVVNL", None, 1, 2, 3, 4)], ["provider"], AT)
    whole = Reconciliation(DAY, [SourceResult("JVVNL", "hash", 1, 0, 1, 0)], [], AT + HOUR)

    for told in (first, whole):
        stores.books.record(told)
        assert stores.books.reconciled(DAY) == told


def test_there_is_one_settlement_of_a_biller_and_day(stores: Stores, biller_id: str) -> None:
    assert stores.settlements.of_day(biller_id, DAY) is None

    first, second = stores.opened(biller_id), stores.opened(biller_id)

    assert first == second == stores.settlements.of_day(biller_id, DAY)
    assert stores.settlements.get(first.settlement_id) == first
    assert stores.settlements.get("set_none") is None
    assert first in list(stores.settlements.in_range(DAY, DAY))
    assert first not in list(stores.settlements.in_range(DAY + timedelta(days=1), DAY + timedelta(days=2)))


def test_what_was_taken_is_owed_no_more_and_what_waits_is_owed_first(stores: Stores, biller_id: str) -> None:
    one, two, three = (stores.posted(biller_id, paise, AT + HOUR / 4 * paise) for paise in (1, 2, 3))
    settlement = stores.opened(biller_id)
    assert stores.owed(biller_id) == [one, two, three]

    settlement = stores.settlements.take(settlement, [one], [three])
    settlement = stores.settlements.take(settlement, [], [])

    assert stores.owed(biller_id) == [three, two]
    assert list(stores.settlements.owed(biller_id, AT + HOUR, AT + 2 * HOUR)) == [three]
    # What came later is of no earlier day.
    assert list(stores.settlements.owed(biller_id, AT - HOUR, three.at)) == [two]
    stores.settlements.take(settlement, [one, three], [])
    assert stores.owed(biller_id) == [two]
    lines = {line.entry_id: line for line in stores.settlements.lines(settlement.settlement_id)}
    assert lines == {act.entry_id: Line(act.entry_id, act.payment_id, act.paise, act.at) for act in (one, three)}


def test_who_read_a_settlement_before_another_changed_it_changes_nothing(stores: Stores, biller_id: str) -> None:
    act, settlement = stores.posted(biller_id), stores.opened(biller_id)
    taken = stores.settlements.take(settlement, [act], [])
    totals = totals_of(settlement, ())

    for change in (
        lambda: stores.settlements.take(settlement, [], []),
        lambda: stores.settlements.give_up(settlement),
        lambda: stores.settlements.close(settlement, totals, event_id(), AT),
    ):
        with pytest.raises(Contended):
            change()

    closed = stores.settlements.close(taken, totals_of(taken, ()), event_id(), AT)
    with pytest.raises(Contended):
        stores.settlements.take(closed, [], [])


def test_a_closed_settlement_has_its_totals_and_pays_what_is_left(stores: Stores, biller_id: str) -> None:
    one, two = stores.posted(biller_id, 700), stores.posted(biller_id, 100)
    settlement = stores.settlements.take(stores.opened(biller_id), [one], [two])
    totals = totals_of(settlement, stores.settlements.lines(settlement.settlement_id))

    closed = stores.settlements.close(settlement, totals, event_id(), AT + HOUR)

    assert (closed.state, closed.lines, closed.gross_paise, closed.refunded_paise) == ("CLOSED", 1, 700, 0)
    assert (closed.held_back, closed.file_sha256, closed.closed_at) == (1, totals.sha256, AT + HOUR)
    assert stores.settlements.get(closed.settlement_id) == closed
    assert stores.owed(biller_id) == [two]


def test_what_is_given_up_waits_for_a_later_settlement(stores: Stores, biller_id: str) -> None:
    act = stores.posted(biller_id)
    settlement = stores.settlements.take(stores.opened(biller_id), [act], [])

    given_up = stores.settlements.give_up(settlement)

    assert list(stores.settlements.lines(settlement.settlement_id)) == []
    assert list(stores.settlements.owed(biller_id, AT + HOUR, AT + 2 * HOUR)) == [act]
    closed = stores.settlements.close(given_up, totals_of(given_up, ()), event_id(), AT)
    assert (closed.lines, closed.net_paise, closed.held_back) == (0, 0, 1)


def test_payments_about_which_people_have_a_break_are_held_back_until_it_ends(stores: Stores, biller_id: str) -> None:
    payment_id, other = public_id("pay"), public_id("pay")
    opened = a_break(biller_id, payment_id)
    stores.books.open([opened])

    assert stores.settlements.held_back([payment_id, other]) == {payment_id}
    stores.books.resolve([opened], AT, "the files agree")
    assert stores.settlements.held_back([payment_id, other]) == set()


def test_closed_settlements_of_a_department_come_in_pages_the_latest_days_in_front(
    stores: Stores, biller_id: str
) -> None:
    made = []
    for number, department in enumerate(["energy", "phed", "energy", "energy"]):
        day = DAY + timedelta(days=number // 2)
        new = Settlement(public_id("stl"), f"{biller_id}-{number}", department, day, SettlementState.OPEN, AT)
        opened = stores.settlements.open(new)
        if number != 3:
            made.append(stores.settlements.close(opened, totals_of(opened, iter(())), event_id(), AT))

    of_energy, of_water, later = made
    assert list(stores.settlements.page("energy", before=None, limit=10)) == [later, of_energy]
    assert list(stores.settlements.page("phed", before=None, limit=10)) == [of_water]
    first_page = list(stores.settlements.page(None, before=None, limit=2))
    rest = stores.settlements.page(None, before=(first_page[-1].day, first_page[-1].settlement_id), limit=2)
    assert sorted(s.settlement_id for s in [*first_page, *rest]) == sorted(s.settlement_id for s in made)
    assert first_page[0] == later
