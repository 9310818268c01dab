"""What lets anybody ask about a receipt, and the marks of its copies."""

from dataclasses import replace

import pytest
from tests.support.builders import KIOSK, NOW, a_payment

from billing.application.receipts.check_receipt import read_receipt_number
from billing.domain.receipts.checks import account_ending
from billing.domain.receipts.copies import Copy, Mark, Series, series_of

NUMBER = "EM-2627-X9425XH0728F7"


@pytest.mark.parametrize("typed", [NUMBER, "em-2627-x9425xh0728f7", " EM 2627 X9425XH0728F7 ", "EM2627X9425XHO728F7"])
def test_a_receipt_number_is_read_as_people_type_it(typed: str) -> None:
    assert read_receipt_number(typed) == NUMBER


@pytest.mark.parametrize(
    "typed", ["", "EM", "EM-2627-X9425XH0728F8", "EM-26x7-X9425XH0728F7", "XX-2627-X9425XH0728F7", "EMX9425XH0728F7",
              "EM-٢٦٢٧-X9425XH0728F7"]
)  # fmt: skip
def test_what_is_no_receipt_number_is_noticed(typed: str) -> None:
    assert read_receipt_number(typed) is None


@pytest.mark.parametrize(
    ("account", "ending"), [("100000000001", "0001"), ("rj-12/ab c9", "ABC9"), ("7", "7"), ("", "")]
)
def test_an_account_ends_with_its_last_four_letters_or_digits(account: str, ending: str) -> None:
    assert account_ending(account) == ending


def test_the_day_of_a_series_is_that_of_the_payments_completion_in_india() -> None:
    late = NOW.replace(hour=18, minute=30)  # midnight in India
    payment = a_payment().posted(late, "ref", resume_at=late)
    assert series_of(payment) == Series(KIOSK, late.date().replace(day=late.day + 1))
    assert series_of(replace(payment, kiosk_id=None)) is None
    assert series_of(a_payment()) is None


def test_the_first_copy_alone_is_the_original() -> None:
    marks = [Copy("rcp_1", "pay_1", number, NOW, None, None).mark for number in (1, 2, 3)]
    assert marks == [Mark.ORIGINAL, Mark.DUPLICATE, Mark.DUPLICATE]
