"""Entries balance, and a hold ends in exactly one way."""

from datetime import UTC, datetime

import pytest
from tests.support.builders import KIOSK, NOW, a_payment

from billing.domain.ledger.entries import JournalEntry, Kind, Leg, sandbox_funding, wallet_changes
from billing.domain.payments.payment import IllegalMove, State
from billing.domain.payments.receipts import receipt_number

ODD = "an entry has at least two legs and none of them is zero"


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        ((Leg("a", 1),), ODD),
        ((Leg("a", 1), Leg("b", -2)), "the legs of id do not sum to zero"),
        ((Leg("a", 0), Leg("b", 0)), ODD),
        ((), ODD),
    ],
)
def test_an_entry_that_does_not_balance_cannot_be_made(legs: tuple[Leg, ...], why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        JournalEntry("id", Kind.FUNDING, NOW, legs)


def test_a_hold_takes_from_the_wallet_and_its_posting_does_not_take_again() -> None:
    payment = a_payment()

    assert wallet_changes(payment.hold_entry(NOW)) == {KIOSK: -152_500}
    assert wallet_changes(payment.post_entry(NOW)) == {}
    assert wallet_changes(payment.void_entry(NOW)) == {KIOSK: 152_500}


def test_a_card_is_no_wallet_even_at_a_centre() -> None:
    hold = a_payment(mode="CARD", kiosk_id=KIOSK).hold_entry(NOW)

    assert wallet_changes(hold) == {}
    assert [leg.account for leg in hold.legs] == ["psp:authorised", "psp:held"]


@pytest.mark.parametrize("mode", ["WALLET", "CARD"])
def test_a_hold_and_its_void_leave_nothing_behind(mode: str) -> None:
    payment = a_payment(mode=mode)
    balances: dict[str, int] = {}
    for entry in (payment.hold_entry(NOW), payment.void_entry(NOW)):
        for leg in entry.legs:
            balances[leg.account] = balances.get(leg.account, 0) + leg.paise

    assert set(balances.values()) == {0}


def test_post_and_void_resolve_the_same_hold_so_only_one_of_them_can_be_stored() -> None:
    payment = a_payment()

    assert payment.post_entry(NOW).resolves == payment.void_entry(NOW).resolves == payment.hold_entry(NOW).entry_id


def test_a_captured_card_leaves_only_what_the_provider_owes_and_who_is_paid() -> None:
    payment = a_payment(mode="UPI")
    balances: dict[str, int] = {}
    for entry in (payment.hold_entry(NOW), payment.post_entry(NOW), payment.capture_entry(NOW)):
        for leg in entry.legs:
            balances[leg.account] = balances.get(leg.account, 0) + leg.paise

    owed = {leg.account: leg.paise for leg in payment.credits}
    assert {account: paise for account, paise in balances.items() if paise} == {"psp:clearing": -152_500, **owed}


def test_a_centre_is_funded_once_whatever_the_amount() -> None:
    assert sandbox_funding(KIOSK, 100, NOW).entry_id == sandbox_funding(KIOSK, 200, NOW).entry_id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (State.POSTED, State.VOIDED),
        (State.COMPLETED, State.POSTED),
        (State.POST_UNKNOWN, State.POST_REQUESTED),
        (State.POSTED, State.POST_FAILED),
    ],
)
def test_no_payment_moves_backwards(first: State, second: State) -> None:
    payment = a_payment(state=first)

    with pytest.raises(IllegalMove, match=f"^pay_1: {first.value} → {second.value}$"):
        payment.move(NOW, second)


@pytest.mark.parametrize(
    ("at", "year"),
    [
        (datetime(2026, 3, 31, 18, 29, tzinfo=UTC), "2526"),
        (datetime(2026, 3, 31, 18, 30, tzinfo=UTC), "2627"),  # midnight of 1 April in India
        (datetime(2026, 12, 31, tzinfo=UTC), "2627"),
        (datetime(2099, 12, 31, tzinfo=UTC), "9900"),
    ],
)
def test_a_receipt_number_names_the_indian_financial_year(at: datetime, year: str) -> None:
    assert receipt_number("EM7K3M9Q2XV4BTC", at) == f"EM-{year}-7K3M9Q2XV4BTC"
