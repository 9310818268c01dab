"""What a type's data means: fees by date, steps in order, forms."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import CASTE, DOMICILE, RULEBOOK, domicile_form

from certificates.domain.types.form import FieldKind, Writing

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "paise"),
    [(date(2014, 1, 1), 3000), (date(2020, 8, 31), 3000), (date(2020, 9, 1), 5000), (TODAY, 5000)],
)
def test_the_fee_is_that_of_the_order_in_force_on_the_day(day: date, paise: int) -> None:
    assert DOMICILE.fee_of(domicile_form(), day).paise == paise


def test_before_its_first_order_a_type_is_not_open() -> None:
    assert DOMICILE.fees_on(date(2013, 12, 31)) == []


def test_a_type_with_fees_of_late_reports_only_is_not_open() -> None:
    late = replace(DOMICILE.fees[0], after_days=21)
    assert replace(DOMICILE, fees=(late,)).fees_on(TODAY) == []
    assert replace(DOMICILE, fees=(DOMICILE.fees[0], late)).fees_on(TODAY) == [DOMICILE.fees[0], late]


def test_the_fee_of_what_is_no_report_is_that_of_a_report_in_time() -> None:
    late = replace(DOMICILE.fees[0], after_days=1)
    assert replace(DOMICILE, fees=(DOMICILE.fees[0], late)).fee_of(domicile_form(), TODAY) == DOMICILE.fees[0]


def test_a_step_that_is_not_there_is_an_error_that_names_it() -> None:
    assert CASTE.step("approval") is CASTE.steps[1]
    with pytest.raises(KeyError, match="resubmission"):
        CASTE.step("resubmission")


def test_steps_follow_each_other_as_the_file_lists_them() -> None:
    second = CASTE.step_after("verification")
    assert second is not None
    assert second.name == "approval"
    assert CASTE.step_after("approval") is None


def test_an_acceptable_form_is_kept_whole() -> None:
    assert DOMICILE.check_form(domicile_form(), TODAY) == (domicile_form(), [])


def test_a_field_left_null_counts_as_left_out() -> None:
    kept, problems = DOMICILE.check_form({**domicile_form(), "mother_name": None}, TODAY)
    assert (kept, problems) == (domicile_form(), [])


def test_text_is_kept_in_one_spelling_of_its_characters() -> None:
    decomposed = domicile_form(name="Jose\u0301")
    kept, _ = DOMICILE.check_form(decomposed, TODAY)
    assert kept["name"] == "Jos\u00e9"


def test_hindi_with_joiners_is_accepted() -> None:
    _, problems = DOMICILE.check_form(domicile_form(name_hi="क्\u200dष राम"), TODAY)
    assert problems == []


@pytest.mark.parametrize("name_hi", ["राम-प्रसाद", "डि’सूज़ा", "डि'सूज़ा", "स्व॰ राम"])
def test_a_hindi_name_is_kept_as_it_is_written(name_hi: str) -> None:
    kept, problems = DOMICILE.check_form(domicile_form(name_hi=name_hi), TODAY)
    assert problems == []
    assert kept["name_hi"] == unicodedata.normalize("NFC", name_hi)


@pytest.mark.parametrize("code", sorted(RULEBOOK.types))
def test_every_name_of_a_form_is_held_to_the_rule_of_names(code: str) -> None:
    of_people = [f for f in RULEBOOK.types[code].form if f.name.removesuffix("_hi").endswith("name")]
    assert of_people
    for field in of_people:
        assert field.writing is Writing.NAME, field.name
        assert field.script == ("Devanagari" if field.name.endswith("_hi") else None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([field.name for kind in RULEBOOK.types.values() for field in kind.form]) | st.text()


@given(st.sampled_from(sorted(RULEBOOK.types)), st.dictionaries(NAMES, JSON, max_size=8))
def test_any_form_at_all_is_either_kept_or_refused_with_a_reason(code: str, values: dict[str, object]) -> None:
    kind = RULEBOOK.types[code]
    kept, problems = kind.check_form(values, TODAY)
    if not problems:
        again, none = kind.check_form(kept, TODAY)
        assert (again, none) == (kept, [])
    for field in kind.form:
        if field.name in kept and field.kind is FieldKind.TEXT:
            assert len(str(kept[field.name])) <= field.max_length
