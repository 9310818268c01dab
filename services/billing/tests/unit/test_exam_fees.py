"""Examination fees: which window, what late fee, and one charge for a person, examination and session."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.support.reference import BILLERS

from billing.domain.calendar import IST
from billing.domain.tariff.exam_fees import ExamFee, FeeTable, FeeWindow, NotPayable

PLAIN = FeeWindow("plain", "बिना विलंब शुल्क", date(2026, 7, 1), date(2026, 11, 30))
LATE = FeeWindow("late", "विलंब", date(2026, 12, 1), date(2026, 12, 10), late_paise=10_000)
DOUBLE = FeeWindow("double", "दोगुना", date(2026, 12, 20), date(2026, 12, 31), late_basis_points=10_000)
FEE = ExamFee(
    "ba-1", "B.A. 1", "बी.ए. 1", "2026-27", "an order", "एक आदेश",
    {"regular": 80_000, "private": None}, (PLAIN, LATE, DOUBLE),
)  # fmt: skip
CANDIDATE = {"number": "AB1", "examination": "ba-1", "session": "2026-27", "category": "regular"}


def table(*fees: ExamFee) -> FeeTable:
    return FeeTable(fees or (FEE,), "number", "examination", "session", "category")


def at(text: str) -> datetime:
    """An instant by India's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=IST).astimezone(UTC)


@pytest.mark.parametrize(
    ("tendered", "window", "paise"),
    [
        ("2026-07-01T00:00:00.000", "plain", 80_000),
        ("2026-11-30T23:59:59.999", "plain", 80_000),
        ("2026-12-01T00:00:00.000", "late", 90_000),
        ("2026-12-10T23:59:59.999", "late", 90_000),
        ("2026-12-20T00:00:00.000", "double", 160_000),
        ("2026-12-31T23:59:59.999", "double", 160_000),
    ],
)
def test_a_window_is_open_from_its_first_to_its_last_millisecond_in_india(
    tendered: str, window: str, paise: int
) -> None:
    quote = table().quote(CANDIDATE, at(tendered))

    assert (quote.window.name, quote.paise) == (window, paise)
    assert quote.fee.order == "an order"


@pytest.mark.parametrize(
    ("tendered", "code", "opens_at"),
    [
        ("2026-06-30T23:59:59.999", "not-open-yet", "2026-07-01T00:00:00.000"),
        ("2026-12-11T00:00:00.000", "not-open-yet", "2026-12-20T00:00:00.000"),
        ("2027-01-01T00:00:00.000", "closed", None),
    ],
)
def test_outside_every_window_nothing_is_quoted_and_the_next_one_is_named(
    tendered: str, code: str, opens_at: str | None
) -> None:
    with pytest.raises(NotPayable) as refused:
        table().quote(CANDIDATE, at(tendered))

    assert refused.value.code == code
    assert refused.value.opens_at == (at(opens_at) if opens_at else None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"examination": "ba-9"}, "unknown"),
        ({"session": "2031-32"}, "unknown"),
        ({"category": "private"}, "amount-unset"),
        ({"category": "nobody"}, "amount-unset"),
    ],
)
def test_what_no_order_sets_is_never_quoted(changes: dict[str, str], code: str) -> None:
    with pytest.raises(NotPayable) as refused:
        table().quote(CANDIDATE | changes, at("2026-08-01T12:00:00"))

    assert refused.value.code == code


def test_where_no_days_are_known_the_window_is_always_open_and_never_ends() -> None:
    unset = FeeWindow("whole", "पूरी अवधि", None, None)
    quote = table(ExamFee("ba-1", "n", "न", None, "o", "आ", {"regular": 1}, (unset,))).quote(
        CANDIDATE, at("1999-01-01")
    )

    assert (quote.window, quote.window.closes_at) == (unset, None)


def test_a_fee_of_the_session_goes_before_one_of_every_session() -> None:
    every = ExamFee("ba-1", "n", "न", None, "o", "आ", {"regular": 1}, (PLAIN,))
    day = at("2026-08-01T12:00:00")

    assert table(every, FEE).quote(CANDIDATE, day).fee is FEE
    assert table(every, FEE).quote(CANDIDATE | {"session": "2027-28"}, day).fee is every


def test_one_charge_stands_for_a_person_examination_and_session_whatever_the_category() -> None:
    key = table().once_key("U", FEE, CANDIDATE)
    assert key is not None
    assert "AB1" not in key

    assert table().once_key("U", FEE, CANDIDATE | {"category": "private"}) == key
    assert table().once_key("U", FEE, CANDIDATE | {"number": "AB2"}) != key
    assert table().once_key("U", FEE, CANDIDATE | {"session": "2027-28"}) != key
    assert table().once_key("V", FEE, CANDIDATE) != key


@pytest.mark.parametrize(
    ("biller_id", "values", "paise"),
    [
        ("RAJ-OTR", {"examination": "one-time-registration", "category": "general"}, 60_000),
        ("RAJ-OTR", {"examination": "one-time-registration", "category": "sahariya"}, 40_000),
        ("RPSC", {"examination": "correction", "category": "all"}, 50_000),
        ("RSSB", {"examination": "absence-first-block", "category": "all", "financial_year": "2025-26"}, 75_000),
        ("RSSB", {"examination": "absence-second-block", "category": "all", "financial_year": "2025-26"}, 150_000),
        ("RPMC", {"examination": "sms-paramedical", "category": "general"}, 150_000),
        ("RPMC", {"examination": "sms-paramedical", "category": "sc"}, 75_000),
    ],
)
def test_the_fees_that_the_orders_set(biller_id: str, values: dict[str, Any], paise: int) -> None:
    fees = BILLERS[biller_id].fee_table
    assert fees is not None

    assert fees.quote({"application_number": "A123", **values}, at("2026-11-27T12:00:00")).paise == paise


def test_a_registration_before_its_order_is_not_open() -> None:
    fees = BILLERS["RAJ-OTR"].fee_table
    assert fees is not None
    values = {"examination": "one-time-registration", "category": "general", "application_number": "A123"}

    with pytest.raises(NotPayable, match="cannot be paid yet"):
        fees.quote(values, at("2023-04-19T00:00:00") - timedelta(milliseconds=1))
    assert fees.quote(values, at("2023-04-19T00:00:00")).paise == 60_000


def test_what_rbse_and_the_universities_do_not_publish_is_unset_and_not_invented() -> None:
    old, new = BILLERS["RBSE"].exam_fees
    assert (old.amounts["regular"], old.amounts["private"], old.amounts["practical"]) == (60_000, 65_000, 10_000)
    assert (new.session, new.amounts["regular"], new.amounts["practical"]) == ("2026-27", 85_000, 20_000)
    assert new.amounts["private"] is None
    for biller_id in ("MGSU", "MDSU"):
        (fee,) = BILLERS[biller_id].exam_fees
        assert set(fee.amounts.values()) == {None}
        assert {(w.from_day, w.until) for w in fee.windows} == {(None, None)}
        assert [w.late_fee(50_000) for w in fee.windows] == [0, 10_000, 50_000]
