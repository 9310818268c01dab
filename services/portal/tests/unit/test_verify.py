"""Verifying a certificate that somebody was shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient
from tests.support.fake_platform import (
    EXPIRED_DOCUMENT,
    REVOKED_DOCUMENT,
    VALID_DOCUMENT,
    FakePlatform,
    verification,
)
from werkzeug.test import TestResponse

from portal.entrypoints.verify import LONGEST_DOCUMENT, REASONS
from servicekit.errors import DependencyUnavailable

Post = Callable[..., TestResponse]
CERTIFICATES = Path(__file__).parents[3] / "certificates"


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(document: str, language: str = "en") -> TestResponse:
        return client.post(f"/{language}/verify", data={"document": document})

    return send


def test_a_valid_certificate_is_shown_with_what_to_compare(post: Post) -> None:
    html = post(VALID_DOCUMENT).text

    for text in (
        "This certificate is valid",
        "Domicile certificate",
        "DOM-2026-102-0000017-3",
        "Jaipur",
        "20 November 2026",
    ):
        assert text in html


def test_a_valid_certificate_is_shown_in_hindi(post: Post) -> None:
    html = post(VALID_DOCUMENT, "hi").text

    for text in ("यह प्रमाण पत्र मान्य है", "मूल निवास प्रमाण पत्र", "जयपुर", "20 नवंबर 2026"):
        assert text in html


@pytest.mark.parametrize(
    ("document", "text", "shown"),
    [
        (REVOKED_DOCUMENT, "This certificate was withdrawn", True),
        (EXPIRED_DOCUMENT, "This certificate has expired", True),
        ("anything", "This is not the text of a certificate", False),
    ],
)
def test_a_certificate_that_is_not_valid_is_told_with_what_to_do(
    post: Post, document: str, text: str, shown: bool
) -> None:
    html = post(document).text

    assert text in html
    assert "This certificate is valid" not in html
    assert ("DOM-2026-102-0000017-3" in html) is shown


def test_line_ends_and_spaces_of_what_is_pasted_do_no_harm(post: Post) -> None:
    assert "is valid" in post(f"  {VALID_DOCUMENT[:6]}\r\n {VALID_DOCUMENT[6:]}\n").text


@pytest.mark.parametrize(
    ("document", "text"),
    [("", "Paste the signed text"), (" \n ", "Paste the signed text"), ("x" * 16_385, "longer than")],
)
def test_what_cannot_be_a_certificate_is_told_at_the_field_and_not_asked(
    post: Post, platform: FakePlatform, document: str, text: str
) -> None:
    response = post(document)

    assert response.status_code == 422
    assert response.text.count(text) == 2
    assert "<title>Error: " in response.text
    assert platform.calls == []


def test_the_longest_document_is_asked(post: Post, platform: FakePlatform) -> None:
    assert post("x" * LONGEST_DOCUMENT).status_code == 200
    assert platform.calls == ["verification"]


def test_every_reason_of_the_api_has_words() -> None:
    document = yaml.safe_load((CERTIFICATES / "openapi.yaml").read_text(encoding="utf-8"))
    reasons = document["components"]["schemas"]["Verification"]["properties"]["reason"]["enum"]

    assert set(REASONS) == {reason for reason in reasons if reason}


def test_a_reason_that_came_later_is_no_yes(post: Post, platform: FakePlatform) -> None:
    platform.verifications["new"] = verification("superseded", None)

    assert "This certificate is not valid" in post("new").text


def test_a_type_or_a_district_that_the_lists_do_not_have_is_shown_by_its_code(
    post: Post, platform: FakePlatform
) -> None:
    answer = verification(None, "VALID")
    answer["certificate"] |= {"application_type": "bonafide", "district_code": "999"}
    platform.verifications["other"] = answer

    html = post("other").text

    assert "bonafide" in html
    assert "999" in html


def test_nothing_of_what_was_pasted_is_shown_again_logged_or_kept(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    response = post("<b>secret</b>")

    assert "secret" not in response.text
    assert "secret" not in "".join(capsys.readouterr())
    assert response.headers["Cache-Control"] == "no-store"


def test_without_the_gateway_nobody_is_told_yes(post: Post, platform: FakePlatform) -> None:
    platform.failure = DependencyUnavailable("down")

    response = post(VALID_DOCUMENT)

    assert response.status_code == 503
    assert "is valid" not in response.text
