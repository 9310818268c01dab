"""The rules of the books, each broken in one way: what is found, and what it is told with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from billing.domain.books import (
    Audit,
    Books,
    EntryFacts,
    Finding,
    PaymentFacts,
    RefundFacts,
    SettlementFacts,
    WalletFacts,
)
from billing.domain.ledger.entries import Kind
from billing.domain.payments.payment import State
from billing.domain.refunds.refund import RefundState

KIOSK = "ksk_RJ10200001"
TOTAL = 153_000
WALLET, WALLET_HELD = f"wallet:{KIOSK}", f"wallet-held:{KIOSK}"


def entries(*kinds: Kind, held: str = WALLET_HELD) -> Sequence[EntryFacts]:
    """The entries of one payment of ₹1,530.00, whose holds stand on the account `held`."""
    source = WALLET if held == WALLET_HELD else "psp:authorised"
    legs = {
        Kind.HOLD: [(source, -TOTAL), (held, TOTAL)],
        Kind.POST: [(held, -TOTAL), ("biller:JVVNL", TOTAL)],
        Kind.VOID: [(held, -TOTAL), (source, TOTAL)],
        Kind.CAPTURE: [("psp:clearing", -TOTAL), ("psp:authorised", TOTAL)],
        Kind.REFUND: [("biller:JVVNL", -TOTAL), (source, TOTAL)],
    }
    return [EntryFacts(f"pay_1:{kind}", kind, legs[kind]) for kind in kinds]


BY_WALLET = PaymentFacts(
    payment_id="pay_1",
    state=State.COMPLETED,
    mode="WALLET",
    kiosk_id=KIOSK,
    total_paise=TOTAL,
    has_receipt=True,
    events_told=1,
    events_may_be_forgotten=False,
    entries=entries(Kind.HOLD, Kind.POST),
    completed=1,
    failed=0,
    other_events=0,
)
BY_CARD = replace(
    BY_WALLET, mode="CARD", kiosk_id=None, entries=entries(Kind.HOLD, Kind.POST, Kind.CAPTURE, held="psp:held")
)
UNDER_WAY: dict[str, Any] = {"has_receipt": False, "completed": 0, "events_told": 0}
BACK = [("biller:JVVNL", -500), (f"wallet:{KIOSK}", 500)]
# Two refunds of which one was refused: the entry is of the other.
REFUNDED = replace(
    BY_WALLET,
    entries=[
        *BY_WALLET.entries,
        EntryFacts("rfd_1:refund", Kind.REFUND, BACK),
    ],
    refunds=[
        RefundFacts("rfd_1", RefundState.REFUNDED, 500, "rfd_1:refund", BACK),
        RefundFacts("rfd_2", RefundState.REFUSED, 153_000, "rfd_2:refund", [(f"wallet:{KIOSK}", 153_000)]),
    ],
    refunding_paise=500,
    refunded_paise=500,
    events_told=2,
    other_events=1,
)
FAILED: dict[str, Any] = UNDER_WAY | {"failed": 1, "events_told": 1}


def books_of(
    *payments: PaymentFacts,
    balances: dict[str, int] | None = None,
    unbalanced: Sequence[str] = (),
    repeated_receipts: dict[str, int] | None = None,
    wallets: Sequence[WalletFacts] = (),
) -> Books:
    audit = Audit(balances or {})
    for payment in payments:
        audit.look_at(payment)
    return audit.books(unbalanced=unbalanced, repeated_receipts=repeated_receipts or {}, wallets=wallets)


def broken(books: Books) -> dict[str, tuple[str, ...]]:
    return {finding.invariant: finding.breaks for finding in books.findings if finding.breaks}


def test_books_without_anything_are_in_order_and_say_what_each_rule_is() -> None:
    books = books_of()

    assert books == Books(
        balances={},
        states={},
        findings=(
            Finding("I1", "every entry and the whole ledger sum to zero", ()),
            Finding("I2", "captured = posted + returned + held, and no more refunded than paid, for each payment", ()),
            Finding("I3", "one entry of a kind and one receipt per payment, one entry per refund and top-up", ()),
            Finding(
                "I4",
                "completed, refunded, credited ⇔ exactly one payment.completed, payment.refunded, wallet.topped-up",
                (),
            ),
            Finding("I5", "wallets = fold of the journal", ()),
            Finding("I9", "a settlement = its lines = its entry, each act settled once", ()),
        ),
    )
    assert books.in_order


HELD_BY_CARD = entries(Kind.HOLD, held="psp:held")
POSTED_BY_CARD = entries(Kind.HOLD, Kind.POST, held="psp:held")


@pytest.mark.parametrize(
    "payment",
    [
        BY_WALLET,
        BY_CARD,
        REFUNDED,
        replace(BY_WALLET, state=State.VOIDED, entries=entries(Kind.HOLD, Kind.VOID), **FAILED),
        replace(BY_CARD, state=State.AUTH_REQUESTED, entries=[], **UNDER_WAY),
        replace(BY_CARD, state=State.AUTH_UNKNOWN, entries=[], **UNDER_WAY),
        replace(BY_CARD, state=State.AUTH_FAILED, entries=[], **FAILED),
        replace(BY_CARD, state=State.POST_REQUESTED, entries=HELD_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.POST_UNKNOWN, entries=HELD_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.POST_FAILED, entries=HELD_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.POSTED, entries=POSTED_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.MANUAL, entries=[], **UNDER_WAY),
        replace(BY_CARD, state=State.MANUAL, entries=HELD_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.MANUAL, entries=POSTED_BY_CARD, **UNDER_WAY),
        replace(BY_CARD, state=State.VOIDED, entries=entries(Kind.HOLD, Kind.VOID, held="psp:held"), **FAILED),
    ],
)
def test_a_payment_with_the_entries_of_its_state_is_in_order(payment: PaymentFacts) -> None:
    assert broken(books_of(payment)) == {}


@pytest.mark.parametrize("state", [State.POST_REQUESTED, State.POST_UNKNOWN, State.MANUAL])
def test_what_a_wallet_payment_holds_stands_on_the_held_account(state: State) -> None:
    payment = replace(BY_WALLET, state=state, entries=entries(Kind.HOLD), **UNDER_WAY)

    another = replace(payment, payment_id="pay_2")
    assert broken(books_of(payment, another, balances={WALLET_HELD: 2 * TOTAL, "x": -2 * TOTAL})) == {}
    assert broken(books_of(payment, balances={WALLET_HELD: 1, "x": -1})) == {
        "I5": (f"{WALLET_HELD}: 1, payments hold {TOTAL}",)
    }
    assert broken(books_of(payment)) == {"I5": (f"{WALLET_HELD}: 0, payments hold {TOTAL}",)}


def test_money_that_is_held_for_no_payment_is_found() -> None:
    assert broken(books_of(BY_WALLET, balances={WALLET_HELD: 5, "x": -5})) == {
        "I5": (f"{WALLET_HELD}: 5, payments hold 0",)
    }


@pytest.mark.parametrize(
    ("payment", "told"),
    [
        (replace(BY_WALLET, entries=entries(Kind.HOLD)),
            ["COMPLETED with hold"]),
        (replace(BY_WALLET, entries=[]),
            ["COMPLETED with no entry"]),
        (replace(BY_WALLET, state=State.POSTED, **UNDER_WAY),
            ["POSTED with hold, post"]),
        (replace(BY_CARD, entries=POSTED_BY_CARD),
            ["COMPLETED with hold, post"]),
        (replace(BY_WALLET, total_paise=TOTAL + 1),
            [f"COMPLETED, taken {TOTAL}, posted {TOTAL}, returned 0, held 0"]),
        (replace(BY_WALLET, state=State.VOIDED, entries=entries(Kind.HOLD, Kind.VOID, Kind.POST), **FAILED),
            ["VOIDED with hold, post, void",
             f"VOIDED, taken {TOTAL}, posted {TOTAL}, returned {TOTAL}, held {-TOTAL}"]),
        (replace(BY_WALLET, entries=entries(Kind.HOLD, Kind.POST, held="psp:held")),
            ["COMPLETED, taken 0, posted 0, returned 0, held 0"]),
    ],
)  # fmt: skip
def test_entries_that_do_not_fit_the_payment_are_told_with_what_was_taken_and_where_it_went(
    payment: PaymentFacts, told: list[str]
) -> None:
    assert broken(books_of(payment)) == {"I2": tuple(f"pay_1: {line}" for line in told)}


def test_a_part_of_the_money_that_is_still_held_breaks_the_rule() -> None:
    part = [EntryFacts("pay_1:post", Kind.POST, [(WALLET_HELD, 1 - TOTAL), ("biller:JVVNL", TOTAL - 1)])]
    payment = replace(BY_WALLET, entries=[*entries(Kind.HOLD), *part])

    assert broken(books_of(payment)) == {
        "I2": (f"pay_1: COMPLETED, taken {TOTAL}, posted {TOTAL - 1}, returned 0, held 1",)
    }


def test_what_a_card_holds_is_nobodys_wallet() -> None:
    payment = replace(BY_CARD, kiosk_id=KIOSK, state=State.POST_UNKNOWN, entries=HELD_BY_CARD, **UNDER_WAY)

    assert broken(books_of(payment)) == {}


@pytest.mark.parametrize(
    ("payment", "told"),
    [
        (replace(BY_WALLET, has_receipt=False), "COMPLETED without a receipt"),
        (
            replace(
                BY_WALLET,
                state=State.VOIDED,
                entries=entries(Kind.HOLD, Kind.VOID),
                **{**FAILED, "has_receipt": True},
            ),
            "VOIDED with a receipt",
        ),
    ],
)  # fmt: skip
def test_a_receipt_and_a_completed_payment_come_together(payment: PaymentFacts, told: str) -> None:
    assert broken(books_of(payment)) == {"I3": (f"pay_1: {told}",)}


def test_a_second_entry_of_a_kind_is_found_and_every_such_kind_is_told() -> None:
    twice = replace(BY_WALLET, entries=entries(Kind.HOLD, Kind.HOLD, Kind.POST, Kind.POST))

    assert broken(books_of(twice)) == {
        "I2": (f"pay_1: COMPLETED, taken {2 * TOTAL}, posted {2 * TOTAL}, returned 0, held 0",),
        "I3": ("pay_1: more than one hold, post",),
    }


def test_a_receipt_number_on_two_payments_is_found() -> None:
    assert broken(books_of(repeated_receipts={"EM-2627-X": 2})) == {"I3": ("receipt EM-2627-X on 2 payments",)}


@pytest.mark.parametrize(
    ("payment", "told"),
    [
        (
            replace(BY_WALLET, completed=0, events_told=0),
            "COMPLETED, 0 events counted, 0 completed, 0 failed, 0 others",
        ),
        (
            replace(BY_WALLET, completed=2, events_told=2),
            "COMPLETED, 2 events counted, 2 completed, 0 failed, 0 others",
        ),
        (replace(BY_WALLET, failed=1, events_told=2), "COMPLETED, 2 events counted, 1 completed, 1 failed, 0 others"),
        (replace(BY_WALLET, events_told=2), "COMPLETED, 2 events counted, 1 completed, 0 failed, 0 others"),
        (replace(BY_WALLET, other_events=1), "COMPLETED, 1 events counted, 1 completed, 0 failed, 1 others"),
        (replace(BY_CARD, state=State.AUTH_FAILED, entries=[], **(FAILED | {"failed": 0})),
            "AUTH_FAILED, 1 events counted, 0 completed, 0 failed, 0 others"),
    ],
)  # fmt: skip
def test_the_ending_event_is_told_once_and_fits_the_end(payment: PaymentFacts, told: str) -> None:
    assert broken(books_of(payment)) == {"I4": (f"pay_1: {told}",)}
    assert broken(books_of(replace(payment, events_may_be_forgotten=True))) == {}


def test_an_event_of_another_kind_that_was_counted_is_in_order() -> None:
    assert broken(books_of(REFUNDED)) == {}


def test_entries_and_events_of_payments_that_are_not_there_are_found() -> None:
    audit = Audit({})
    audit.look_at(replace(BY_WALLET, entries=[], completed=0))
    audit.entries_without_payment(["pay_7", "pay_8"])
    audit.events_without_payment(["pay_8", "pay_9"])
    books = audit.books(unbalanced=[], repeated_receipts={}, wallets=[])

    assert broken(books) == {
        "I2": (
            "pay_1: COMPLETED with no entry",
            "pay_7: entries without a payment",
            "pay_8: entries without a payment",
        ),
        "I4": (
            "pay_1: COMPLETED, 1 events counted, 0 completed, 0 failed, 0 others",
            "pay_8: events without a payment",
            "pay_9: events without a payment",
        ),
    }
    assert not books.in_order


def test_an_entry_or_a_ledger_that_does_not_sum_to_zero_is_found() -> None:
    assert broken(books_of(unbalanced=["ent_1"], balances={"a": 3, "b": -2})) == {
        "I1": ("ent_1 does not sum to zero", "total 1")
    }


def test_a_wallet_is_what_the_journal_says_and_never_below_its_credit() -> None:
    balances = {WALLET: -500, "bank": 500}

    assert broken(books_of(balances=balances, wallets=[WalletFacts(KIOSK, -500, 500)])) == {}
    assert broken(books_of(balances=balances, wallets=[WalletFacts(KIOSK, -500, 499)])) == {
        "I5": (f"{KIOSK}: -500 is below the credit limit",)
    }
    assert broken(books_of(balances=balances, wallets=[WalletFacts(KIOSK, -499, 500)])) == {
        "I5": (f"{KIOSK}: wallet -499, journal -500",)
    }
    assert broken(books_of(wallets=[WalletFacts("ksk_2", 0, 0)])) == {}


def test_payments_are_counted_by_state_in_the_order_of_the_names() -> None:
    under_way = replace(BY_CARD, state=State.AUTH_REQUESTED, entries=[], **UNDER_WAY)

    books = books_of(BY_WALLET, BY_CARD, under_way, balances={"a": 1, "b": -1})

    assert list(books.states.items()) == [("AUTH_REQUESTED", 1), ("COMPLETED", 2)]
    assert books.balances == {"a": 1, "b": -1}


def test_no_more_than_twenty_examples_are_told() -> None:
    (told,) = broken(books_of(unbalanced=[f"ent_{number}" for number in range(21)])).values()

    assert told == tuple(f"ent_{number} does not sum to zero" for number in range(20))


@pytest.mark.parametrize(
    ("payment", "breaks"),
    [
        (replace(REFUNDED, refunding_paise=0), {"I2"}),
        (replace(REFUNDED, refunded_paise=499), {"I2"}),
        (replace(REFUNDED, entries=BY_WALLET.entries), {"I3"}),
        (replace(REFUNDED, events_told=1, other_events=0), {"I4"}),
        (replace(REFUNDED, events_told=3, other_events=2), {"I4"}),
        (replace(REFUNDED, total_paise=499), {"I2"}),
        (replace(REFUNDED, state=State.MANUAL), {"I2", "I3", "I4"}),
        (replace(BY_WALLET, events_told=2, other_events=1), {"I4"}),
    ],
)
def test_refunds_that_are_not_borne_out_break_the_books(payment: PaymentFacts, breaks: set[str]) -> None:
    assert breaks <= broken(books_of(payment)).keys()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ()),
        ({"lines_counted": 2}, ("stl_1: 3 lines of 400 told, 2 of 400 kept, 400 entered",)),
        ({"lines_paise": 399}, ("stl_1: 3 lines of 400 told, 3 of 399 kept, 400 entered",)),
        ({"entry_paise": 0}, ("stl_1: 3 lines of 400 told, 3 of 400 kept, 0 entered",)),
    ],
)
def test_a_settlement_is_what_its_lines_and_its_entry_are(changes: dict[str, Any], told: tuple[str, ...]) -> None:
    audit = Audit({})
    audit.look_at_settlement(replace(SettlementFacts("stl_1", 400, 3, 3, 400, 400), **changes))
    assert broken(audit.books(unbalanced=[], repeated_receipts={}, wallets=[])) == ({"I9": told} if told else {})


def test_a_payment_that_is_looked_at_again_holds_what_it_holds_by_then() -> None:
    audit = Audit({})
    held = replace(BY_WALLET, **UNDER_WAY, state=State.POST_REQUESTED, entries=BY_WALLET.entries[:1])
    for payment in (held, held, BY_WALLET):
        audit.look_at(payment)
    assert "I5" not in broken(audit.books(unbalanced=[], repeated_receipts={}, wallets=[]))
