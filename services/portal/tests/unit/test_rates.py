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
    assert html.count("<strong>₹50.00</strong>") == 6  # four certificates, and birth and death after 30 days
    assert html.count("<strong>निःशुल्क</strong>") == 2


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
