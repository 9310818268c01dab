"""Following a payment or an application by its token."""

from collections.abc import Callable

import pytest
from tests.support.fake_platform import APPLICATION_TOKEN, PAYMENT_TOKEN, UNKNOWN_TOKEN, FakePlatform, transaction
from werkzeug.test import TestResponse

Post = Callable[..., TestResponse]


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "It is IN_VERIFICATION",
                "What happens next",
                "Since 26 November 2026, 8:53",
                "A first step: 26 November 2026, 10:53",
                "A second step: 26 November 2026, 11:53",
            ),
        ),
        ("hi", ("स्थिति IN_VERIFICATION", "आगे क्या होगा", "26 नवंबर 2026, रात 8:53 से", "पहला चरण: 26 नवंबर 2026")),
    ],
)
def test_what_the_gateway_says_is_shown_in_the_language_of_the_page(
    post: Post, language: str, texts: tuple[str, ...]
) -> None:
    html = post(f"/{language}/track", token=APPLICATION_TOKEN).text

    for text in (*texts, APPLICATION_TOKEN):
        assert text in html, text


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        ("payment", {"next_by": "2026-11-27T15:00:00.000Z"}, "by 27 November 2026, 8:30"),
        ("payment", {}, "By when is not known here."),
        ("application", {}, "How many working days the office has is on the page of the service."),
        ("application", {"ended": True}, None),
    ],
)
def test_by_when_is_told_or_said_to_be_unknown_while_there_is_something_to_wait_for(
    post: Post, platform: FakePlatform, kind: str, members: dict[str, object], text: str | None
) -> None:
    platform.transactions[PAYMENT_TOKEN] = transaction(PAYMENT_TOKEN, kind, "X", **members)

    html = " ".join(post("/en/track", token=PAYMENT_TOKEN).text.split())

    if text is None:
        assert "By when" not in html
    else:
        assert text in html


def test_what_has_no_step_to_tell_has_no_empty_list(post: Post, platform: FakePlatform) -> None:
    platform.transactions[PAYMENT_TOKEN] = transaction(PAYMENT_TOKEN, "payment", "PROCESSING", steps=[])

    assert "What has happened" not in post("/en/track", token=PAYMENT_TOKEN).text


@pytest.mark.parametrize(
    "written",
    [
        APPLICATION_TOKEN.lower(),
        f"  {APPLICATION_TOKEN[:2]} {APPLICATION_TOKEN[2:6]}-{APPLICATION_TOKEN[6:]} ",
        APPLICATION_TOKEN.replace("0", "o").replace("1", "l"),
    ],
)
def test_a_token_may_be_written_as_people_do(post: Post, written: str) -> None:
    assert post("/en/track", token=written).status_code == 200


@pytest.mark.parametrize(
    ("written", "status", "text"),
    [
        ("", 422, "Write the token that is on your receipt"),
        ("   ", 422, "Write the token that is on your receipt"),
        ("EM123", 422, "A letter or a digit is wrong"),
        (APPLICATION_TOKEN[:-1], 422, "A letter or a digit is wrong"),
        ("9876543210", 422, "A letter or a digit is wrong"),
        ('"><b>x</b>', 422, "A letter or a digit is wrong"),
        (UNKNOWN_TOKEN, 404, "Nothing has this token"),
    ],
)
def test_a_token_that_shows_nothing_is_told_at_the_field_with_what_to_do(
    post: Post, written: str, status: int, text: str
) -> None:
    response = post("/en/track", token=written)

    assert response.status_code == status
    assert "<title>Error: " in response.text
    assert response.text.count(text) == 2
    assert 'href="#token"' in response.text
    assert "<b>" not in response.text


def test_a_token_that_cannot_be_one_is_not_asked_for(post: Post, platform: FakePlatform) -> None:
    post("/en/track", token="EM123")

    assert platform.calls == []


def test_no_address_on_the_page_has_the_token(post: Post) -> None:
    html = post("/en/track", token=APPLICATION_TOKEN).text

    assert f"={APPLICATION_TOKEN}" not in html
    assert f"/{APPLICATION_TOKEN}" not in html
    assert 'href="/hi/track"' in html
