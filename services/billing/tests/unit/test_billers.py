"""What a biller asks for, and which amounts a bill takes."""

import pytest
from tests.support.builders import a_bill
from tests.support.reference import BILLERS

from billing.domain.tariff.billers import Exactness


@pytest.mark.parametrize(
    ("params", "codes"),
    [
        ({"k_number": "100000000001"}, []),
        ({}, [("k_number", "required")]),
        ({"k_number": "1"}, [("k_number", "wrong-length")]),
        ({"k_number": "1" * 13}, [("k_number", "wrong-length")]),
        ({"k_number": "10000000000a"}, [("k_number", "not-numeric")]),
        ({"k_number": "१०००००००००००"}, [("k_number", "not-numeric")]),
        ({"k_number": "100000000001", "name": "x"}, [("name", "unknown-field")]),
    ],
)
def test_customer_parameters_are_checked_one_by_one(params: dict[str, str], codes: list[tuple[str, str]]) -> None:
    problems = BILLERS["JVVNL"].problems_with(params)

    assert [(problem.field, problem.code) for problem in problems] == codes


@pytest.mark.parametrize(
    ("biller", "written", "read"),
    [
        ("RBSE", {"registration_number": "ab12cd"}, {"registration_number": "AB12CD"}),
        ("EMITRA-FEES", {"application_id": f"APP_{'A' * 32}"}, {"application_id": f"app_{'a' * 32}"}),
        ("JVVNL", {"k_number": "10000000000a", "other": "x"}, {"k_number": "10000000000a", "other": "x"}),
    ],
)
def test_the_letter_case_of_a_code_does_not_count(biller: str, written: dict[str, str], read: dict[str, str]) -> None:
    assert BILLERS[biller].read(written) == read


def test_what_is_wrong_with_a_parameter_never_repeats_it() -> None:
    problems = BILLERS["BSNL"].problems_with({"mobile_number": "1234567890"})

    assert [problem.code for problem in problems] == ["wrong-form"]
    assert "1234567890" not in problems[0].detail


def test_49_999_rupees_are_accepted_and_50_000_are_over_the_limit() -> None:
    jvvnl = BILLERS["JVVNL"]

    assert jvvnl.problem_with_limit("AGT", "WALLET", 4_999_900) is None
    problem = jvvnl.problem_with_limit("AGT", "WALLET", 5_000_000)
    assert problem is not None
    assert problem.code == "over-limit"
    assert "₹49,999.00" in problem.detail


@pytest.mark.parametrize(
    ("channel", "mode", "open_"),
    [
        ("AGT", "WALLET", True),
        ("AGT", "CARD", False),
        ("INT", "UPI", True),
        ("INT", "WALLET", False),
        ("KIOSK", "UPI", False),
    ],
)
def test_a_channel_takes_only_its_modes(channel: str, mode: str, open_: bool) -> None:
    assert (BILLERS["JVVNL"].problem_with_mode(channel, mode) is None) == open_


@pytest.mark.parametrize(
    ("exactness", "paise", "code"),
    [
        (Exactness.EXACT, 152_500, None),
        (Exactness.EXACT, 152_499, "amount-not-exact"),
        (Exactness.EXACT, 152_501, "amount-not-exact"),
        (Exactness.EXACT_AND_ABOVE, 152_501, None),
        (Exactness.EXACT_AND_ABOVE, 152_499, "amount-too-low"),
        (Exactness.EXACT_AND_BELOW, 100, None),
        (Exactness.EXACT_AND_BELOW, 99, "amount-too-low"),
        (Exactness.EXACT_AND_BELOW, 152_501, "amount-too-high"),
        (Exactness.ANY, 999_999_999, None),
        (Exactness.ANY, 1, "amount-too-low"),
    ],
)
def test_a_bill_takes_the_amounts_its_exactness_allows(exactness: Exactness, paise: int, code: str | None) -> None:
    problem = a_bill(exactness=exactness).problem_with_amount(paise)

    assert (problem.code if problem else None) == code


@pytest.mark.parametrize(
    ("paise", "code"),
    [
        (10_000, None),
        (20_000, None),
        (152_500, None),
        (9_900, "amount-too-low"),
        (10_050, "amount-not-a-multiple"),
        (160_000, "amount-too-high"),
    ],
)
def test_a_part_payment_is_in_hundreds_or_the_whole(paise: int, code: str | None) -> None:
    bill = a_bill(exactness=Exactness.RANGE, minimum_paise=10_000, multiple_paise=10_000)
    problem = bill.problem_with_amount(paise)

    assert (problem.code if problem else None) == code
