"""Mobile numbers as people write them, and as nobody can read them."""

import pytest

from identity.domain.people.mobile import read_mobile
from identity.domain.sign_in.sign_in import new_code, read_code

NUMBER = "9829012345"


@pytest.mark.parametrize(
    "written",
    ["9829012345", "98290 12345", "+91 98290-12345", "919829012345", "09829012345", "0091 9829012345",
     "(98290) 12345", "९८२९०१२३४५", "+९१ ९८२९०१२३४५", "٩٨٢٩٠١٢٣٤٥"],
)  # fmt: skip
def test_the_same_number_is_read_however_it_is_written(written: str) -> None:
    mobile = read_mobile(written)
    assert mobile is not None
    assert mobile.digits == NUMBER


@pytest.mark.parametrize(
    "written",
    ["", "x", "982901234", "98290123456", "5829012345", "+1 9829012345", "9829O12345", "98290¹2345", "9829012345" * 4,
     "9829012345\x00", "-", "91919829012345"],
)  # fmt: skip
def test_what_is_no_number_is_none(written: str) -> None:
    assert read_mobile(written) is None


def test_a_number_is_not_shown_nor_found_without_the_key() -> None:
    mobile = read_mobile(NUMBER)
    assert mobile is not None
    assert NUMBER not in repr(mobile)
    assert mobile.shown == "XXXXXX2345"
    assert mobile.index(b"a" * 32) != mobile.index(b"b" * 32)
    assert NUMBER not in mobile.index(b"a" * 32)


def test_codes_are_six_digits_of_which_none_is_left_out() -> None:
    codes = {new_code() for _ in range(2000)}
    assert {len(code) for code in codes} == {6}
    assert {code[0] for code in codes} == set("0123456789")
    assert len(codes) > 1900


@pytest.mark.parametrize("written", ["012345", "012 345", " 012-345 ", "०१२३४५"])
def test_a_code_is_read_however_it_is_written(written: str) -> None:
    assert read_code(written) == "012345"
