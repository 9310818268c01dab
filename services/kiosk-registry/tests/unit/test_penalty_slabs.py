"""What orders set for offences of centres."""

from datetime import date

from tests.support.cases import BOOK

from kiosk_registry.domain.discipline.rules import Slab

DAY = date(2026, 11, 20)
SLAB = Slab(id="s", offence="overcharging", order="Some order", order_hi="कोई आदेश")


def ids(offence: str, times: int, day: date = DAY) -> list[str]:
    return [slab.id for slab in BOOK.fitting(offence, "102", day, times)]


def test_the_second_time_has_a_slab_of_its_own_and_an_order_counts_from_its_day() -> None:
    assert ids("run-elsewhere", 1) == ["run-elsewhere-first"]
    assert ids("run-elsewhere", 2) == ids("run-elsewhere", 9) == ["run-elsewhere-again"]
    assert ids("run-elsewhere", 1, date(2022, 9, 30)) == []
    assert [ids("not-working", times) for times in (1, 6, 7)] == [
        ["not-working-first-six-months"],
        ["not-working-first-six-months"],
        ["not-working-after-six-months"],
    ]


def test_the_figures_are_those_of_the_orders() -> None:
    figures = {slab.id: (slab.penalty_paise, slab.suspension_days) for slab in BOOK.slabs}

    assert figures["rate-list-2021"] == (100_000, None)
    assert figures["rate-list-later"] == (150_000, None)
    assert figures["overcharging-1000-15-days"] == (100_000, 15)
    assert figures["run-elsewhere-again"] == (None, 365)


def test_what_no_source_told_is_unset_and_not_nought() -> None:
    assert {slab.lsp_share_percent for slab in BOOK.slabs} == {None}
    assert [slab.id for slab in BOOK.slabs if slab.figure_unset] == ["dummy-transactions-2022"]
    assert all(slab.penalty_paise != 0 for slab in BOOK.slabs)


def test_a_slab_of_other_districts_or_of_other_days_does_not_fit() -> None:
    somewhere = Slab(
        **{**{name: getattr(SLAB, name) for name in ("id", "offence", "order", "order_hi")}, "districts": ("86",)}
    )
    until = Slab(id="s", offence="overcharging", order="Some order", order_hi="कोई आदेश", ends=DAY)

    assert SLAB.covers("overcharging", "102", DAY, 1)
    assert not somewhere.covers("overcharging", "102", DAY, 1)
    assert somewhere.covers("overcharging", "86", DAY, 1)
    assert not until.covers("overcharging", "102", DAY, 1)


def test_the_providers_part_is_rounded_down_and_nothing_where_it_is_unset() -> None:
    share = Slab(id="s", offence="o", order="An order", order_hi="आदेश", penalty_paise=101, lsp_share_percent=50)

    assert share.lsp_paise() == 50
    assert SLAB.lsp_paise() == 0
