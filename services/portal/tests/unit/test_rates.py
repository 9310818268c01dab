"""The rate list."""

from collections.abc import Callable

import pytest
from tests.support.fake_platform import FakePlatform
from werkzeug.test import TestResponse

from servicekit.errors import DependencyUnavailable

Get = Callable[..., TestResponse]


def test_every_certificate_is_there_with_its_fee_and_its_order(get: Get, platform: FakePlatform) -> None:
    html = get("/hi/rates").text

    for certificate in platform.application_types():
        assert certificate["title"]["hi"] in html
        assert certificate["fee"]["order_hi"] in html
    # Four certificates, birth and death after 30 days, and the charge on an examination fee.
    assert html.count("<strong>₹50.00</strong>") == 7
    assert html.count("<strong>निःशुल्क</strong>") == 4  # birth and death, and the charges on electricity and water


def test_what_being_late_costs_stands_beside_the_fee(get: Get) -> None:
    html = get("/en/rates").text

    assert "Birth certificate, more than 21 days after the event" in html
    assert "₹20.00" in html
    assert "In force since 31 December 2025" in html


def test_a_fee_that_is_not_set_yet_is_not_made_up(
    get: Get, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {**(platform.application_type("income") or {}), "fee": None}
    monkeypatch.setattr(platform, "application_type", lambda _code: closed)

    assert get("/en/rates").text.count("Not open yet") == 6


def test_no_rate_list_is_shown_without_the_fees(get: Get, platform: FakePlatform) -> None:
    platform.failure = DependencyUnavailable("down")

    assert get("/en/rates").status_code == 503


def test_the_service_charge_on_every_kind_of_bill_is_there_with_its_order_and_who_bears_it(get: Get) -> None:
    html = " ".join(get("/en/rates").text.split())

    for kind in ("Electricity bill", "Water bill", "Mobile phone bill", "Examination fee"):
        assert kind in html
    assert html.count("The department pays the charge for you.") == 2
    assert "e-Mitra rate order effective 2020-09-01" in html
    assert "In force since 1 September 2020" in html
    assert "Service charge with a certificate: Nothing beside the fee" in html
    assert "As of 26 November 2026." in html
    assert "Fee of an application" not in html


def test_an_order_of_which_only_the_year_is_published_has_no_made_up_day(get: Get) -> None:
    html = get("/en/rates").text

    assert "In force since 2018; the day is not published" in html
    assert "January" not in html.replace("1 January 2026", "")


def test_a_charge_by_the_size_of_the_bill_is_shown_step_by_step(get: Get, platform: FakePlatform) -> None:
    platform.list_of_charges = "service_charges_2020"

    html = " ".join(get("/en/rates").text.split())

    for step in (
        "Bill up to ₹2,000.00: <strong>₹5.00",
        "Bill up to ₹5,000.00: <strong>₹8.00",
        "Larger bill: <strong>₹10",
    ):
        assert step in html, step
    assert "The department pays" not in html


def test_a_charge_that_no_order_sets_is_said_to_be_unknown_and_not_free(get: Get, platform: FakePlatform) -> None:
    platform.list_of_charges = "service_charges_2016"

    assert get("/en/rates").text.count("Not known. Ask for the order before you pay.") == 3
    assert "Not known. Ask for the order before you pay." in get("/en/bills/JVVNL").text
