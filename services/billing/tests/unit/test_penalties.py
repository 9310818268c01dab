"""The entry of a penalty."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from billing.domain.ledger.entries import Kind, wallet_changes
from billing.domain.ledger.penalties import Penalty

AT = datetime(2026, 11, 28, 5, tzinfo=UTC)


def a_penalty(paise: int, lsp_paise: int = 0) -> Penalty:
    return Penalty("pen_1", "ksk_RJ10200001", "lsp_RJ01", paise, lsp_paise, AT)


def legs(penalty: Penalty, spendable: int) -> dict[str, int]:
    entry = penalty.entry(spendable)
    assert entry is not None
    assert (entry.entry_id, entry.kind) == ("pen_1:penalty", Kind.PENALTY)
    return {leg.account: leg.paise for leg in entry.legs}


def test_a_wallet_that_holds_enough_gives_all_of_the_centres_part() -> None:
    assert legs(a_penalty(100_000, 30_000), 70_000) == {
        "wallet:ksk_RJ10200001": -70_000,
        "penalties-of-provider:lsp_RJ01": -30_000,
        "penalties": 100_000,
    }


def test_what_a_wallet_cannot_give_the_centre_owes() -> None:
    assert legs(a_penalty(100_000), 40_000) == {
        "wallet:ksk_RJ10200001": -40_000,
        "penalties-owed:ksk_RJ10200001": -60_000,
        "penalties": 100_000,
    }
    assert "wallet:ksk_RJ10200001" not in legs(a_penalty(100_000), 0)


def test_a_warning_without_money_has_no_entry() -> None:
    assert a_penalty(0).entry(100_000) is None


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(-(10**9), 10**9))
def test_whatever_the_figures_a_wallet_gives_no_more_than_it_can_and_the_entry_is_the_whole_penalty(
    paise: int, lsp_paise: int, spendable: int
) -> None:
    penalty = a_penalty(paise, min(paise, lsp_paise))
    entry = penalty.entry(spendable)
    assert entry is not None
    assert -wallet_changes(entry).get(penalty.kiosk_id, 0) <= max(spendable, 0)
    assert {leg.account: leg.paise for leg in entry.legs}["penalties"] == paise
