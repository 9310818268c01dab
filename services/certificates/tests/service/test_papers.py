"""The paper of a certificate as a PDF: who gets it, of what it is made, and what it is not made of."""

import io

import pypdf
import pypdfium2
import pytest
import zxingcpp
from tests.support.builders import ADDRESS, FATHER, NAME, NAME_HI, domicile_form, jwk, signing_key
from tests.support.world import World, json_of, problem

from certificates.adapters.mongo.certificates import CERTIFICATES
from servicekit.mongo import Mongo


def path_of(certificate: dict[str, str]) -> str:
    return f"/v1/certificates/{certificate['certificate_id']}/pdf"


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_paper_has_what_was_signed_in_both_languages(world: World) -> None:
    certificate = world.issued()
    answer = world.kiosk().get(path_of(certificate))

    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{certificate["certificate_id"]}.pdf"'
    text = text_of(answer.data)
    printed = [NAME, NAME_HI, FATHER, certificate["certificate_number"], "Jaipur", "जयपुर", "Tehsildar", "तहसीलदार"]
    printed += ["मूल निवास प्रमाण पत्र", "Domicile certificate", "Rajasthan Guaranteed Delivery", "TEST", "परीक्षण"]
    assert [words for words in printed if words not in text] == []


def test_the_qr_of_a_paper_verifies(world: World) -> None:
    certificate = world.issued()
    page = pypdfium2.PdfDocument(world.kiosk().get(path_of(certificate)).data)[0]
    (code,) = zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())
    answer = world.anybody().http.post("/v1/certificate-text-verifications", json={"text": code.text})
    assert json_of(answer, 200)["certificate"]["certificate_number"] == certificate["certificate_number"]


def unsealed(pdf: bytes) -> bytes:
    """What was there before the seal was added behind it."""
    return pdf[: pdf.index(b"%%EOF") + len(b"%%EOF")]


def test_a_paper_is_the_same_under_its_seal_after_the_service_started_anew(mongo: Mongo, world: World) -> None:
    path = path_of(world.issued())
    first = world.kiosk().get(path).data
    again = world.kiosk().get(path).data
    anew = World.over(mongo).kiosk().get(path).data
    assert first == again
    assert unsealed(first) == unsealed(anew)


def test_a_reason_that_stands_in_for_a_fact_is_on_the_paper(world: World) -> None:
    form = domicile_form(
        father_name=None, father_name_absent="not-known", address=None, address_absent="no-fixed-address"
    )
    application = world.awaiting_decision(applicant=form)
    decided = json_of(world.officer().decide(application["application_id"]), 201)
    text = text_of(world.kiosk().get(path_of(decided)).data)
    assert "Not known" in text
    assert "कोई स्थायी पता नहीं" in text
    assert ADDRESS not in text


def test_a_paper_is_given_to_who_may_read_the_certificate_only(world: World) -> None:
    path = path_of(world.issued())
    assert world.officer().get(path).status_code == 200
    strangers = [world.kiosk("ksk_RJ10200002"), world.portal(), world.officer("107"), world.officer(department="water")]
    for stranger in strangers:
        assert problem(stranger.get(path), 404)["code"] == "certificate-not-found"
    assert problem(world.officer(role="lsp").get(path), 403)["code"] == "role-not-permitted"
    assert world.anybody().get(path).status_code == 401


def test_before_a_certificate_is_issued_there_is_no_paper(world: World) -> None:
    application = world.awaiting_decision()
    for unknown in ("crt_0192f3a1c0de7c22b8e15d2c9a7b1e46", application["application_id"], "DOM-7K2M9QX4TB-T"):
        assert problem(world.kiosk().get(f"/v1/certificates/{unknown}/pdf"), 404)["code"] == "certificate-not-found"


def test_whoever_accepts_no_pdf_gets_one_all_the_same(world: World) -> None:
    """As RFC 9110, section 12.4.1, permits: a refusal of 406 would help nobody who asks for a PDF by its address."""
    answer = world.kiosk().get(path_of(world.issued()), Accept="application/json")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")


def test_the_paper_of_what_was_revoked_before_anybody_recorded_why_says_so(world: World) -> None:
    certificate = world.issued()
    assert "REVOKED" not in text_of(world.kiosk().get(path_of(certificate)).data)
    world.mongo.db[CERTIFICATES].update_one({"_id": certificate["certificate_id"]}, {"$set": {"status": "REVOKED"}})
    text = text_of(world.kiosk().get(path_of(certificate)).data)
    assert "This certificate was revoked." in text
    assert "यह प्रमाण पत्र निरस्त है।" in text


def test_nothing_is_printed_of_what_a_withdrawn_key_signed(mongo: Mongo, world: World) -> None:
    path = path_of(world.issued())
    with_another_key = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(signing_key()))
    assert problem(with_another_key.kiosk().get(path), 409)["code"] == "certificate-not-trusted"


def test_letters_that_the_font_has_not_are_told_and_not_named(world: World) -> None:
    application = world.awaiting_decision(applicant=domicile_form(name="தமிழ்"))
    decided = json_of(world.officer().decide(application["application_id"]), 201)
    refusal = problem(world.kiosk().get(path_of(decided)), 409)
    assert refusal["code"] == "paper-not-printable"
    assert "தமிழ்" not in str(refusal)
    assert "छापे नहीं जा सकते" in str(refusal)


def test_nothing_of_a_paper_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    certificate = world.issued()
    world.kiosk().get(path_of(certificate))
    printed = "".join(capsys.readouterr())
    assert NAME not in printed
    assert certificate["certificate_number"] not in printed
