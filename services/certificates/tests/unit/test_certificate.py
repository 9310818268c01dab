"""What is printed on a certificate, how long it is valid, and its number."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from tests.support.builders import (
    CASTE,
    DOMICILE,
    FATHER,
    MONDAY,
    NAME,
    NAME_HI,
    RULEBOOK,
    SDO,
    TEHSILDAR,
    birth_form,
    caste_form,
    domicile_form,
    in_verification,
    marriage_form,
)

from certificates.domain.certificates.certificate import (
    document_uri,
    holder_initials,
    initials,
    paper,
    qr_content,
)
from certificates.domain.certificates.number import (
    ALPHABET,
    RANDOM_BITS,
    certificate_number,
    is_certificate_number,
    read_certificate_number,
)
from certificates.domain.sla.calendar import months_later
from certificates.domain.types.application_type import ApplicationType


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_a_paper_is_dated_by_the_wall_in_rajasthan() -> None:
    content = paper(
        caste_form(),
        CASTE,
        number="CST-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=TEHSILDAR.designation,
        issued_at=datetime(2026, 11, 23, 20, 0, tzinfo=UTC),
        test=False,
    )
    assert (content["issued_on"], content["valid_until"]) == ("2026-11-24", "2027-11-24")
    assert "test" not in content


def test_a_paper_has_these_members_and_no_others() -> None:
    content = paper(
        caste_form(mother_name="Test Mother"),
        CASTE,
        number="CST-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=SDO.designation,
        issued_at=MONDAY,
        test=True,
    )
    assert content == {
        "iss": "in.gov.rajasthan.emitra",
        "uri": "in.gov.rajasthan.emitra-CASTE-CST00000000000",
        "number": "CST-0000000000-0",
        "type": "caste",
        "title": {"en": "Caste certificate", "hi": "जाति प्रमाण पत्र"},
        "holder": {
            "name": NAME,
            "name_hi": NAME_HI,
            "father_name": FATHER,
            "mother_name": "Test Mother",
            "category": "OBC",
            "caste": "Test Caste",
        },
        "district": {"code": "102", "en": "Jaipur", "hi": "जयपुर"},
        "issued_on": "2026-11-23",
        "valid_until": "2027-11-23",
        "signed_by": {"en": "Sub-Divisional Officer", "hi": "उपखण्ड अधिकारी"},
        "test": True,
    }


def test_what_is_valid_for_ever_says_so() -> None:
    content = paper(
        in_verification().applicant,
        DOMICILE,
        number="DOM-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=TEHSILDAR.designation,
        issued_at=MONDAY,
        test=True,
    )
    assert content["valid_until"] is None


def test_a_uri_has_no_hyphens_but_those_between_its_parts() -> None:
    assert document_uri("DOMICILE", "DOM-7K2M9QX4TB-T") == "in.gov.rajasthan.emitra-DOMICILE-DOM7K2M9QX4TBT"


def test_a_paper_prints_the_types_own_fields_only() -> None:
    content = paper(
        in_verification().applicant,
        DOMICILE,
        number="DOM-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=TEHSILDAR.designation,
        issued_at=MONDAY,
        test=True,
    )
    assert set(content["holder"]) == {"name", "name_hi", "father_name", "address"}
    assert content["test"] is True


def test_a_paper_is_marked_where_something_stands_in_for_a_fact() -> None:
    form = caste_form(father_name=None, father_name_absent="not-named", mother_name="Test Mother")
    content = paper(
        form,
        CASTE,
        number="CST-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=TEHSILDAR.designation,
        issued_at=MONDAY,
        test=True,
    )
    assert content["holder"]["father_name_absent"] == "not-named"
    assert content["holder"]["mother_name"] == "Test Mother"
    assert "father_name" not in content["holder"]


def test_what_stands_in_for_a_printed_fact_is_printed_in_every_type() -> None:
    for kind in RULEBOOK.types.values():
        printed = {field.name for field in kind.form if field.on_certificate}
        for field in kind.form:
            assert not printed.intersection(field.instead_of) or field.name in printed


@given(st.sets(st.integers(0, 2**RANDOM_BITS - 1), min_size=2, max_size=2))
def test_two_draws_are_two_numbers(draws: set[int]) -> None:
    assert len({certificate_number("DOM", draw) for draw in draws}) == 2


def test_a_number_is_made_of_every_drawn_bit() -> None:
    one_bit_each = {certificate_number("DOM", 1 << place) for place in range(RANDOM_BITS)}
    assert len(one_bit_each) == RANDOM_BITS
    assert certificate_number("DOM", 2**RANDOM_BITS - 1)[4:14] == "Z" * 10


@given(st.integers(0, 2**RANDOM_BITS - 1), st.integers(4, 15), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_of_a_number_is_noticed(draw: int, place: int, wrong: str) -> None:
    number = certificate_number("DOM", draw)
    assert is_certificate_number(number)
    changed = number[:place] + wrong + number[place + 1 :]
    assert is_certificate_number(changed) == (changed == number)


@given(st.integers(0, 2**RANDOM_BITS - 1))
def test_the_check_character_is_the_one_that_others_compute(draw: int) -> None:
    _, body, check = certificate_number("DOM", draw).split("-")
    assert check == luhn.calc_check_digit(body, alphabet=ALPHABET)


@pytest.mark.parametrize(
    "text",
    ["DOM-0000000000", "-0000000000-0", "DOM-0000000000-", "DOM-0000000000-00", "DOM-0000000000-0-", "DOM-000000000-0"],
)
def test_what_is_too_short_or_too_long_is_no_number(text: str) -> None:
    assert is_certificate_number("DOM-0000000000-0")
    assert not is_certificate_number(text)


@given(st.text())
def test_any_text_at_all_may_be_asked_to_be_a_number(text: str) -> None:
    assert is_certificate_number(text) is False


@pytest.mark.parametrize(
    "written",
    [
        "DOM-7K2M9QX4TB-T",
        "dom-7k2m9qx4tb-t",
        "DOM7K2M9QX4TBT",
        "DOM–7K2M9QX4TB—T",
        "DOM\u22127K2M9QX4TB\u2011T",
    ],
)
def test_a_number_is_read_as_people_type_it(written: str) -> None:
    assert read_certificate_number(written) == "DOM-7K2M9QX4TB-T"


def test_letters_that_look_like_digits_are_read_as_those_but_not_in_the_types_prefix() -> None:
    number = certificate_number("DIL", 1 << 40)
    assert number[4:14] == "0000000010"
    assert read_certificate_number(f"DIL-OOooOOOOiO-{number[-1]}") == number
    assert read_certificate_number(f"DIL-000000OOL0-{number[-1]}") == number


@pytest.mark.parametrize(
    "written", ["", "DOM", "7K2M9QX4TBT", "DOM-7K2M9QX4TB-Y", "D0M-7K2M9QX4TB-T", "DÔM7K2M9QX4TBT"]
)
def test_what_no_certificate_can_have_is_no_number(written: str) -> None:
    assert read_certificate_number(written) is None


@given(st.text())
def test_any_text_at_all_is_read_as_a_number_or_as_none(text: str) -> None:
    number = read_certificate_number(text)
    assert number is None or is_certificate_number(number)


@given(st.integers(0, 2**RANDOM_BITS - 1))
def test_every_number_is_read_as_itself(draw: int) -> None:
    assert read_certificate_number(certificate_number("BIR", draw)) == certificate_number("BIR", draw)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Test Citizen One", "T. C. O."),
        ("परीक्षण नागरिक एक", "प. न. ए."),
        ("किशन", "क."),
        ("O’Brien-Smith D'Souza", "O. D."),
        ("  Zoé   ", "Z."),
        ("- '", ""),
    ],
)
def test_initials_are_the_first_letter_of_each_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def printed(application_type: ApplicationType, form: dict[str, Any]) -> dict[str, Any]:
    return paper(
        form,
        application_type,
        number="ZZZ-0000000000-0",
        district=RULEBOOK.districts["102"],
        signer=TEHSILDAR.designation,
        issued_at=MONDAY,
        test=False,
    )


def test_a_qr_holds_of_the_paper_what_tells_it_from_another_and_no_more() -> None:
    content = printed(CASTE, caste_form())
    assert qr_content(content, CASTE) == {
        "iss": "in.gov.rajasthan.emitra",
        "number": "ZZZ-0000000000-0",
        "type": "caste",
        "issued_on": "2026-11-23",
        "valid_until": "2027-11-23",
        "district": "102",
        "holder": {"name": NAME},
    }


def test_a_qr_of_what_is_valid_for_ever_has_no_last_day_and_one_of_the_sandbox_says_so() -> None:
    content = qr_content({**printed(DOMICILE, domicile_form()), "test": True}, DOMICILE)
    assert "valid_until" not in content
    assert content["test"] is True


@pytest.mark.parametrize(
    ("application_type", "form", "letters"),
    [
        (DOMICILE, domicile_form(), ("T. C. O.",)),
        (RULEBOOK.types["marriage"], marriage_form(), ("T. H.", "T. W.")),
        (RULEBOOK.types["birth"], birth_form(), ()),
    ],
)
def test_the_initials_are_of_those_whom_the_certificate_is_about(
    application_type: ApplicationType, form: dict[str, Any], letters: tuple[str, ...]
) -> None:
    content = printed(application_type, form)
    assert holder_initials(content, application_type) == letters
    assert holder_initials(qr_content(content, application_type), application_type) == letters


def test_a_document_of_before_types_named_their_holder_tells_nobodys_initials() -> None:
    assert holder_initials({}, DOMICILE) == ()
