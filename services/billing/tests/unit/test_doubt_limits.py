"""How long a payment may be in doubt, and how little a public count tells."""

from datetime import date, datetime, timedelta

import pytest
from tests.support.builders import NOW
from tests.support.reference import BILLERS

from billing.adapters.data.in_doubt_limits import load_doubt_limits, read_doubt_limits
from billing.adapters.data.marked_yaml import BadFile
from billing.adapters.data.wallet_limits import load_wallet_limits, read_wallet_limits
from billing.application.doubts.ports import Doubt, InDoubt
from billing.application.doubts.read_doubts import DoubtReader
from billing.domain.doubts.limits import DoubtLimit, DoubtLimits, size_of

DAY = date(2026, 11, 23)
HOUR = timedelta(hours=1)


def limit(hours: int, biller_id: str | None = None, mode: str | None = None, from_day: date = DAY) -> DoubtLimit:
    return DoubtLimit(from_day, biller_id, mode, hours * HOUR)


@pytest.mark.parametrize(
    ("biller_id", "mode", "day", "hours"),
    [
        ("AVVNL", "CARD", DAY, 9),
        ("AVVNL", "UPI", DAY, 5),
        ("JVVNL", "CARD", DAY, 3),
        ("JVVNL", "UPI", DAY, 2),
        ("JVVNL", "UPI", DAY - timedelta(days=1), 24),
        ("JVVNL", "CARD", DAY + timedelta(days=1), 1),
    ],
)
def test_the_closest_limit_in_force_holds_and_else_the_usual(biller_id: str, mode: str, day: date, hours: int) -> None:
    published = [
        limit(9), limit(5, mode="UPI"), limit(3, "JVVNL"), limit(2, "JVVNL", "UPI"),
        limit(1, "JVVNL", from_day=DAY + timedelta(days=1)),
    ]  # fmt: skip
    assert DoubtLimits(24 * HOUR, published).of(biller_id, mode, day) == hours * HOUR


@pytest.mark.parametrize(
    ("count", "name"),
    [(0, "none"), (1, "under-10"), (9, "under-10"), (10, "under-100"), (999, "under-1000"), (10**9, "1000-and-more")],
)
def test_a_public_count_is_one_of_a_few_classes(count: int, name: str) -> None:
    assert size_of(count).name == name


def test_the_files_that_come_with_the_service_are_right_and_the_live_ones_invent_nothing() -> None:
    limits = load_doubt_limits(24 * HOUR)
    assert limits.of("JVVNL", "WALLET", DAY) == 24 * HOUR
    assert limits.of("SANDBOX-DIRECT", "CARD", DAY) == 2 * HOUR
    assert load_wallet_limits("live") == []
    (sandbox,) = load_wallet_limits("sandbox")
    assert (sandbox.least_paise, sandbox.low_paise) == (10_000, 50_000)


@pytest.mark.parametrize(
    "row",
    [
        "{source: x, effective_from: 2026-01-01, biller_id: null, mode: CASH, hours: 2}",
        "{source: x, effective_from: 2026-01-01, biller_id: null, mode: null, hours: 0}",
        "{source: x, effective_from: soon, biller_id: null, mode: null, hours: 2}",
        "{source: x, effective_from: 2026-01-01, mode: null, hours: 2}",
    ],
)
def test_a_wrong_limit_is_told_with_its_line(row: str) -> None:
    with pytest.raises(BadFile, match=r"limits\.yaml:2"):
        read_doubt_limits("limits.yaml", f"limits:\n  - {row}\n", HOUR)


@pytest.mark.parametrize(
    "row", ["{source: x, effective_from: 2026-01-01, least_paise: 2, most_paise: 1}", "{source: x, least_paise: 2}"]
)
def test_wrong_limits_of_wallets_are_told_with_their_line(row: str) -> None:
    with pytest.raises(BadFile, match=r"wallets\.yaml:2"):
        read_wallet_limits("wallets.yaml", f"live:\n  - {row}\nsandbox: []\n", "live")


class OneInDoubt:
    """The store: one payment in doubt, to a biller that is no longer paid here."""

    def in_doubt(self, at: datetime) -> list[InDoubt]:
        return [InDoubt("WITHDRAWN", "CARD", 1, 1, at - 30 * HOUR)]

    def next_near(self, at: datetime) -> None:
        raise NotImplementedError

    def warn(self, doubt: Doubt, event_id: str, at: datetime) -> bool:
        raise NotImplementedError


def test_what_is_in_doubt_with_a_biller_that_was_withdrawn_is_still_a_public_number() -> None:
    limits = DoubtLimits(24 * HOUR)
    rows = DoubtReader({"JVVNL": BILLERS["JVVNL"]}, limits, limits, OneInDoubt()).in_doubt(NOW)
    assert [(row.biller_id, row.mode) for row in rows] == [
        ("JVVNL", "WALLET"), ("JVVNL", "CARD"), ("JVVNL", "UPI"), ("WITHDRAWN", "CARD"),
    ]  # fmt: skip
    assert (rows[-1].biller, rows[-1].count.name, rows[-1].oldest_hours) == (None, "under-10", 30)
