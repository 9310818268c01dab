"""Amounts are split so that nothing is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.money import WHOLE, rupees, split


@st.composite
def shares(draw: st.DrawFn) -> dict[str, int]:
    """Between one and eight heads whose basis points make a whole."""
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE), max_size=7)))
    bounds = [0, *cuts, WHOLE]
    return {f"head-{n}": after - before for n, (before, after) in enumerate(pairwise(bounds))}


@given(paise=st.integers(0, 10**15), shares=shares())
def test_the_parts_sum_to_the_amount_and_none_is_a_paisa_off_its_share(paise: int, shares: dict[str, int]) -> None:
    parts = split(paise, shares)

    assert sum(parts.values()) == paise
    assert parts.keys() == shares.keys()
    for head, part in parts.items():
        assert abs(part * WHOLE - paise * shares[head]) < WHOLE


@given(paise=st.integers(0, 10**9), shares=shares())
def test_what_rounding_leaves_goes_to_those_who_lost_most(paise: int, shares: dict[str, int]) -> None:
    parts = split(paise, shares)

    gained = [paise * shares[head] % WHOLE for head in parts if parts[head] > paise * shares[head] // WHOLE]
    passed_over = [paise * shares[head] % WHOLE for head in parts if parts[head] == paise * shares[head] // WHOLE]
    assert not gained or not passed_over or min(gained) >= max(passed_over)


def test_a_charge_of_five_rupees_and_one_paisa_is_shared_to_the_last_paisa() -> None:
    assert split(501, {"kiosk": 8000, "lsp": 1000, "society": 1000}) == {"kiosk": 401, "lsp": 50, "society": 50}


@pytest.mark.parametrize(
    ("paise", "shares", "why"),
    [
        (100, {"a": 9_999}, "shares sum to 9999 basis points, not 10000"),
        (100, {}, "shares sum to 0 basis points, not 10000"),
        (-1, {"a": WHOLE}, "an amount and its shares cannot be negative"),
        (1, {"a": -1, "b": 10_001}, "an amount and its shares cannot be negative"),
    ],
)
def test_shares_that_make_no_whole_and_negative_amounts_are_refused(
    paise: int, shares: dict[str, int], why: str
) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        split(paise, shares)


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "₹0.00"),
        (5, "₹0.05"),
        (152_500, "₹1,525.00"),
        (4_999_900, "₹49,999.00"),
        (10**12 + 1, "₹10,00,00,00,000.01"),
        (-250, "-₹2.50"),
    ],
)
def test_amounts_are_shown_in_lakh_and_crore(paise: int, text: str) -> None:
    assert rupees(paise) == text
