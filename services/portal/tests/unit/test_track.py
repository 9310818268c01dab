"""Following a payment or an application by its token."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient
from tests.support.fake_platform import APPLICATION_TOKEN, PAYMENT_TOKEN, UNKNOWN_TOKEN, FakePlatform, transaction
from werkzeug.test import TestResponse

from portal.entrypoints.track import EVENTS, MEANINGS, OTHER
from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError

Post = Callable[..., TestResponse]
GATEWAY = Path(__file__).parents[3] / "gateway"


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(token: str, language: str = "en") -> TestResponse:
        return client.post(f"/{language}/track", data={"token": token})

    return send


def test_an_application_is_shown_with_what_happened_and_what_to_do(post: Post) -> None:
    html = post(APPLICATION_TOKEN).text

    assert "With the office" in html
    assert "There is nothing for you to do" in html
    assert "Application submitted: 26 November 2026, 10:53" in html
    assert "Payment completed" in html
    assert APPLICATION_TOKEN in html


def test_a_payment_is_shown_in_hindi(post: Post) -> None:
    html = post(PAYMENT_TOKEN, "hi").text

    assert "भुगतान हो गया" in html
    assert "26 नवंबर 2026" in html


@pytest.mark.parametrize(
    "written",
    [
        APPLICATION_TOKEN.lower(),
        f"  {APPLICATION_TOKEN[:2]} {APPLICATION_TOKEN[2:6]}-{APPLICATION_TOKEN[6:]} ",
        APPLICATION_TOKEN.replace("0", "o").replace("1", "l"),
    ],
)
def test_a_token_may_be_written_as_people_do(post: Post, written: str) -> None:
    assert post(written).status_code == 200


@pytest.mark.parametrize(
    ("written", "status", "text"),
    [
        ("", 422, "Write the token that is on your receipt"),
        ("   ", 422, "Write the token that is on your receipt"),
        ("EM123", 422, "A letter or a digit is wrong"),
        (APPLICATION_TOKEN[:-1], 422, "A letter or a digit is wrong"),
        ("9876543210", 422, "A letter or a digit is wrong"),
        ('"><b>x</b>', 422, "A letter or a digit is wrong"),
        (UNKNOWN_TOKEN, 404, "This site knows nothing of this token"),
    ],
)
def test_a_token_that_shows_nothing_is_told_at_the_field_with_what_to_do(
    post: Post, written: str, status: int, text: str
) -> None:
    response = post(written)

    assert response.status_code == status
    assert "<title>Error: " in response.text
    assert response.text.count(text) == 2
    assert 'href="#token"' in response.text
    assert "<b>" not in response.text


def test_a_token_that_cannot_be_one_is_not_asked_for(post: Post, platform: FakePlatform) -> None:
    post("EM123")

    assert platform.calls == []


def test_what_is_in_doubt_says_that_paying_again_is_not_needed(post: Post, platform: FakePlatform) -> None:
    platform.transactions[PAYMENT_TOKEN] = transaction(PAYMENT_TOKEN, "payment", "IN_DOUBT")

    html = post(PAYMENT_TOKEN).text

    assert "Not certain yet" in html
    assert "You need not pay again" in html


def test_every_status_and_event_of_the_gateway_has_words() -> None:
    document = yaml.safe_load((GATEWAY / "openapi.yaml").read_text(encoding="utf-8"))
    statuses = document["components"]["schemas"]["Transaction"]["properties"]["status"]["x-extensible-enum"]
    events = json.loads((GATEWAY / "events.json").read_text(encoding="utf-8"))["consumes"]

    assert {status for _, status in MEANINGS} == set(statuses)
    assert set(EVENTS) == {consumed["event"].removesuffix(".v1") for consumed in events}


def test_a_status_that_came_later_is_shown_without_a_guess(post: Post, platform: FakePlatform) -> None:
    platform.transactions[PAYMENT_TOKEN] = transaction(PAYMENT_TOKEN, "payment", "PART_RETURNED", "payment.mended")

    html = post(PAYMENT_TOKEN).text

    assert OTHER.advice in html
    assert "A further step" in html


def test_nobody_on_the_way_keeps_the_answer_and_no_address_has_the_token(post: Post) -> None:
    response = post(APPLICATION_TOKEN)

    assert response.headers["Cache-Control"] == "no-store"
    assert f"={APPLICATION_TOKEN}" not in response.text
    assert f"/{APPLICATION_TOKEN}" not in response.text
    assert 'href="/hi/track"' in response.text


def test_the_log_does_not_have_the_token(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    post(APPLICATION_TOKEN)

    written = "".join(capsys.readouterr())
    assert "http_request" in written
    assert APPLICATION_TOKEN not in written


@pytest.mark.parametrize(("failure", "status"), [(DependencyUnavailable("x"), 503), (DependencyTimeout("x"), 504)])
def test_without_the_gateway_nothing_is_said_of_the_payment(
    post: Post, platform: FakePlatform, failure: ServiceError, status: int
) -> None:
    platform.failure = failure

    response = post(PAYMENT_TOKEN)

    assert response.status_code == status
    assert "nothing that you paid or applied for is lost" in response.text


def test_a_form_of_another_kind_is_a_form_without_a_token(client: FlaskClient) -> None:
    assert client.post("/en/track", json={"token": APPLICATION_TOKEN}).status_code == 422


def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    response = client.post("/en/track", data={"token": "x" * 100_000})

    assert response.status_code == 413
    assert "That could not be read" in response.text
