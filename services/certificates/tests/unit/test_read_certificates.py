"""Reading and verifying certificates, over the fake store."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.support.builders import MONDAY, RULEBOOK, TEHSILDAR, jwk, signing_key
from tests.support.fakes import FakeApplications, FakeCertificates, Kept
from tests.support.sentences import english

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.certificates.errors import CertificateNotFound
from certificates.application.certificates.read_certificates import CertificateReader, Reason, Verdict
from certificates.application.viewer import Viewer
from certificates.domain.certificates.certificate import Certificate, Status
from certificates.domain.certificates.number import certificate_number
from certificates.settings import read_signing_key

SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
STRANGER = JwsSignatures(read_signing_key(jwk(signing_key())), [])
NUMBER = certificate_number("CST", 1)
LAST_DAY = date(2027, 11, 23)
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
    document=SIGNATURES.sign({"number": NUMBER}),
)


def reader(**changed: Any) -> CertificateReader:
    certificates = {"app_1": replace(CERTIFICATE, **changed)}
    store = FakeApplications(Kept(certificates=certificates))
    return CertificateReader(RULEBOOK, FakeCertificates(store), SIGNATURES)


OFFICE = Viewer("cli_office", None, TEHSILDAR)
CENTRE = Viewer("cli_another", "ksk_1", None)
PORTAL = Viewer("cli_portal", None, None)


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
    assert reader(**changed).verify(CERTIFICATE.document, at) == Verdict(reason, replace(CERTIFICATE, **changed))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("garbage", Reason.NOT_A_CERTIFICATE),
        (STRANGER.sign({"number": NUMBER}), Reason.SIGNATURE_INVALID),
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
