"""What people type as a number: what is taken for it, what is refused, and how it is shown."""

import pytest
from stdnum import verhoeff
from tests.support.vault import FAMILY, MEMBER, MOBILE, PAN, aadhaar

from identity.domain.vault.identifiers import Identifier, Kind, NotAnIdentifier, read_identifier

NUMBER = aadhaar(12345)
LIVE = "234123412346"  # UIDAI's own example, in python-stdnum's documentation


def read(kind: Kind, typed: str, *, sandbox: bool = True) -> str:
    return read_identifier(kind, typed, sandbox=sandbox).number


def refused(kind: Kind, typed: str, *, sandbox: bool = True) -> NotAnIdentifier:
    with pytest.raises(NotAnIdentifier) as caught:
        read_identifier(kind, typed, sandbox=sandbox)
    return caught.value


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER[:4]} {NUMBER[4:8]} {NUMBER[8:]}",
        f"  {NUMBER[:4]}-{NUMBER[4:8]}–{NUMBER[8:]}\n",
        f"{NUMBER[:4]}\u00a0{NUMBER[4:8]}\u200b{NUMBER[8:]}",
        NUMBER.translate(str.maketrans("0123456789", "०१२३४५६७८९")),
        NUMBER.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ],
)
def test_spaces_hyphens_and_the_script_of_digits_do_not_count(typed: str) -> None:
    assert read(Kind.AADHAAR, typed) == NUMBER


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (Kind.MOBILE, "+91 98290 12345", MOBILE),
        (Kind.MOBILE, "09829012345", MOBILE),
        (Kind.MOBILE, "919829012345", MOBILE),
        (Kind.PAN, "abmpa 3211 g", PAN),
        (Kind.JAN_AADHAAR_FAMILY, "4512-345-678", FAMILY),
        (Kind.JAN_AADHAAR_MEMBER, MEMBER, MEMBER),
    ],
)
def test_every_kind_has_one_written_form(kind: Kind, typed: str, number: str) -> None:
    assert read(kind, typed) == number


def test_every_wrong_digit_and_every_swap_of_neighbours_is_noticed() -> None:
    wrong = {NUMBER[:n] + digit + NUMBER[n + 1 :] for n in range(12) for digit in "0123456789"} - {NUMBER}
    wrong |= {NUMBER[:n] + NUMBER[n + 1] + NUMBER[n] + NUMBER[n + 2 :] for n in range(11)} - {NUMBER}
    assert len(wrong) > 108
    assert {refused(Kind.AADHAAR, typed).code for typed in wrong} == {"check-digit"}


@pytest.mark.parametrize(
    ("kind", "typed", "sandbox", "code"),
    [
        (Kind.AADHAAR, "", True, "invalid-format"),
        (Kind.AADHAAR, NUMBER[:-1], True, "invalid-format"),
        (Kind.AADHAAR, NUMBER + "0", True, "invalid-format"),
        (Kind.AADHAAR, "O" + NUMBER[1:], True, "invalid-format"),
        (Kind.AADHAAR, LIVE, True, "not-for-the-sandbox"),
        (Kind.AADHAAR, NUMBER, False, "never-issued"),
        (Kind.AADHAAR, "222222222222", False, "check-digit"),
        (Kind.AADHAAR, "1" + "0" * 10 + verhoeff.calc_check_digit("1" + "0" * 10), False, "never-issued"),
        (Kind.MOBILE, "5829012345", True, "invalid-format"),
        (Kind.MOBILE, "98290123456", True, "invalid-format"),
        (Kind.MOBILE, "+92 98290 12345", True, "invalid-format"),
        (Kind.PAN, "ABMXA3211G", True, "invalid-format"),
        (Kind.PAN, "ABMPA0000G", True, "invalid-format"),
        (Kind.JAN_AADHAAR_FAMILY, MEMBER, True, "invalid-format"),
        (Kind.JAN_AADHAAR_MEMBER, FAMILY, True, "invalid-format"),
    ],
)
def test_a_number_that_cannot_be_right_is_refused(kind: Kind, typed: str, sandbox: bool, code: str) -> None:
    refusal = refused(kind, typed, sandbox=sandbox)
    assert refusal.code == code
    assert refusal.detail.isascii()
    assert any("\u0900" <= letter <= "\u097f" for letter in refusal.detail_hi)
    told = " ".join((str(refusal), repr(refusal), refusal.detail, refusal.detail_hi))
    assert not typed or typed not in told


def test_a_number_of_a_real_form_is_taken_where_it_is_live() -> None:
    assert read(Kind.AADHAAR, "2341 2341 2346", sandbox=False) == LIVE


@pytest.mark.parametrize(
    ("kind", "number", "masked"),
    [
        (Kind.AADHAAR, LIVE, "XXXX XXXX 2346"),
        (Kind.MOBILE, MOBILE, "XXXXXX2345"),
        (Kind.PAN, PAN, "ABMPAXXXXG"),
        (Kind.JAN_AADHAAR_FAMILY, FAMILY, "XXXXXX5678"),
        (Kind.JAN_AADHAAR_MEMBER, MEMBER, "XXXXXXX6781"),
    ],
)
def test_a_number_is_shown_masked_and_never_by_accident(kind: Kind, number: str, masked: str) -> None:
    assert Identifier(kind, number).masked == masked
    assert number not in repr(Identifier(kind, number))
