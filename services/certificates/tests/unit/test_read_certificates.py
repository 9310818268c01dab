"""Reading and verifying certificates, over the fake store."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.support.builders import FATHER, MONDAY, NAME, RULEBOOK, TEHSILDAR, jwk, signing_key, viewer_of
from tests.support.fakes import FakeApplications, FakeCertificates, Kept
from tests.support.sentences import english

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.adapters.signatures.pdf_seal import SealedPdfs
from certificates.application.certificates.errors import CertificateNotFound, CertificateNotTrusted
from certificates.application.certificates.ports import QR
from certificates.application.certificates.read_certificates import CertificateReader, Reason, Verdict
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Certificate, Status
from certificates.domain.certificates.number import certificate_number
from servicekit.keys import read_signing_key

SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
STRANGER = JwsSignatures(read_signing_key(jwk(signing_key())), [])
NUMBER = certificate_number("CST", 1)
LAST_DAY = date(2027, 11, 23)
PAPER = {
    "iss": "in.gov.rajasthan.emitra",
    "number": NUMBER,
    "type": "caste",
    "issued_on": "2026-11-23",
    "holder": {"name": NAME, "father_name": FATHER},
    "district": {"code": "102", "en": "Jaipur", "hi": "जयपुर"},
}
TOLD = ("T. C. O.",)
CERTIFICATE = Certificate(
    id="crt_1",
    number=NUMBER,
    application_id="app_1",
    transaction_token="EM1",
    type_code="caste",
    district_code="102",
    client_id="cli_kiosk",
    kiosk_id="ksk_1",
    issued_at=MONDAY,
    issued_on=MONDAY.date(),
    valid_until=LAST_DAY,
    status=Status.VALID,
    document=SIGNATURES.sign(PAPER),
)


def reader(**changed: Any) -> CertificateReader:
    certificates = {"app_1": replace(CERTIFICATE, **changed)}
    store = FakeApplications(Kept(certificates=certificates))
    return CertificateReader(RULEBOOK, FakeCertificates(store), SIGNATURES, SealedPdfs([]))


OFFICE = viewer_of("cli_office", None, TEHSILDAR)
CENTRE = viewer_of("cli_another", "ksk_1", None)
PORTAL = viewer_of("cli_portal", None, None)


@pytest.mark.parametrize(
    ("viewer", "changed"), [(OFFICE, {}), (CENTRE, {}), (PORTAL, {"client_id": "cli_portal", "kiosk_id": None})]
)
def test_a_certificate_is_shown_to_those_whom_it_concerns(viewer: Viewer, changed: dict[str, Any]) -> None:
    assert reader(**changed).get("crt_1", viewer) == replace(CERTIFICATE, **changed)


@pytest.mark.parametrize(
    ("certificate_id", "viewer", "changed"),
    [
        ("crt_2", OFFICE, {}),
        ("crt_1", OFFICE, {"district_code": "107"}),
        ("crt_1", OFFICE, {"type_code": "birth"}),
        ("crt_1", CENTRE, {"kiosk_id": "ksk_2"}),
        ("crt_1", PORTAL, {}),
    ],
)
def test_a_certificate_that_is_not_ones_own_is_not_there(
    certificate_id: str, viewer: Viewer, changed: dict[str, Any]
) -> None:
    with pytest.raises(CertificateNotFound) as told:
        reader(**changed).get(certificate_id, viewer)
    assert english(told.value.detail)


BEFORE_MIDNIGHT, AFTER_MIDNIGHT = datetime(2027, 11, 23, 18, 29, tzinfo=UTC), datetime(2027, 11, 23, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "at", "reason"),
    [
        ({}, MONDAY, None),
        ({}, BEFORE_MIDNIGHT, None),
        ({}, AFTER_MIDNIGHT, Reason.EXPIRED),
        ({"valid_until": None}, AFTER_MIDNIGHT, None),
        ({"status": Status.REVOKED}, MONDAY, Reason.REVOKED),
        ({"status": Status.REVOKED}, AFTER_MIDNIGHT, Reason.REVOKED),
    ],
)
def test_a_document_of_ours_is_in_force_until_the_end_of_its_last_day_in_rajasthan(
    changed: dict[str, Any], at: datetime, reason: Reason | None
) -> None:
    told = Verdict(reason, replace(CERTIFICATE, **changed), TOLD)
    assert reader(**changed).verify(CERTIFICATE.document, at) == told
    assert reader(**changed).verify_number(NUMBER, CERTIFICATE.issued_on, at) == told
    assert reader(**changed).verify(reader(**changed).qr("crt_1", OFFICE), at) == told


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("garbage", Reason.NOT_A_CERTIFICATE),
        (STRANGER.sign(PAPER), Reason.UNKNOWN_KEY),
        (CERTIFICATE.document[:-8] + "AAAAAAAA", Reason.SIGNATURE_INVALID),
        (SIGNATURES.sign({"number": certificate_number("CST", 2)}), Reason.UNKNOWN_NUMBER),
        (SIGNATURES.sign({"number": 5}), Reason.UNKNOWN_NUMBER),
        (SIGNATURES.sign({}), Reason.UNKNOWN_NUMBER),
        (SIGNATURES.sign({"number": NUMBER[:-1]}), Reason.UNKNOWN_NUMBER),
    ],
)
def test_of_what_is_not_ours_or_not_known_nothing_is_told_but_why(document: str, reason: Reason) -> None:
    assert reader().verify(document, MONDAY) == Verdict(reason, None)


@pytest.mark.parametrize("number", ["5", "None", "CST"])
def test_only_what_has_the_form_of_a_number_is_looked_up(number: str) -> None:
    """A row that could only be there by a fault is not shown for a document that names nothing of the kind."""
    document = SIGNATURES.sign({"number": int(number) if number.isdigit() else number})
    assert reader(number=number).verify(document, MONDAY) == Verdict(Reason.UNKNOWN_NUMBER)


@pytest.mark.parametrize(
    ("number", "issued_on"),
    [
        (certificate_number("CST", 2), CERTIFICATE.issued_on),
        (NUMBER, CERTIFICATE.issued_on + timedelta(days=1)),
        (NUMBER, CERTIFICATE.issued_on.replace(year=2025)),
    ],
)
def test_a_number_without_its_day_tells_nothing(number: str, issued_on: date) -> None:
    assert reader().verify_number(number, issued_on, MONDAY) == Verdict(Reason.UNKNOWN_NUMBER)


def test_a_number_whose_documents_key_was_withdrawn_is_no_better_than_the_document() -> None:
    changed = reader(document=STRANGER.sign(PAPER))
    assert changed.verify_number(NUMBER, CERTIFICATE.issued_on, MONDAY) == Verdict(Reason.UNKNOWN_KEY)
    with pytest.raises(CertificateNotTrusted) as told:
        changed.qr("crt_1", OFFICE)
    assert english(told.value.detail)


def test_the_text_of_a_qr_says_that_it_is_one() -> None:
    header = json.loads(urlsafe_b64decode(reader().qr("crt_1", OFFICE).partition(".")[0] + "=="))
    assert header["cty"] == QR


def test_a_qr_is_for_those_who_may_see_the_certificate() -> None:
    with pytest.raises(CertificateNotFound):
        reader().qr("crt_1", PORTAL)


@pytest.mark.parametrize(
    "text",
    [
        "https://emitra.rajasthan.gov.in/verify?n=1",
        "HTTP://EMITRA-VERIFY.EXAMPLE/X",
        "upi://pay?pa=someone@bank",
        "www.example.com",
        "emitra-verify.co.in/DOM-7K2M9QX4TB-T",
        "tel:+911234567890",
    ],
)
def test_a_link_is_told_apart(text: str) -> None:
    assert reader().verify(text, MONDAY) == Verdict(Reason.LINK)


@pytest.mark.parametrize(
    "text", ["Name:TestCitizen", "eyJhbGciOiJFZERTQSJ9.e30", "12.50", "a.b", ".", "no/thing", "प्रमाण"]
)
def test_what_is_neither_a_link_nor_signed_is_something_else(text: str) -> None:
    assert reader().verify(text, MONDAY) == Verdict(Reason.NOT_A_CERTIFICATE)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 11, 22, 18, 24, tzinfo=UTC), Reason.CLOCK),
        (datetime(2026, 11, 22, 18, 25, tzinfo=UTC), None),
    ],
)
def test_a_certificate_from_tomorrow_means_that_a_clock_is_wrong(at: datetime, reason: Reason | None) -> None:
    """Its day begins in Rajasthan at half past six in the evening of UTC; clocks differ by five minutes at most."""
    assert reader().verify(CERTIFICATE.document, at).reason == reason
    assert reader().verify_number(NUMBER, CERTIFICATE.issued_on, at).reason == reason


def test_a_revoked_certificate_is_revoked_whatever_the_clock_says() -> None:
    at = CERTIFICATE.issued_at - timedelta(days=2)
    assert reader(status=Status.REVOKED).verify(CERTIFICATE.document, at).reason == Reason.REVOKED
