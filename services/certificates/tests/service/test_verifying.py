"""Verifying what is on a paper: by its number and day of issue, and by its QR."""

import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jwt
import pytest
import resvg_py
import zxingcpp
from PIL import Image
from tests.support.builders import ADDRESS, BORN, FATHER, NAME, NAME_HI, domicile_form, jwk, signing_key
from tests.support.world import World, json_of, problem, read

from certificates.adapters.mongo.certificates import BY_NUMBER_AND_DAY, CERTIFICATES
from certificates.domain.certificates.number import certificate_number
from servicekit.mongo import Mongo

QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
UNKNOWN = {"valid": False, "reason": "unknown-number", "certificate": None, "superseded_by": None}


def by_number(world: World, number: str, issued_on: str) -> Any:
    body = {"certificate_number": number, "issued_on": issued_on}
    return world.anybody().http.post("/v1/certificate-number-verifications", json=body)


def by_text(world: World, text: str) -> dict[str, Any]:
    return json_of(world.anybody().http.post("/v1/certificate-text-verifications", json={"text": text}), 200)


def qr_of(world: World, certificate: dict[str, Any]) -> str:
    qr = json_of(world.kiosk().get(f"/v1/certificates/{certificate['certificate_id']}/qr"), 200)
    assert by_text(world, qr["text"])["valid"] is True
    return str(qr["svg"])


def drawn(svg: str, pixels_per_mm: float) -> Image.Image:
    """The drawing as a printer would put it on paper."""
    picture = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=pixels_per_mm * 25.4))))
    return picture.convert("RGB").convert("L")


def scanned(picture: Image.Image) -> str:
    (code,) = zxingcpp.read_barcodes(picture, formats=QR)
    return str(code.text)


def test_a_certificate_is_verified_by_its_number_and_its_day(world: World) -> None:
    certificate = world.issued()
    number = certificate["certificate_number"]
    expected = {
        "valid": True,
        "reason": None,
        "certificate": {
            "certificate_number": number,
            "application_type": "domicile",
            "issued_on": certificate["issued_on"],
            "valid_until": None,
            "district_code": "102",
            "status": "VALID",
            "initials": ["T. C. O."],
        },
        "superseded_by": None,
    }
    for written in (number, number.lower().replace("-", " ")):
        assert json_of(by_number(world, written, certificate["issued_on"]), 200) == expected


def test_a_wrong_day_and_a_number_that_nobody_has_get_the_same_answer(world: World) -> None:
    certificate = world.issued()
    issued_on = date.fromisoformat(certificate["issued_on"])
    wrong_day = by_number(world, certificate["certificate_number"], str(issued_on + timedelta(days=1)))
    wrong_number = by_number(world, certificate_number("DOM", 1), certificate["issued_on"])

    assert json_of(wrong_day, 200) == UNKNOWN
    assert wrong_day.data == wrong_number.data
    assert {name for name, _ in wrong_day.headers} == {name for name, _ in wrong_number.headers}


def test_a_wrong_day_reads_no_more_of_the_database_than_a_number_that_nobody_has(world: World) -> None:
    """So that the time of an answer tells nothing either: both end at the same index, and no document is fetched."""
    certificate = world.issued()
    queries = [
        {"number": certificate["certificate_number"], "issued_on": "2020-01-01"},
        {"number": certificate_number("DOM", 1), "issued_on": certificate["issued_on"]},
    ]
    for query in queries:
        explained = world.mongo.db[CERTIFICATES].find(query).limit(1).hint(BY_NUMBER_AND_DAY).explain()
        stats = explained["executionStats"]
        assert (stats["totalKeysExamined"], stats["totalDocsExamined"]) == (0, 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"certificate_number": "DOM-7K2M9QX4TB-Y", "issued_on": "2026-11-26"}, "/certificate_number"),
        ({"certificate_number": "x" * 65, "issued_on": "2026-11-26"}, "/certificate_number"),
        ({"certificate_number": "", "issued_on": "2026-11-26"}, "/certificate_number"),
        ({"certificate_number": "DOM-7K2M9QX4TB-T", "issued_on": "26-11-2026"}, "/issued_on"),
        ({"certificate_number": "DOM-7K2M9QX4TB-T"}, "/issued_on"),
    ],
)
def test_what_cannot_be_a_number_or_a_day_is_refused_at_its_place(
    world: World, body: dict[str, Any], pointer: str
) -> None:
    answer = world.anybody().http.post("/v1/certificate-number-verifications", json=body)
    assert [told["pointer"] for told in problem(answer, 422)["errors"]] == [pointer]


def test_a_mistyped_number_is_told_in_both_languages(world: World) -> None:
    (told,) = problem(by_number(world, "DOM-7K2M9QX4TB-Y", "2026-11-26"), 422)["errors"]
    assert told["code"] == "no-such-number"
    assert "Compare it with the paper" in told["detail"]
    assert "काग़ज़" in told["detail_hi"]


def test_the_printed_qr_is_read_by_a_phone_and_verifies(world: World) -> None:
    certificate = world.issued()
    text = scanned(drawn(qr_of(world, certificate), pixels_per_mm=6))

    answer = by_text(world, text)

    assert answer["valid"] is True
    assert answer["certificate"]["certificate_number"] == certificate["certificate_number"]
    assert answer["certificate"]["initials"] == ["T. C. O."]


def test_a_qr_holds_no_more_than_the_paper_and_nothing_that_the_public_need_not_see(world: World) -> None:
    certificate = world.issued()
    content = read(scanned(drawn(qr_of(world, certificate), pixels_per_mm=6)))
    assert content == {
        "iss": "in.gov.rajasthan.emitra",
        "number": certificate["certificate_number"],
        "type": "domicile",
        "issued_on": certificate["issued_on"],
        "district": "102",
        "holder": {"name": NAME},
        "test": True,
    }
    assert not [value for value in (NAME_HI, FATHER, ADDRESS, BORN) if value in json.dumps(content, ensure_ascii=False)]


def test_a_qr_is_verified_offline_by_a_library_that_is_not_ours(world: World) -> None:
    text = scanned(drawn(qr_of(world, world.issued()), pixels_per_mm=6))
    keys = json_of(world.anybody().http.get("/v1/certificate-keys"), 200)
    (key,) = jwt.PyJWKSet.from_dict(keys).keys
    assert json.loads(jwt.PyJWS().decode(text, key, algorithms=["EdDSA"]))["holder"] == {"name": NAME}


@pytest.mark.parametrize("name", [NAME, "क्षत्रिय" * 12, "𑄇𑄧" * 50])
def test_modules_are_wide_enough_for_a_copy_and_the_picture_fits_on_a_page(world: World, name: str) -> None:
    application = world.awaiting_decision(applicant=domicile_form(name=name))
    decided = json_of(world.officer().decide(application["application_id"]), 201)
    svg = qr_of(world, {"certificate_id": decided["certificate_id"]})

    (width,) = re.findall(r'<svg [^>]*width="([0-9.]+)mm"', svg)
    picture = drawn(svg, pixels_per_mm=10)
    code = zxingcpp.read_barcodes(picture, formats=QR)[0]
    corner = picture.point(lambda value: 255 - value).getbbox()
    assert corner is not None

    # The finder pattern in the corner is seven modules wide (ISO/IEC 18004).
    finder = next(x for x in range(corner[0], picture.width) if picture.getpixel((x, corner[1] + 1)) == 255) - corner[0]
    assert finder / 7 / 10 >= 0.45
    assert code.ec_level in {"M", "Q", "H"}
    assert float(width) <= 80


def test_a_drawing_asks_nothing_of_anybody_and_runs_nothing(world: World) -> None:
    svg = qr_of(world, world.issued())
    assert re.findall(r"<(\w+)", svg) == ["svg", "g", "path", "path"]
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_a_qr_is_shown_to_its_centre_and_its_office_only(world: World) -> None:
    path = f"/v1/certificates/{world.issued()['certificate_id']}/qr"
    assert world.officer().get(path).status_code == 200
    strangers = [world.kiosk("ksk_RJ10200002"), world.portal(), world.officer("107"), world.officer(department="water")]
    for stranger in strangers:
        assert problem(stranger.get(path), 404)["code"] == "certificate-not-found"
    assert world.anybody().get(path).status_code == 401


def test_a_document_is_verified_as_its_qr_is(world: World) -> None:
    assert by_text(world, world.issued()["document"])["valid"] is True


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://emitra-verify.example/DOM-7K2M9QX4TB-T", "link"),
        ("upi://pay?pa=someone@bank", "link"),
        ("राम", "not-a-certificate"),
        ("e30.e30.AAAA_", "unknown-key"),
    ],
)
def test_a_qr_that_is_something_else_is_told_apart(world: World, text: str, reason: str) -> None:
    assert by_text(world, text) == {"valid": False, "reason": reason, "certificate": None, "superseded_by": None}


def test_a_forged_qr_and_one_of_a_strangers_are_told_apart(mongo: Mongo, world: World) -> None:
    text = scanned(drawn(qr_of(world, world.issued()), pixels_per_mm=6))
    forged = text[:-8] + ("AAAAAAAA" if text[-8:] != "AAAAAAAA" else "BBBBBBBB")
    assert by_text(world, forged)["reason"] == "signature-invalid"
    stranger = World.over(mongo, CERTIFICATE_SIGNING_KEY=jwk(signing_key()))
    assert by_text(stranger, text)["reason"] == "unknown-key"


def test_a_qr_whose_certificate_is_expired_or_from_tomorrow_says_so(world: World) -> None:
    text = scanned(drawn(qr_of(world, world.issued()), pixels_per_mm=6))
    today = datetime.now(UTC).date()

    world.mongo.db[CERTIFICATES].update_many({}, {"$set": {"valid_until": str(today - timedelta(days=2))}})
    expired = by_text(world, text)
    world.mongo.db[CERTIFICATES].update_many({}, {"$set": {"issued_on": str(today + timedelta(days=2))}})
    clock = by_text(world, text)

    assert (expired["reason"], expired["certificate"]["status"]) == ("expired", "EXPIRED")
    assert (clock["valid"], clock["reason"]) == (False, "clock")


def test_nothing_that_is_asked_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    certificate = world.issued()
    text = scanned(drawn(qr_of(world, certificate), pixels_per_mm=6))
    by_text(world, text)
    by_number(world, certificate["certificate_number"], certificate["issued_on"])

    printed = "".join(capsys.readouterr())
    assert certificate["certificate_number"] not in printed
    assert text[-40:] not in printed
