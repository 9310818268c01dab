"""Verifying a certificate that somebody was shown."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from PIL import Image
from tests.support.fake_platform import (
    EXPIRED_TEXT,
    NUMBER,
    REVOKED_TEXT,
    SUPERSEDED_BY,
    VALID_TEXT,
    FakePlatform,
    verification,
)
from tests.support.pictures import drawn, encoded, qr_picture
from werkzeug.test import TestResponse

from portal.entrypoints import verify
from portal.entrypoints.verify import LONGEST_TEXT, MOST_UPLOADED_BYTES, REASONS
from servicekit.errors import DependencyUnavailable

Post = Callable[..., TestResponse]
CERTIFICATES = Path(__file__).parents[3] / "certificates"
DAY = {"day": "20", "month": "11", "year": "2026"}


@pytest.fixture
def post(client: FlaskClient) -> Post:
    """Sends one of the forms."""

    def send(language: str = "en", **fields: Any) -> TestResponse:
        return client.post(f"/{language}/verify", data=fields)

    return send


def file(content: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), "picture.jpg"


def pdf(text: str) -> bytes:
    """As the fake knows it."""
    return b"%PDF-" + text.encode()


WAYS: list[dict[str, Any]] = [
    {"text": VALID_TEXT},
    {"number": NUMBER, **DAY},
    {"picture": qr_picture(VALID_TEXT)},
    {"pdf": pdf(VALID_TEXT)},
]


def form(way: dict[str, Any]) -> dict[str, Any]:
    """A file is read once: each sending needs its own."""
    return {name: file(value) if isinstance(value, bytes) else value for name, value in way.items()}


@pytest.mark.parametrize("way", WAYS, ids=["text", "number", "picture", "pdf"])
def test_a_valid_certificate_is_shown_with_what_to_compare(post: Post, way: dict[str, Any]) -> None:
    html = post(**form(way)).text

    for text in (
        "This certificate is valid",
        "Compare what is below with the paper",
        "Domicile certificate",
        NUMBER,
        "Jaipur",
        "20 November 2026",
        "T. C. O.",
        "without an end",
    ):
        assert text in html


@pytest.mark.parametrize("way", WAYS, ids=["text", "number", "picture", "pdf"])
def test_a_valid_certificate_is_shown_in_hindi(post: Post, way: dict[str, Any]) -> None:
    html = post("hi", **form(way)).text

    for text in ("यह प्रमाण पत्र मान्य है", "मूल निवास प्रमाण पत्र", "जयपुर", "20 नवंबर 2026", "कोई अंतिम तिथि नहीं"):
        assert text in html


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (verification("revoked", "REVOKED"), ["This certificate was withdrawn", "Do not accept it", NUMBER]),
        (
            verification("expired", "EXPIRED", valid_until="2026-11-24"),
            ["This certificate has expired", "24 November 2026", NUMBER],
        ),
        (verification("clock", "VALID"), ["A clock is wrong", "Verify it again tomorrow", NUMBER]),
        (verification("link", None), ["This is a link, not a certificate", "We did not open it"]),
        (verification("signature-invalid", None), ["This is forged", "Do not accept it"]),
        (verification("unknown-key", None), ["We did not sign this", "Do not accept it"]),
        (verification("unknown-number", None), ["There is no such certificate", "letter by letter"]),
        (verification("not-a-certificate", None), ["This is something else", "verify the certificate by its number"]),
        (
            verification("superseded", "REVOKED"),
            ["Another certificate stands in its place", "Ask for the new one", "Number of the new one", SUPERSEDED_BY],
        ),
        (verification("of-tomorrow", None), ["This certificate is not valid", "Do not accept it"]),
    ],
    ids=lambda part: part["reason"] if isinstance(part, dict) else "",
)
def test_whatever_is_not_valid_is_told_with_what_to_do(
    post: Post, platform: FakePlatform, answer: dict[str, Any], texts: list[str]
) -> None:
    platform.verifications["asked"] = answer

    html = post(text="asked").text

    for text in texts:
        assert text in html
    assert "This certificate is valid" not in html
    assert (NUMBER in html) is (answer["certificate"] is not None)


def test_every_reason_of_the_api_has_words() -> None:
    document = yaml.load((CERTIFICATES / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    reasons = document["components"]["schemas"]["CheckedCertificate"]["properties"]["reason"]["x-extensible-enum"]

    assert set(REASONS) == set(reasons)


@pytest.mark.parametrize("text", [REVOKED_TEXT, EXPIRED_TEXT])
def test_a_picture_is_answered_as_its_text_is(post: Post, text: str) -> None:
    assert post(picture=file(qr_picture(text))).data == post(text=text).data


@pytest.mark.parametrize("text", [REVOKED_TEXT, EXPIRED_TEXT, "no certificate"])
def test_a_pdf_is_answered_as_its_text_is(post: Post, text: str) -> None:
    assert post(pdf=file(pdf(text))).data == post(text=text).data


def test_line_ends_and_spaces_of_what_is_pasted_do_no_harm(post: Post) -> None:
    assert "is valid" in post(text=f"  {VALID_TEXT[:6]}\r\n\u200b {VALID_TEXT[6:]}\n").text


def pasted_together(*texts: str) -> bytes:
    """A picture with several QRs."""
    page = Image.new("L", (1200, 400), 255)
    for place, text in enumerate(texts):
        page.paste(drawn(text), (50 + 400 * place, 50))
    return encoded(page)


@pytest.mark.parametrize(
    ("way", "field", "text"),
    [
        ({"text": ""}, "text", "Paste the text"),
        ({"text": " \n\u200b"}, "text", "Paste the text"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, "text", "longer than"),
        ({}, "text", "Paste the text"),
        ({"number": "", **DAY}, "number", "Write the number"),
        ({"number": " ", **DAY}, "number", "Write the number"),
        ({"number": NUMBER}, "day", "Write the day of issue"),
        ({"number": NUMBER, "day": "31", "month": "2", "year": "2026"}, "day", "Write the day of issue"),
        ({"number": NUMBER, "day": "20", "month": "11", "year": "26"}, "day", "the year in four digits"),
        ({"number": NUMBER, "day": "a", "month": "b", "year": "9" * 5000}, "day", "Write the day of issue"),
        ({"pdf": b""}, "pdf", "Choose the PDF"),
        ({"picture": b""}, "picture", "Choose a picture"),
        ({"picture": b"no picture"}, "picture", "cannot be read as a picture"),
        ({"picture": encoded(Image.new("L", (300, 300), 255))}, "picture", "No QR was found"),
        ({"picture": qr_picture(" ")}, "picture", "No QR was found"),
        ({"picture": pasted_together("eyJ.a", "eyJ.b")}, "picture", "more than one QR"),
        ({"picture": pasted_together("one", "two")}, "picture", "more than one QR"),
    ],
)
def test_what_cannot_be_asked_is_told_at_its_field_and_not_asked(
    post: Post, platform: FakePlatform, way: dict[str, Any], field: str, text: str
) -> None:
    response = post(**form(way))

    assert response.status_code == 422
    assert response.text.count(text) == 2
    assert f'href="#{field}"' in response.text
    assert f'id="{field}-error"' in response.text
    assert "<title>Error: " in response.text
    assert platform.calls == []


def test_a_pdf_that_is_larger_than_any_of_ours_is_told_at_its_field_and_not_asked(
    post: Post, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "MOST_PDF_BYTES", len(pdf(VALID_TEXT)) - 1)
    response = post(pdf=file(pdf(VALID_TEXT)))

    assert (response.status_code, response.text.count("more than 1 MB"), platform.calls) == (422, 2, [])
    assert 'id="pdf-error"' in response.text


def test_an_upload_that_is_too_large_is_told_at_its_field_and_not_read(client: FlaskClient) -> None:
    body = io.BytesIO(b"x" * (MOST_UPLOADED_BYTES + 1))
    response = client.post(
        "/en/verify",
        input_stream=body,
        content_length=MOST_UPLOADED_BYTES + 1,
        content_type="multipart/form-data; boundary=b",
    )

    assert response.status_code == 422
    assert response.text.count("more than 8 MB") == 2
    assert body.tell() == 0


def test_a_number_that_no_certificate_can_have_is_told_at_its_field_with_what_was_written(post: Post) -> None:
    response = post(number="XYZ<1>", **DAY)

    assert response.status_code == 422
    assert response.text.count("a letter or a digit is wrong") == 2
    for written in ('value="XYZ&lt;1&gt;"', 'value="20"', 'value="11"', 'value="2026"'):
        assert written in response.text


def test_digits_may_be_devanagari(post: Post) -> None:
    assert "is valid" in post(number=NUMBER, day="२०", month="११", year="२०२६").text


def test_a_wrong_day_is_told_no_more_than_an_unknown_number(post: Post) -> None:
    wrong_day, unknown = post(number=NUMBER, **{**DAY, "day": "21"}), post(number="DOM-0000000001-1", **DAY)

    assert "There is no such certificate" in wrong_day.text
    assert wrong_day.data == unknown.data


def test_beside_a_certificates_qr_others_do_not_count(post: Post) -> None:
    assert "is valid" in post(picture=file(pasted_together("upi://pay?pa=x@y", VALID_TEXT))).text


def test_the_longest_text_is_asked(post: Post, platform: FakePlatform) -> None:
    assert post(text="x" * LONGEST_TEXT).status_code == 200
    assert platform.calls == ["verification_of_text"]


def test_a_type_or_a_district_that_the_lists_do_not_have_is_shown_by_its_code(
    post: Post, platform: FakePlatform
) -> None:
    platform.verifications["other"] = verification(None, "VALID", application_type="bonafide", district_code="999")

    html = post(text="other").text

    assert "bonafide" in html
    assert "999" in html


def test_a_certificate_that_names_nobody_has_no_initials(post: Post, platform: FakePlatform) -> None:
    platform.verifications["nobody"] = verification(None, "VALID", initials=[])
    platform.verifications["two"] = verification(None, "VALID", initials=["T. H.", "T. W."])

    assert "Initials" not in post(text="nobody").text
    assert "T. H. and T. W." in post(text="two").text


@pytest.mark.parametrize(
    "way", [{"text": "<b>secret</b>"}, {"picture": qr_picture("<b>secret</b>")}], ids=["text", "picture"]
)
def test_nothing_of_what_was_sent_is_shown_again_logged_or_kept(
    post: Post, capsys: pytest.CaptureFixture[str], way: dict[str, Any]
) -> None:
    response = post(**form(way))

    assert "secret" not in response.text
    assert "secret" not in "".join(capsys.readouterr())
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("way", WAYS, ids=["text", "number", "picture", "pdf"])
def test_without_the_gateway_nobody_is_told_yes(post: Post, platform: FakePlatform, way: dict[str, Any]) -> None:
    platform.failure = DependencyUnavailable("down")

    response = post(**form(way))

    assert response.status_code == 503
    assert "is valid" not in response.text
