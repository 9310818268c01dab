"""Verifying the PDF of a certificate's paper, as anybody does who was sent one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.service.test_pdf_seal import with_another_document
from tests.service.test_revocations import CONFIRMED, proposed, second
from tests.support import files
from tests.support.builders import jwk, signing_key
from tests.support.world import World, json_of, problem

from certificates.adapters.mongo.certificates import CERTIFICATES
from certificates.entrypoints.http.certificates.routes import MOST_PDF_BYTES
from servicekit.mongo import Mongo

PATH = "/v1/certificate-pdf-verifications"
NOT_ONE = {"valid": False, "reason": "not-a-certificate", "certificate": None, "superseded_by": None}


def paper_of(world: World, certificate: dict[str, Any]) -> bytes:
    return bytes(world.kiosk().get(f"/v1/certificates/{certificate['certificate_id']}/pdf").data)


def checked(world: World, pdf: bytes, content_type: str = "application/pdf") -> dict[str, Any]:
    return json_of(world.anybody().http.post(PATH, data=pdf, content_type=content_type), 200)


def by_text(world: World, certificate: dict[str, Any]) -> dict[str, Any]:
    body = {"text": certificate["document"]}
    return json_of(world.anybody().http.post("/v1/certificate-text-verifications", json=body), 200)


def test_a_paper_is_verified_as_its_document_is(world: World) -> None:
    certificate = world.issued()
    answer = checked(world, paper_of(world, certificate))
    assert answer == by_text(world, certificate)
    assert (answer["valid"], answer["certificate"]["certificate_number"]) == (True, certificate["certificate_number"])


def test_a_paper_from_before_the_end_says_revoked_and_so_does_one_from_after(world: World) -> None:
    certificate = world.issued()
    before = paper_of(world, certificate)
    json_of(second(world).post(f"/v1/revocations/{proposed(world, certificate)}/decisions", CONFIRMED), 201)
    for pdf in (before, paper_of(world, certificate)):
        answer = checked(world, pdf)
        assert (answer["valid"], answer["reason"]) == (False, "revoked")


def test_a_paper_of_what_was_corrected_names_the_new_one(world: World) -> None:
    old = world.born()
    paper = paper_of(world, old)
    row = {"entry": "sex", "stands": "female", "should_be": "Male"}
    decided = json_of(world.registrar().decide(world.correction(old, row)), 201)
    answer = checked(world, paper)
    new = world.certificate(decided["certificate_id"])["certificate_number"]
    assert (answer["reason"], answer["superseded_by"]) == ("superseded", new)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"valid_until": "2026-01-01"}, "expired"),
        ({"issued_on": "2999-01-01"}, "clock"),
        ({"number": "DOM-0000000000-0"}, "unknown-number"),
    ],
)
def test_expired_from_tomorrow_and_unknown_are_told_apart(world: World, changed: dict[str, str], reason: str) -> None:
    certificate = world.issued()
    paper = paper_of(world, certificate)
    world.mongo.db[CERTIFICATES].update_one({"_id": certificate["certificate_id"]}, {"$set": changed})
    assert checked(world, paper)["reason"] == reason


def test_a_paper_with_another_certificates_document_is_forged(world: World) -> None:
    certificate = world.issued()
    answer = checked(world, with_another_document(paper_of(world, certificate)))
    assert answer == {**NOT_ONE, "reason": "signature-invalid"}


def test_a_paper_under_another_key_is_not_ours(mongo: Mongo, world: World) -> None:
    certificate = world.issued()
    paper = paper_of(world, certificate)
    other = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(signing_key()))
    assert checked(other, paper) == {**NOT_ONE, "reason": "unknown-key"}


@pytest.mark.parametrize(
    "pdf", [b"", b"GIF89a", files.pdf(), files.picture()], ids=["nothing", "a picture", "a PDF", "a photograph"]
)
@pytest.mark.parametrize("content_type", ["application/pdf", "application/octet-stream"])
def test_any_bytes_get_an_answer_whatever_they_are_called(world: World, pdf: bytes, content_type: str) -> None:
    assert checked(world, pdf, content_type) == NOT_ONE


def test_what_is_larger_than_any_paper_is_not_read(world: World) -> None:
    answer = world.anybody().http.post(PATH, data=bytes(MOST_PDF_BYTES + 1), content_type="application/pdf")
    assert problem(answer, 413)["code"] == "body-too-large"


def test_the_paper_is_sealed_at_the_time_it_is_made(world: World) -> None:
    paper = paper_of(world, world.issued())
    assert f"(D:{datetime.now(UTC):%Y}".encode() in paper.replace(b"\\072", b":")
    assert b"/ETSI.CAdES.detached" in paper
