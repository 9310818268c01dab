"""A day held against partners' files and settled, one rule at a time."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from tests.support.fake_settlement import FakeDayBooks, FakeFiles, FakeSettlements

from billing.application.settlement.keep_settled import DAYS_BACK, LOOK_AGAIN, KeepSettled, KeepSettledHandler
from billing.application.settlement.ports import Reconciliation, SourceResult
from billing.application.settlement.reconcile_day import DayNotOver, ReconcileDay, ReconcileDayHandler
from billing.application.settlement.settle_day import NotYet, SettleDay, SettleDayHandler
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.settlement.acts import Act, acts_of, owed_by
from billing.domain.settlement.settlement import (
    Line,
    Settlement,
    SettlementState,
    Totals,
    file_of,
    settlement_entry_id,
    totals_of,
)
from billing.domain.settlement.working_days import BankDays
from billing.domain.tariff.billers import Biller

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
# Half past midnight in India, on Tuesday and on Wednesday.
NEXT_DAY = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
DAY_AFTER = NEXT_DAY + timedelta(days=1)
HEADER = "type,request_id,reference,amount_paise,at"


def a_biller(biller_id: str, *, internal: bool = False) -> Biller:
    return Biller(
        biller_id=biller_id,
        name=biller_id,
        name_hi=biller_id,
        category="ELECTRICITY",
        coverage="RJ",
        internal=internal,
        pending_supported=True,
        customer_params=(),
        limits={},
        department=f"department of {biller_id}",
    )


def posted(number: int = 1, paise: int = 1_000, *, biller_id: str = "JVVNL", at: datetime = NOON) -> JournalEntry:
    """A bill that was paid; its biller bears a charge of 5 paise for it."""
    legs = (Leg("wallet-held:ksk_1", -paise), Leg(f"biller:{biller_id}", paise))
    charges = (Leg("revenue:kiosk", 5), Leg(f"department:{biller_id}:charges", -5))
    return JournalEntry(f"pay_{number}:post", Kind.POST, at, (*legs, *charges), payment_id=f"pay_{number}")


def captured(number: int = 1, paise: int = 1_000, *, at: datetime = NOON) -> JournalEntry:
    legs = (Leg("psp:held", paise), Leg("psp:clearing", -paise))
    return JournalEntry(f"pay_{number}:capture", Kind.CAPTURE, at, legs, payment_id=f"pay_{number}")


def refunded(number: int = 1, paise: int = 400, *, to: str = "psp:clearing", at: datetime = NOON) -> JournalEntry:
    legs = (Leg("biller:JVVNL", -paise), Leg(to, paise))
    return JournalEntry(f"rfd_{number}:refund", Kind.REFUND, at, legs, payment_id=f"pay_{number}")


def topped_up(paise: int = 5_000) -> JournalEntry:
    legs = (Leg("psp:clearing", -paise), Leg("wallet:ksk_1", paise))
    return JournalEntry("top_1:top-up", Kind.TOP_UP, NOON, legs, kiosk_id="ksk_1", top_up_id="top_1")


def test_what_partners_have_to_list_of_an_entry_is_what_they_took_or_gave_back() -> None:
    assert list(acts_of(posted())) == [Act("pay_1:post", "JVVNL", 1_000, "pay_1", NOON)]
    assert list(acts_of(captured())) == [Act("pay_1:capture", "provider", 1_000, "pay_1", NOON)]
    assert list(acts_of(refunded())) == [Act("rfd_1:refund", "provider", 400, "pay_1", NOON)]
    assert list(acts_of(topped_up())) == [Act("top_1:top-up", "provider", 5_000, "top_1", NOON)]


def test_what_nobody_else_took_part_in_nobody_lists() -> None:
    to_wallet = refunded(to="wallet:ksk_1")
    payout = JournalEntry("stl_1:settlement", Kind.SETTLEMENT, NOON, (Leg("biller:JVVNL", -1), Leg("bank:x", 1)))
    held = replace(captured(), kind=Kind.HOLD)

    assert [list(acts_of(entry)) for entry in (to_wallet, payout, held)] == [[], [], []]


def test_a_biller_is_owed_what_was_posted_less_what_went_back_from_it_wherever_that_went() -> None:
    assert list(owed_by(posted())) == [Act("pay_1:post", "JVVNL", 1_000, "pay_1", NOON)]
    assert list(owed_by(refunded())) == [Act("rfd_1:refund", "JVVNL", -400, "pay_1", NOON)]
    assert list(owed_by(refunded(to="wallet:ksk_1"))) == [Act("rfd_1:refund", "JVVNL", -400, "pay_1", NOON)]
    for entry in (captured(), topped_up(), replace(posted(), kind=Kind.SETTLEMENT), replace(posted(), payment_id=None)):
        assert list(owed_by(entry)) == []


OPEN = Settlement("stl_1", "JVVNL", "energy", MONDAY, SettlementState.OPEN, NOON)
LINES = [
    Line("pay_1:post", "pay_1", 1_000, NOON),
    Line("pay_2:post", "pay_2", 1, NOON + timedelta(microseconds=1_000)),
    Line("rfd_1:refund", "pay_1", -400, NOON),
]
FILE = """\
# settlement stl_1,JVVNL,2026-11-23
entry_id,payment_id,paise,at
pay_1:post,pay_1,1000,2026-11-23T06:30:00.000+00:00
pay_2:post,pay_2,1,2026-11-23T06:30:00.001+00:00
rfd_1:refund,pay_1,-400,2026-11-23T06:30:00.000+00:00
TOTAL,3,601,
"""


def test_the_file_of_a_settlement_lists_each_act_and_ends_with_its_totals() -> None:
    assert "".join(f"{line}\n" for line in file_of(OPEN, LINES)) == FILE


def test_the_totals_of_a_settlement_are_those_of_its_file_and_name_it_by_its_hash() -> None:
    assert totals_of(OPEN, LINES) == Totals(3, 1_001, 400, hashlib.sha256(FILE.encode()).hexdigest())


def test_a_biller_is_paid_what_is_left_after_refunds_by_one_entry_of_its_own_name() -> None:
    settlement = replace(OPEN, gross_paise=1_001, refunded_paise=400)

    assert settlement.net_paise == 601
    assert settlement.entry(NOON) == JournalEntry(
        "stl_1:settlement", Kind.SETTLEMENT, NOON, (Leg("biller:JVVNL", -601), Leg("bank:settlement", 601))
    )
    assert settlement_entry_id("stl_1") == "stl_1:settlement"


BANK_DAYS = BankDays({date(2026, 11, 25): "a holiday"}, frozenset({2, 4}), date(2015, 9, 1))


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 24), True),
        (date(2026, 11, 25), False),  # the holiday
        (date(2026, 11, 22), False),  # a Sunday
        (date(2026, 11, 7), True),  # the first Saturday
        (date(2026, 11, 14), False),  # the second
        (date(2026, 11, 21), True),  # the third
        (date(2026, 11, 28), False),  # the fourth
        (date(2026, 11, 13), True),  # a Friday of the second week
        (date(2015, 8, 8), True),  # the second Saturday of the month before the order
    ],
)
def test_banks_are_closed_on_sundays_holidays_and_the_saturdays_of_the_order(day: date, is_open: bool) -> None:
    assert BANK_DAYS.is_open(day) is is_open


def test_the_order_on_saturdays_begins_on_its_very_day() -> None:
    saturday = date(2026, 11, 14)

    assert not replace(BANK_DAYS, saturdays_off_from=saturday).is_open(saturday)
    assert replace(BANK_DAYS, saturdays_off_from=saturday + timedelta(days=1)).is_open(saturday)


@dataclass
class Ledger:
    """Two billers, the provider, and their files; a department of our own has none."""

    files: FakeFiles = field(default_factory=FakeFiles)
    books: FakeDayBooks = field(default_factory=FakeDayBooks)
    billers: list[Biller] = field(
        default_factory=lambda: [a_biller("JVVNL"), a_biller("BSNL"), a_biller("FEES", internal=True)]
    )
    numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.settlements = FakeSettlements(self.books)

    def has(self, *entries: JournalEntry) -> None:
        self.books.journal |= {entry.entry_id: entry for entry in entries}

    def lists(self, source: str, *rows: tuple[str, Any], day: date = MONDAY, totals: str | None = None) -> bytes:
        """The file that a source has from now on: request ids and paise."""
        lines = [f"PAYMENT,{request_id},REF,{paise},2026-11-23T06:30:00.000Z" for request_id, paise in rows]
        total = totals or f"TOTAL,{len(rows)},,{sum(p for _, p in rows if isinstance(p, int))},"
        raw = "\n".join([HEADER, *lines, total]).encode()
        self.files.files[source, day] = raw
        return raw

    def all_agree(self, day: date = MONDAY) -> None:
        """Every source lists what the ledger has of the day."""
        for source in ("provider", "JVVNL", "BSNL"):
            acts = [act for entry in self.books.journal.values() for act in acts_of(entry) if act.source == source]
            self.lists(source, *((act.entry_id, act.paise) for act in acts), day=day)

    def reconcile(self, day: date = MONDAY, at: datetime = DAY_AFTER) -> Reconciliation:
        return self.reconcile_day(ReconcileDay(day, at))

    @property
    def reconcile_day(self) -> ReconcileDayHandler:
        return ReconcileDayHandler(self.files, self.books, {biller.biller_id: biller for biller in self.billers})

    def settle(self, day: date = MONDAY, at: datetime = DAY_AFTER) -> list[Settlement]:
        return self.settle_day(SettleDay(day, at))

    @property
    def settle_day(self) -> SettleDayHandler:
        return SettleDayHandler(
            self.books,
            self.settlements,
            {biller.biller_id: biller for biller in self.billers},
            BANK_DAYS,
            lambda: f"stl_{next(self.numbers)}",
            lambda: "evt_1",
        )

    def open(self) -> set[tuple[str, str]]:
        """Kind and name of what people have."""
        return {(opened.kind.value, opened.refund_id or opened.payment_id or "") for opened in self.books.still_open()}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def test_a_day_on_which_all_agree_is_whole_and_nobody_has_to_look(ledger: Ledger) -> None:
    ledger.has(posted(), captured(), posted(2), topped_up())
    ledger.all_agree()
    files = {source: sha256(raw) for (source, _), raw in ledger.files.files.items()}

    done = ledger.reconcile()

    assert done == Reconciliation(
        MONDAY,
        [
            SourceResult("provider", files["provider"], rows=2, parked=0, matched=2, differences=0),
            SourceResult("JVVNL", files["JVVNL"], rows=2, parked=0, matched=2, differences=0),
            SourceResult("BSNL", files["BSNL"], rows=0, parked=0, matched=0, differences=0),
        ],
        [],
        DAY_AFTER,
    )
    assert done.is_whole
    assert ledger.books.reconciled(MONDAY) == done
    assert ledger.open() == set()


def test_no_day_is_compared_before_it_is_over_in_india(ledger: Ledger) -> None:
    midnight = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)

    with pytest.raises(DayNotOver, match="2026-11-23 is not over in India"):
        ledger.reconcile(at=midnight - timedelta(microseconds=1))

    assert ledger.reconcile(at=midnight).done_at == midnight


def test_a_source_without_a_file_is_missing_until_it_has_one_and_the_others_are_compared(ledger: Ledger) -> None:
    ledger.has(posted())
    ledger.lists("JVVNL", ("pay_1:post", 1_000))

    without = ledger.reconcile()
    ledger.all_agree()
    with_all = ledger.reconcile()

    assert ([told.source for told in without.sources], without.missing) == (["JVVNL"], ["provider", "BSNL"])
    assert (without.is_whole, with_all.missing, with_all.is_whole) == (False, [], True)


def test_a_file_that_was_read_once_counts_though_it_cannot_be_fetched_any_more(ledger: Ledger) -> None:
    ledger.all_agree()
    ledger.reconcile()
    ledger.files.files.clear()

    assert ledger.reconcile().is_whole


@pytest.mark.parametrize(
    ("in_books", "in_file", "opened"),
    [
        (
            [posted()],
            [],
            Break(
                "pay_1",
                BreakKind.NOT_IN_BILLER_FILE,
                "pay_1:post: the ledger has ₹10.00, JVVNL lists nothing",
                DAY_AFTER,
                DAY_AFTER + timedelta(days=1),
                source="JVVNL",
                entry_id="pay_1:post",
            ),
        ),
        (
            [],
            [("pay_7:post", 700)],
            Break(
                "pay_7",
                BreakKind.NOT_IN_BOOKS_OF_BILLER,
                "pay_7:post: the ledger has nothing, JVVNL lists ₹7.00",
                DAY_AFTER,
                DAY_AFTER + timedelta(days=1),
                source="JVVNL",
                entry_id="pay_7:post",
            ),
        ),
        (
            [posted()],
            [("pay_1:post", 1_001)],
            Break(
                "pay_1",
                BreakKind.BILLER_AMOUNT,
                "pay_1:post: the ledger has ₹10.00, JVVNL lists ₹10.01",
                DAY_AFTER,
                DAY_AFTER + timedelta(days=1),
                source="JVVNL",
                entry_id="pay_1:post",
            ),
        ),
    ],
    ids=["left out", "invented", "altered"],
)
def test_what_a_biller_left_out_invented_or_altered_is_a_break_that_says_both_amounts(
    ledger: Ledger, in_books: list[JournalEntry], in_file: list[tuple[str, int]], opened: Break
) -> None:
    ledger.has(*in_books)
    ledger.all_agree()
    ledger.lists("JVVNL", *in_file)

    done = ledger.reconcile()

    assert ledger.books.still_open() == [opened]
    (jvvnl,) = [told for told in done.sources if told.source == "JVVNL"]
    assert (jvvnl.rows, jvvnl.matched, jvvnl.differences) == (len(in_file), 0, 1)


def test_the_providers_differences_are_kinds_of_their_own_and_one_of_a_refund_is_of_that_refund(
    ledger: Ledger,
) -> None:
    ledger.has(captured(), refunded(), topped_up())
    ledger.all_agree()
    ledger.lists("provider", ("rfd_1:refund", 401), ("top_1:top-up", 5_000), ("rfd_x", 1), ("x:refund", 1))

    done = ledger.reconcile()

    assert ledger.open() == {
        ("not-in-provider-file", "pay_1"),
        ("provider-amount-differs", "rfd_1"),
        ("provider-lists-what-is-not-in-books", "rfd_x"),
        ("provider-lists-what-is-not-in-books", "x"),
    }
    by_name = {opened.entry_id: opened for opened in ledger.books.still_open()}
    assert [by_name[name].refund_id for name in ("pay_1:capture", "rfd_1:refund", "rfd_x", "x:refund")] == [
        None, "rfd_1", None, None,
    ]  # fmt: skip
    assert (done.sources[0].rows, done.sources[0].matched, done.sources[0].differences) == (4, 1, 4)


def test_what_happened_in_the_last_hour_may_be_listed_on_the_next_day_and_is_missing_only_after_that(
    ledger: Ledger,
) -> None:
    last_hour = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    ledger.has(posted(1, at=last_hour - timedelta(seconds=1)), posted(2, at=last_hour))
    for day in (MONDAY, TUESDAY):
        for source in ("provider", "JVVNL", "BSNL"):
            ledger.lists(source, day=day)

    ledger.reconcile()
    assert ledger.open() == {("not-in-biller-file", "pay_1")}

    ledger.reconcile(TUESDAY)
    assert ledger.open() == {("not-in-biller-file", "pay_1"), ("not-in-biller-file", "pay_2")}


def test_an_act_that_its_source_listed_on_another_day_is_not_missing(ledger: Ledger) -> None:
    late = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    ledger.has(posted(at=late))
    ledger.lists("JVVNL", day=MONDAY)
    ledger.lists("JVVNL", ("pay_1:post", 1_000), day=TUESDAY)

    ledger.reconcile()
    ledger.reconcile(TUESDAY)

    assert ledger.open() == set()


def test_a_corrected_file_ends_the_breaks_of_the_first_one(ledger: Ledger) -> None:
    ledger.has(posted(), posted(2), captured())
    ledger.lists("JVVNL", ("pay_1:post", 999), ("pay_9:post", 9))
    ledger.lists("provider")
    ledger.reconcile()
    assert len(ledger.open()) == 4

    ledger.lists("JVVNL", ("pay_1:post", 1_000), ("pay_2:post", 1_000))
    ledger.reconcile(at=DAY_AFTER + timedelta(hours=1))

    # The provider has not corrected its own.
    assert ledger.open() == {("not-in-provider-file", "pay_1")}
    assert set(ledger.books.resolved.values()) == {(DAY_AFTER + timedelta(hours=1), "the files agree")}


def test_the_same_file_again_changes_nothing(ledger: Ledger) -> None:
    ledger.has(posted())
    ledger.lists("JVVNL", ("pay_1:post", 999))
    first = ledger.reconcile()
    before = ledger.books.still_open()

    again = ledger.reconcile(at=DAY_AFTER + timedelta(hours=1))

    assert replace(again, done_at=first.done_at) == first
    assert ledger.books.still_open() == before


@pytest.mark.parametrize(
    ("rows", "totals", "kind", "detail"),
    [
        ([("pay_1:post", 1_000)], "TOTAL,one,,1000,", BreakKind.FILE_NOT_USABLE, "the totals cannot be read"),
        (
            [("pay_1:post", 1_000), ("pay_2:post", 500)],
            "TOTAL,1,,100000,",
            BreakKind.FILE_TOTALS,
            "the totals say 1 line(s) and ₹1,000.00, the lines are 2 and ₹15.00",
        ),
        (
            [("pay_1:post", "1e3"), ("pay_2:post", "x"), ("pay_3:post", 1)],
            "TOTAL,3,,1,",
            BreakKind.ROWS_PARKED,
            "2 line(s) parked; line 2: amount-not-readable",
        ),
    ],
    ids=["unusable", "totals", "parked"],
)
def test_what_is_wrong_with_a_file_is_a_break_of_the_file_of_that_day_until_it_is_right(
    ledger: Ledger, rows: list[tuple[str, Any]], totals: str, kind: BreakKind, detail: str
) -> None:
    ledger.all_agree()
    ledger.lists("JVVNL", *rows, totals=totals)

    ledger.reconcile()

    of_file = [opened for opened in ledger.books.still_open() if opened.payment_id == "JVVNL|2026-11-23"]
    assert of_file == [Break("JVVNL|2026-11-23", kind, detail, DAY_AFTER, DAY_AFTER + timedelta(days=1))]
    ledger.lists("JVVNL")
    ledger.reconcile(at=DAY_AFTER + timedelta(hours=1))
    assert ledger.open() == set()
    assert ledger.books.resolved["JVVNL|2026-11-23", kind] == (DAY_AFTER + timedelta(hours=1), "a file that is right")


def test_a_file_that_cannot_be_used_leaves_the_day_without_one_or_with_the_one_before(ledger: Ledger) -> None:
    ledger.all_agree()
    ledger.files.files["JVVNL", MONDAY] = b"<html>"
    first = ledger.reconcile()
    ledger.all_agree()
    good = ledger.reconcile()
    ledger.files.files["JVVNL", MONDAY] = b"<html>"
    last = ledger.reconcile()

    assert (first.missing, good.missing, last.missing) == (["JVVNL"], [], [])
    assert ledger.open() == {("file-not-usable", "JVVNL|2026-11-23")}


def test_a_file_is_read_with_a_byte_order_mark_and_with_letters_that_are_none(ledger: Ledger) -> None:
    raw = ledger.lists("JVVNL", ("pay_1:post", 1_000))
    ledger.files.files["JVVNL", MONDAY] = b"\xef\xbb\xbf" + raw.replace(b"REF", b"\xff")

    done = ledger.reconcile()

    assert (done.sources[0].source, done.sources[0].rows, done.sources[0].parked) == ("JVVNL", 1, 0)


def test_a_line_that_was_listed_for_another_day_already_is_parked(ledger: Ledger) -> None:
    ledger.has(posted())
    ledger.lists("JVVNL", ("pay_1:post", 1_000))
    ledger.lists("JVVNL", ("pay_1:post", 1_000), ("pay_2:post", 1), day=TUESDAY)
    ledger.reconcile()

    done = ledger.reconcile(TUESDAY)

    assert (done.sources[0].rows, done.sources[0].parked) == (1, 1)
    assert ("rows-parked", "JVVNL|2026-11-24") in ledger.open()


def test_a_day_with_more_acts_than_one_look_takes_is_compared_to_its_end(ledger: Ledger) -> None:
    ledger.has(*(posted(number) for number in range(1_001)))
    ledger.lists("JVVNL", *((f"pay_{number}:post", 1_000) for number in range(1, 1_001)))

    done = ledger.reconcile()

    assert (done.sources[0].rows, done.sources[0].matched, done.sources[0].differences) == (1_000, 1_000, 1)
    for source in ("provider", "BSNL"):
        ledger.lists(source)
    ledger.reconcile()
    (settled,) = ledger.settle()
    assert (settled.lines, settled.held_back) == (1_000, 1)


def test_each_biller_is_paid_once_what_it_lists_and_is_owed(ledger: Ledger) -> None:
    ledger.has(posted(1), posted(2), refunded(1), posted(3, 70, biller_id="BSNL"), captured(1))
    ledger.all_agree()
    ledger.reconcile()

    settled = ledger.settle()

    assert [(one.biller_id, one.department, one.lines, one.gross_paise, one.refunded_paise) for one in settled] == [
        ("JVVNL", "department of JVVNL", 3, 2_000, 400),
        ("BSNL", "department of BSNL", 1, 70, 0),
    ]
    assert [(one.settlement_id, one.day, one.state, one.held_back) for one in settled] == [
        ("stl_1", MONDAY, SettlementState.CLOSED, 0),
        ("stl_2", MONDAY, SettlementState.CLOSED, 0),
    ]
    assert {one.opened_at for one in settled} == {one.closed_at for one in settled} == {DAY_AFTER}
    assert ledger.books.journal["stl_1:settlement"].legs == (Leg("biller:JVVNL", -1_600), Leg("bank:settlement", 1_600))
    assert settled[0].file_sha256 == totals_of(settled[0], ledger.settlements.lines("stl_1")).sha256
    journal = dict(ledger.books.journal)
    assert ledger.settle() == settled
    assert (ledger.books.journal, ledger.settlements.told) == (journal, ["stl_1", "stl_2"])


def test_no_day_is_settled_before_its_working_day(ledger: Ledger) -> None:
    ledger.has(posted())
    ledger.all_agree()
    ledger.reconcile()
    tuesday = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)

    with pytest.raises(NotYet, match="2026-11-23 is settled on 2026-11-24"):
        ledger.settle(at=tuesday - timedelta(microseconds=1))

    assert len(ledger.settle(at=tuesday)) == 1


def test_no_day_is_settled_before_it_is_compared_with_the_providers_file(ledger: Ledger) -> None:
    ledger.has(posted())
    with pytest.raises(NotYet, match="is not compared with the provider's file yet"):
        ledger.settle()
    ledger.lists("JVVNL", ("pay_1:post", 1_000))
    ledger.reconcile()
    with pytest.raises(NotYet, match="is not compared with the provider's file yet"):
        ledger.settle()
    ledger.lists("provider")
    ledger.reconcile()

    assert len(ledger.settle()) == 1


def test_a_biller_without_a_file_is_left_for_later_and_one_that_is_owed_nothing_has_no_settlement(
    ledger: Ledger,
) -> None:
    ledger.has(posted(), posted(2, biller_id="BSNL"))
    ledger.lists("provider")
    ledger.lists("BSNL", ("pay_2:post", 1_000))
    ledger.reconcile()
    assert [one.biller_id for one in ledger.settle()] == ["BSNL"]

    ledger.lists("JVVNL", ("pay_1:post", 1_000))
    ledger.reconcile()
    assert [one.biller_id for one in ledger.settle()] == ["JVVNL", "BSNL"]
    assert ledger.settlements.of_day("FEES", MONDAY) is None


def test_what_the_biller_does_not_list_or_a_break_is_about_waits_and_is_paid_once_that_is_over(ledger: Ledger) -> None:
    ledger.has(posted(1, 100), posted(2, 200), posted(3, 400), refunded(3, 30))
    ledger.lists("provider", ("rfd_3:refund", 30))
    ledger.lists("BSNL")
    ledger.lists("JVVNL", ("pay_2:post", 200), ("pay_3:post", 401))
    ledger.reconcile()

    (first,) = ledger.settle()

    assert (first.lines, first.net_paise, first.held_back) == (1, 200, 3)
    for source in ("provider", "BSNL"):
        ledger.lists(source, day=TUESDAY)
    ledger.lists("JVVNL", ("pay_1:post", 100), ("pay_2:post", 200), ("pay_3:post", 400))
    ledger.reconcile()
    ledger.lists("JVVNL", day=TUESDAY)
    wednesday = DAY_AFTER + timedelta(days=2)
    ledger.reconcile(TUESDAY, wednesday)

    (second,) = ledger.settle(TUESDAY, wednesday)

    assert (second.lines, second.net_paise, second.held_back) == (3, 470, 0)


def test_a_refund_is_not_listed_by_the_biller_and_is_taken_off_all_the_same(ledger: Ledger) -> None:
    ledger.has(posted(1, 100), refunded(1, 30, to="wallet:ksk_1"))
    ledger.all_agree()
    ledger.reconcile()

    (settled,) = ledger.settle()

    assert (settled.lines, settled.net_paise) == (2, 70)


@pytest.mark.parametrize(("paise", "lines", "held_back"), [(399, 0, 2), (400, 2, 0), (401, 2, 0)])
def test_where_refunds_exceed_payments_nothing_is_paid_and_both_wait_for_a_day_with_more(
    ledger: Ledger, paise: int, lines: int, held_back: int
) -> None:
    ledger.has(posted(1, paise), refunded(2, 400))
    ledger.all_agree()
    ledger.reconcile()

    (settled,) = ledger.settle()

    assert (settled.lines, settled.held_back) == (lines, held_back)
    assert settled.net_paise == max(paise - 400, 0)
    assert settled.state is SettlementState.CLOSED
    assert ("stl_1:settlement" in ledger.books.journal) is (paise == 401)


def test_what_was_stamped_in_the_hour_before_midnight_and_stored_after_the_day_was_closed_is_in_the_next(
    ledger: Ledger,
) -> None:
    midnight = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    ledger.has(
        posted(1, at=midnight - timedelta(hours=1, microseconds=1)),
        posted(2, at=midnight - timedelta(hours=1)),
        posted(3, at=midnight + timedelta(hours=24, microseconds=-1)),
        posted(4, at=midnight + timedelta(hours=24)),
    )
    ledger.all_agree(TUESDAY)
    later = DAY_AFTER + timedelta(days=1)
    ledger.reconcile(TUESDAY, later)

    (settled,) = ledger.settle(TUESDAY, later + timedelta(days=1))

    assert [line.entry_id for line in ledger.settlements.lines(settled.settlement_id)] == ["pay_2:post", "pay_3:post"]


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


@pytest.mark.parametrize(("point", "taken"), [("M1", 0), ("M2", 2)])
def test_who_dies_while_settling_is_followed_by_who_ends_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, point: str, taken: int
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    ledger.has(posted(1), posted(2))
    ledger.all_agree()
    ledger.reconcile()
    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setenv("CRASH_POINT", point)

    with pytest.raises(Killed):
        ledger.settle()

    assert [one.state for one in ledger.settlements.settlements.values()] == [SettlementState.OPEN]
    assert len(list(ledger.settlements.lines("stl_1"))) == taken
    monkeypatch.delenv("CRASH_POINT")
    (settled,) = ledger.settle(at=DAY_AFTER + timedelta(hours=1))
    assert (settled.settlement_id, settled.lines, settled.net_paise) == ("stl_1", 2, 2_000)
    assert (settled.opened_at, settled.closed_at) == (DAY_AFTER, DAY_AFTER + timedelta(hours=1))


def keeper(ledger: Ledger, at: datetime) -> KeepSettledHandler:
    return KeepSettledHandler(ledger.books, ledger.reconcile_day, ledger.settle_day, lambda: at)


def test_the_keeper_compares_and_settles_the_days_of_a_week_the_oldest_first(ledger: Ledger) -> None:
    ledger.has(posted())
    ledger.all_agree()
    at = DAY_AFTER + timedelta(days=2)  # Friday

    keeper(ledger, at)(KeepSettled())

    week = [date(2026, 11, 27) - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)]
    assert [day for source, day in ledger.files.asked if source == "provider"] == week
    assert [one.day for one in ledger.settlements.settlements.values()] == [MONDAY]
    assert {one.closed_at for one in ledger.settlements.settlements.values()} == {at}


def test_the_keeper_asks_again_for_what_is_missing_and_for_nothing_else(ledger: Ledger) -> None:
    ledger.all_agree()
    keeper(ledger, DAY_AFTER)(KeepSettled())
    ledger.files.asked.clear()

    keeper(ledger, DAY_AFTER)(KeepSettled())

    asked = {day for _, day in ledger.files.asked}
    assert MONDAY not in asked
    assert asked == {date(2026, 11, 25) - timedelta(days=back) for back in range(1, DAYS_BACK + 1)} - {MONDAY}


def test_the_keeper_reads_files_again_after_a_while_where_something_differed(ledger: Ledger) -> None:
    ledger.has(posted(1, 100))
    ledger.lists("provider")
    ledger.lists("BSNL")
    ledger.lists("JVVNL", ("pay_1:post", 101))
    keeper(ledger, DAY_AFTER)(KeepSettled())
    ledger.lists("JVVNL", ("pay_1:post", 100))

    keeper(ledger, DAY_AFTER + LOOK_AGAIN - timedelta(seconds=1))(KeepSettled())
    assert ledger.open() == {("biller-amount-differs", "pay_1")}
    keeper(ledger, DAY_AFTER + LOOK_AGAIN)(KeepSettled())
    assert ledger.open() == set()


def test_a_biller_that_was_not_known_when_the_day_was_compared_is_settled_once_its_file_was_read(
    ledger: Ledger,
) -> None:
    ledger.has(posted(1, 100))
    ledger.all_agree()
    jvvnl = ledger.billers.pop(0)
    ledger.reconcile()
    ledger.billers.insert(0, jvvnl)
    assert ledger.settle() == []

    keeper(ledger, DAY_AFTER)(KeepSettled())

    assert [(one.biller_id, one.net_paise) for one in ledger.settlements.settlements.values()] == [("JVVNL", 100)]


def test_what_waits_is_settled_for_no_day_before_its_own(ledger: Ledger) -> None:
    sunday = MONDAY - timedelta(days=1)
    ledger.has(posted(1, 100))
    ledger.all_agree()
    ledger.lists("JVVNL")
    for source in ("provider", "JVVNL", "BSNL"):
        ledger.lists(source, day=sunday)
    ledger.reconcile()
    assert [one.held_back for one in ledger.settle()] == [1]
    ledger.lists("JVVNL", ("pay_1:post", 100))
    ledger.reconcile()
    ledger.reconcile(sunday)

    assert ledger.settle(sunday) == []


def test_what_went_back_of_a_payment_that_waits_is_not_taken_off_what_its_biller_is_paid(ledger: Ledger) -> None:
    """Posted in the last hour: the next day's file may list it, and no break is open about it."""
    late = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    ledger.has(posted(1, 100), posted(2, 40, at=late), replace(refunded(2, 40), at=late + timedelta(minutes=5)))
    ledger.all_agree()
    ledger.lists("JVVNL", ("pay_1:post", 100))
    ledger.reconcile()
    assert ledger.open() == set()

    (settled,) = ledger.settle()

    assert (settled.lines, settled.net_paise, settled.held_back) == (1, 100, 2)


def test_a_file_that_is_a_day_late_is_somebodys_where_the_ledger_has_something_that_it_has_to_list(
    ledger: Ledger,
) -> None:
    ledger.has(posted(1, 100))
    ledger.lists("provider")
    over = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    ledger.reconcile(at=over + timedelta(days=1, seconds=-1))
    assert ledger.open() == set()

    ledger.reconcile(at=over + timedelta(days=1))

    assert ledger.open() == {("file-not-usable", f"JVVNL|{MONDAY}")}  # and nothing of BSNL, which has nothing to list
    ledger.all_agree()
    ledger.reconcile(at=over + timedelta(days=2))
    assert ledger.open() == set()
