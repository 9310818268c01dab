"""One name in two scripts and many spellings is one; another name is another; twins are not the same."""

from typing import Any

import pytest
from tests.support.builders import RULEBOOK, birth_form, domicile_form
from tests.support.forms import RECORD

from certificates.domain.likenesses.likeness import Sign, likeness_keys, signs
from certificates.domain.likenesses.names import skeleton

BIRTH, DOMICILE, COPY = (RULEBOOK.types[code] for code in ("birth", "domicile", "extra-copy"))

ALIKE = [
    ("Ramesh Kumar Sharma", "रमेश कुमार शर्मा"),
    ("Mohan Lal Meena", "मोहन लाल मीणा"),
    ("Lakshmi Devi", "लक्ष्मी देवी"),
    ("Vishnu Choudhary", "विष्णु चौधरी"),
    ("Chaudhary Vishnu", "विष्णु चौधरी"),
    ("Harpreet Singh", "हरप्रीत सिंह"),
    ("Geeta Yadav", "गीता यादव"),
    ("Gita Yadav", "Geeta Yadav"),
    ("Bhanwar Lal", "भंवर लाल"),
    ("Krishna Gurjar", "कृष्ण गुर्जर"),
    ("Sunita Rathor", "सुनीता राठौर"),
    ("Aarti Joshi", "आरती जोशी"),
    ("Arti Joshi", "Aarti Joshi"),
    ("Fateh Khan", "फतेह खान"),
    ("Zakir Hussain", "जाकिर हुसैन"),
    ("Shri Ramesh", "Ramesh"),
    ("Smt. Geeta", "श्रीमती गीता"),
    ("José", "Jose"),
    ("O'Brien", "OBrien"),
    ("Anita-Devi", "Anita Devi"),
]
DIFFERENT = [
    ("Ram", "Rima"),
    ("Sita", "Savita"),
    ("Ramesh", "Rakesh"),
    ("Mohan", "Sohan"),
    ("Sunita", "Sunil"),
    ("Gita", "Gauri"),
    ("Lav", "Kush"),
    ("लव", "कुश"),
    ("Karan", "Kiran"),
    ("Ramesh Kumar", "Ramesh Chand"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_name_sounds_like_itself_in_either_script_and_spelling(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_name_sounds_otherwise(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("name", ["", "   ", ".", "محمد", "李", "'"])
def test_what_has_no_letter_of_the_two_scripts_sounds_like_nothing(name: str) -> None:
    assert skeleton(name) == ""


def compared(application_type: Any, one: Any, other: Any) -> tuple[Sign, ...]:
    """The signs, which are only looked for where a key is shared."""
    shared = set(likeness_keys(application_type, one)) & set(likeness_keys(application_type, other))
    return signs(application_type, one, other) if shared else ()


def test_the_same_person_on_the_same_day_is_alike_with_reasons() -> None:
    one = domicile_form()
    assert compared(DOMICILE, one, one) == (Sign.SAME_NAME, Sign.SAME_DATE)
    respelled = {**one, "name": "Tesst Citizeen Onee", "name_hi": "दूसरा नाम"}
    assert compared(DOMICILE, one, respelled) == (Sign.NAME_SOUNDS_ALIKE, Sign.SAME_DATE)


def test_one_form_in_english_is_like_another_in_hindi() -> None:
    english = {"name": "Ramesh Sharma", "date_of_birth": "1990-08-15"}
    hindi = {"name": "R S", "name_hi": "रमेश शर्मा", "date_of_birth": "1990-08-15"}
    assert compared(DOMICILE, english, hindi) == (Sign.NAME_SOUNDS_ALIKE, Sign.SAME_DATE)


def test_a_name_alone_or_a_day_alone_says_nothing() -> None:
    one = domicile_form()
    assert compared(DOMICILE, one, {**one, "date_of_birth": "1991-08-15"}) == ()
    assert compared(DOMICILE, one, {**one, "name": "Somebody Else", "name_hi": "कोई और"}) == ()


def test_twins_are_not_alike_named_or_not() -> None:
    first, second = (birth_form(5, child_name=name) for name in ("Lav Sharma", "Kush Sharma"))
    assert compared(BIRTH, first, second) == ()
    assert compared(BIRTH, birth_form(5), birth_form(5)) == ()


def test_two_that_name_one_record_are_alike_however_its_number_is_written() -> None:
    one, other = ({**RECORD, "certificate_number": n} for n in ("BIR-7K2M9QX4TB-T", "bir7k2m9qx4tbt"))
    assert Sign.SAME_RECORD in compared(COPY, one, other)


def test_keys_say_nothing_of_whom_they_are_made_of() -> None:
    keys = likeness_keys(DOMICILE, domicile_form())
    assert keys
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)
