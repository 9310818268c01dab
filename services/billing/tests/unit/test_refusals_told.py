"""What is told to whoever asks a biller, or pays it, in a way that it does not take."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.support.builders import KIOSK, NOW, a_bill

from billing.application.ownership import owns
from billing.domain.centres import Centre, Standing
from billing.domain.ledger.accounts import held_owner, wallet_owner
from billing.domain.ledger.entries import JournalEntry, Kind, Leg, sandbox_funding, wallet_changes
from billing.domain.ledger.wallet import Wallet
from billing.domain.payer import Payer
from billing.domain.payments.parts import Part
from billing.domain.tariff.billers import Biller, CustomerParam, Exactness
from billing.domain.tariff.bills import LISTED_ON_FOR, Bill, following_key
from billing.domain.tariff.problems import Problem

NUMBER = CustomerParam("k_number", "K number", "के नंबर", numeric=True, min_length=12, max_length=12)
NAME = CustomerParam(
    *("name", "Name", "नाम"), numeric=False, min_length=2, max_length=4, pattern=re.compile("[a-z]+"), optional=True
)
BILLER = Biller(
    biller_id="JVVNL",
    name="Jaipur Discom",
    name_hi="जयपुर डिस्कॉम",
    category="ELECTRICITY",
    coverage="RJ",
    internal=False,
    pending_supported=True,
    customer_params=(NUMBER, NAME),
    limits={"INT": {"CARD": 4_999_900, "UPI": 100}},
)


@pytest.mark.parametrize(
    ("param", "value", "problem"),
    [
        (NUMBER, "1" * 12, None),
        (NUMBER, "1" * 11, Problem("k_number", "wrong-length", "K number has 12 characters.")),
        (NUMBER, "1" * 13, Problem("k_number", "wrong-length", "K number has 12 characters.")),
        (NUMBER, "१" * 12, Problem("k_number", "not-numeric", "K number consists of the digits 0 to 9 only.")),
        (NUMBER, "a" * 12, Problem("k_number", "not-numeric", "K number consists of the digits 0 to 9 only.")),
        (NAME, "ab", None),
        (NAME, "abcd", None),
        (NAME, "a", Problem("name", "wrong-length", "Name has 2 to 4 characters.")),
        (NAME, "ab1", Problem("name", "wrong-form", "Name does not have the form this biller uses.")),
    ],
)
def test_a_customer_parameter_is_refused_with_what_it_should_be(
    param: CustomerParam, value: str, problem: Problem | None
) -> None:
    assert param.problem_with(value) == problem


def test_all_that_is_wrong_with_the_parameters_is_told_at_once() -> None:
    assert BILLER.problems_with({"colour": "red", "name": "a"}) == [
        Problem("colour", "unknown-field", "JVVNL does not ask for this parameter."),
        Problem("k_number", "required", "K number is required."),
        Problem("name", "wrong-length", "Name has 2 to 4 characters."),
    ]
    assert BILLER.problems_with({"k_number": "1" * 12}) == []


def test_a_way_of_paying_that_is_not_open_is_refused_with_those_that_are() -> None:
    assert BILLER.problem_with_mode("INT", "UPI") is None
    assert BILLER.problem_with_mode("INT", "WALLET") == Problem(
        "mode", "mode-not-offered", "On this channel JVVNL takes: CARD, UPI."
    )
    assert BILLER.problem_with_mode("AGT", "WALLET") == Problem(
        "mode", "mode-not-offered", "On this channel JVVNL takes: none."
    )


def test_a_limit_is_told_in_rupees() -> None:
    assert BILLER.problem_with_limit("INT", "CARD", 4_999_900) is None
    assert BILLER.problem_with_limit("INT", "CARD", 4_999_901) == Problem(
        "amount", "over-limit", "One payment by CARD may be ₹49,999.00 at most, service charge included."
    )


EXACT = a_bill(amount_paise=1_000)
RANGE = replace(EXACT, exactness=Exactness.RANGE, minimum_paise=200, multiple_paise=50)
IN_FULL = Problem("amount", "amount-not-exact", "This bill is paid in full: ₹10.00.")


@pytest.mark.parametrize(
    ("bill", "paise", "problem"),
    [
        (EXACT, 1_000, None),
        (EXACT, 999, IN_FULL),
        (EXACT, 1_001, IN_FULL),
        (RANGE, 200, None),
        (RANGE, 950, None),
        (RANGE, 199, Problem("amount", "amount-too-low", "At least ₹2.00 can be paid on this bill.")),
        (RANGE, 1_001, Problem("amount", "amount-too-high", "At most ₹10.00 can be paid on this bill.")),
        (RANGE, 201, Problem("amount", "amount-not-a-multiple", "A part payment is a multiple of ₹0.50.")),
        (replace(RANGE, minimum_paise=1_000), 1_001, IN_FULL),
        (replace(RANGE, minimum_paise=0), 50, None),
        (replace(RANGE, minimum_paise=None), 100, None),
        (replace(RANGE, exactness=Exactness.ANY, multiple_paise=None), 1_001, None),
        (replace(RANGE, exactness=Exactness.ANY, multiple_paise=None), 200, None),
        (replace(EXACT, exactness=Exactness.EXACT_AND_ABOVE), 1_001, None),
    ],
)
def test_an_amount_is_refused_with_what_can_be_paid(bill: Bill, paise: int, problem: Problem | None) -> None:
    assert bill.problem_with_amount(paise) == problem


def test_a_due_has_one_key_in_this_release_and_the_next_so_that_it_is_paid_once_across_both() -> None:
    """Stored payments carry these keys: another way to make them would let each be paid again."""
    bill = a_bill(bill_ref="NA", bill_period="2026-10", due_on=date(2026, 11, 5))

    assert bill.due_key == "bill:15d211cddad17a3d08c4105b9ef400afaa9141bbba21704ec31cc7500ffb687b"
    assert (
        replace(bill, bill_period=None).due_key
        == "bill:1055166d278ec3b26945d6a213758ebd968ee90d8fd72ade357c21412d69a2d3"
    )
    assert (
        replace(bill, bill_period=None, due_on=None).due_key
        == "bill:fc0928a19d5fb05145b2134b349c8a27626d48e29c23b24125da8573c1709cba"
    )
    assert (
        replace(bill, bill_period=None).former_key
        == "bill:8e80d8463637590c65306a341d3e61a544db5c678e20696cb5d155ebbfb74210"
    )
    assert following_key("bill:1", "pay_1") == "bill:9674de06678d0324fb3298f0dea8c93e7c7e5aabea1c0f349457a98daa2584d9"


def test_customer_parameters_make_the_same_key_in_whatever_order_they_come() -> None:
    one, other = {"a": "1", "b": "2"}, {"b": "2", "a": "1"}

    assert a_bill(customer_params=one).due_key == a_bill(customer_params=other).due_key


PARTED = a_bill(exactness=Exactness.EXACT_AND_BELOW)
FEE = a_bill(application_id="app_1", bill_ref="dem_1")


def test_a_fee_is_known_by_its_demand_and_a_part_by_its_fetch() -> None:
    assert (FEE.due_key, FEE.bill_key, FEE.former_key) == ("dem_1", "dem_1", None)
    assert (PARTED.bill_key, PARTED.former_key) == (PARTED.bill_id, None)
    assert a_bill().bill_key == a_bill().due_key
    assert a_bill(bill_period="2026-10").former_key is None


@pytest.mark.parametrize(
    ("exactness", "in_parts"),
    [
        (Exactness.EXACT, False),
        (Exactness.EXACT_AND_ABOVE, False),
        (Exactness.EXACT_AND_BELOW, True),
        (Exactness.RANGE, True),
        (Exactness.ANY, True),
    ],
)
def test_a_bill_is_paid_in_parts_where_less_than_all_is_taken(exactness: Exactness, in_parts: bool) -> None:
    assert a_bill(exactness=exactness).is_paid_in_parts is in_parts


@pytest.mark.parametrize(
    ("bill", "paid_at", "anew"),
    [
        (a_bill(), None, False),
        (a_bill(), NOW - LISTED_ON_FOR, True),
        (a_bill(), NOW - LISTED_ON_FOR + timedelta(microseconds=1), False),
        (FEE, NOW - LISTED_ON_FOR, False),
    ],
)
def test_a_bill_that_is_listed_a_week_after_it_was_paid_is_another(
    bill: Bill, paid_at: datetime | None, anew: bool
) -> None:
    assert bill.is_listed_anew(paid_at) is anew


@pytest.mark.parametrize(
    ("may_exceed", "paise", "others_paise", "problem"),
    [
        (False, 400, 600, None),
        (False, 401, 600, Problem(
            "amount", "amount-too-high", "Other payments pay the rest: ₹4.00 can still be paid on this bill.")),
        (True, 401, 600, None),
        (False, 1, 999, None),
        (True, 1, 1_000, Problem("bill_id", "paid", "Other payments pay all of this bill, and have not failed.")),
        (False, 1, 1_001, Problem("bill_id", "paid", "Other payments pay all of this bill, and have not failed.")),
    ],
)  # fmt: skip
def test_a_part_is_refused_with_what_the_others_leave(
    may_exceed: bool, paise: int, others_paise: int, problem: Problem | None
) -> None:
    part = Part("due", 1_000, counted_from=NOW, may_exceed=may_exceed)

    assert part.problem_with(paise, others_paise=others_paise, due_paise=1_000) == problem


@pytest.mark.parametrize(
    ("centre", "standing"),
    [
        (Centre(KIOSK, "102"), Standing.OPEN),
        (Centre(KIOSK, "102", Standing.SUSPENDED, since=NOW), Standing.SUSPENDED),
        (Centre(KIOSK, "102", Standing.SUSPENDED, since=NOW + timedelta(seconds=1)), Standing.OPEN),
        (Centre(KIOSK, "102", Standing.SUSPENDED, since=NOW, until=NOW), Standing.OPEN),
        (Centre(KIOSK, "102", Standing.SUSPENDED, since=NOW, until=NOW + timedelta(seconds=1)), Standing.SUSPENDED),
        (Centre(KIOSK, "102", Standing.CLOSED, since=NOW, until=NOW), Standing.CLOSED),
        (Centre(KIOSK, "102", Standing.CLOSED), Standing.CLOSED),
    ],
)
def test_a_standing_holds_from_its_beginning_to_its_end(centre: Centre, standing: Standing) -> None:
    assert centre.standing_at(NOW) is standing


@pytest.mark.parametrize(
    ("payer", "made_by", "own"),
    [
        (Payer("cli_1", None), Payer("cli_1", None), True),
        (Payer("cli_1", None), Payer("cli_2", None), False),
        (Payer("cli_1", None), Payer("cli_1", KIOSK), True),
        (Payer("cli_1", KIOSK), Payer("cli_2", KIOSK), True),
        (Payer("cli_1", KIOSK), Payer("cli_1", None), False),
        (Payer("cli_1", KIOSK), Payer("cli_1", "ksk_2"), False),
        # What somebody pays signed in is theirs, whatever the app, and not the app's.
        (Payer("cli_1", None, "per_1"), Payer("cli_2", None, "per_1"), True),
        (Payer("cli_1", None, "per_1"), Payer("cli_1", None, "per_2"), False),
        (Payer("cli_1", None, "per_1"), Payer("cli_1", None), False),
        (Payer("cli_1", None), Payer("cli_1", None, "per_1"), False),
    ],
)
def test_a_centre_shares_what_is_the_centres_and_a_portal_and_a_citizen_have_their_own(
    payer: Payer, made_by: Payer, own: bool
) -> None:
    assert owns(payer, made_by) is own


def test_a_centre_pays_at_the_counter_and_a_portal_on_the_internet() -> None:
    assert (Payer("cli_1", KIOSK).channel, Payer("cli_1", None).channel) == ("AGT", "INT")


def test_a_wallets_balance_has_what_is_held_in_it() -> None:
    assert Wallet(KIOSK, available_paise=-300, held_paise=1_000, credit_limit_paise=500).balance_paise == 700


def test_the_owner_of_an_account_is_read_from_its_name() -> None:
    assert (wallet_owner(f"wallet:{KIOSK}"), held_owner(f"wallet-held:{KIOSK}")) == (KIOSK, KIOSK)
    assert (wallet_owner(f"wallet-held:{KIOSK}"), held_owner(f"wallet:{KIOSK}")) == (None, None)


def test_sandbox_money_comes_from_the_sandbox_bank() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)

    assert sandbox_funding(KIOSK, 700, at) == JournalEntry(
        entry_id=f"sandbox-funding:{KIOSK}",
        kind=Kind.FUNDING,
        at=at,
        legs=(Leg("bank:sandbox", -700), Leg(f"wallet:{KIOSK}", 700)),
        payment_id=None,
        kiosk_id=KIOSK,
        resolves=None,
    )


def test_two_legs_of_one_wallet_add_up() -> None:
    legs = (Leg("bank:sandbox", -700), Leg(f"wallet:{KIOSK}", 400), Leg(f"wallet:{KIOSK}", 300))

    assert wallet_changes(JournalEntry("ent_1", Kind.FUNDING, NOW, legs)) == {KIOSK: 700}
