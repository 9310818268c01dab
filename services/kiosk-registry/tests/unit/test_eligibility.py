"""Whether somebody may apply at all: every rule that a form breaks, told at once and in both languages."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.openings import a_form

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.adapters.data.opening_rules_file import read_opening_rules
from kiosk_registry.adapters.data.place_facts import PlaceFacts
from kiosk_registry.domain.lsps.lsp import SANDBOX_LSP, Lsp, opening_lsps
from kiosk_registry.domain.openings.eligibility import problems
from kiosk_registry.domain.openings.opening import Form
from kiosk_registry.domain.places.districts import Place

DAY = date(2026, 11, 28)
RULES = read_opening_rules().on(DAY)
FACTS = PlaceFacts()
LSPS = {lsp.id: lsp for lsp in opening_lsps(districts())}
PREMISES = a_form().premises


def broken(form: Form, lsp: Lsp | None = None) -> list[tuple[str, str]]:
    told = problems(
        form,
        rules=RULES,
        day=DAY,
        district=FACTS.district(form.district_code),
        pin_area=FACTS.pin_area(form.premises.pin),
        lsp=lsp or LSPS.get(form.lsp_id),
    )
    assert all(problem.en and problem.hi for problem in told)
    return [(problem.pointer, problem.code) for problem in told]


def test_a_form_that_meets_the_rules_breaks_none() -> None:
    assert broken(a_form()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"date_of_birth": date(2008, 11, 29)}, ("/date_of_birth", "too-young")),
        ({"date_of_birth": date(2026, 11, 29)}, ("/date_of_birth", "not-a-birth-day")),
        ({"date_of_birth": date(1890, 1, 1)}, ("/date_of_birth", "not-a-birth-day")),
        ({"education": "PRIMARY"}, ("/education", "education-too-low")),
        ({"is_resident": False}, ("/is_resident", "not-resident")),
        ({"documents": frozenset({"pan"})}, ("/documents", "missing")),
        ({"equipment": a_form().equipment | {"helicopter"}}, ("/equipment", "unknown")),
        ({"lsp_id": "lsp_of_another_state"}, ("/lsp_id", "not-in-its-territory")),
        ({"premises": replace(PREMISES, place=Place(28.61, 77.20))}, ("/premises/position", "not-in-the-district")),
        ({"premises": replace(PREMISES, place=Place(19.07, 72.87))}, ("/premises/position", "outside-rajasthan")),
        ({"premises": replace(PREMISES, place=Place(27.9, 75.0))}, ("/premises/position", "far-from-the-pin")),
        ({"premises": replace(PREMISES, pin="110001")}, ("/premises/pin", "unknown-pin")),
        ({"premises": replace(PREMISES, pin="345001")}, ("/premises/pin", "not-in-the-district")),
    ],
)
def test_a_rule_that_is_broken_is_named_with_its_place(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problem in broken(a_form(**changes))


def test_whoever_is_eighteen_today_may_apply() -> None:
    assert broken(a_form(date_of_birth=date(2008, 11, 28))) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    form = a_form(district_code="999", education="NONE", is_resident=False, lsp_id="lsp_x", documents=frozenset())

    assert {pointer for pointer, _ in broken(form)} == {
        "/district_code", "/education", "/is_resident", "/lsp_id", "/documents",
    }  # fmt: skip


def test_a_provider_of_another_district_is_refused() -> None:
    elsewhere = next(lsp for lsp in LSPS.values() if "102" not in lsp.districts)

    assert broken(a_form(lsp_id=elsewhere.id)) == [("/lsp_id", "not-in-its-territory")]


def test_each_district_has_three_providers_of_the_register_and_the_sandboxs() -> None:
    for district in districts():
        serving = {lsp.id for lsp in LSPS.values() if district.code in lsp.districts}
        assert len(serving) == 4
        assert SANDBOX_LSP in serving


def test_what_no_source_told_is_unset() -> None:
    assert (RULES.apart_m, RULES.deposit_paise) == (None, None)
    assert RULES.field_tag_own
    assert read_opening_rules().on(date(2010, 1, 1)) == RULES
