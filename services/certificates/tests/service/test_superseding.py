"""An approved act on a record of ours issues a new certificate in place of the old one, in one act."""

import io

import pypdf
import pytest
from tests.support.forms import ORDINARY
from tests.support.world import SDO_ID, World, json_of, problem, read

from certificates.adapters.mongo.certificates import CERTIFICATES, ENDINGS
from servicekit.testing import published

REGISTRAR = SDO_ID
SEX = {"entry": "sex", "stands": "female", "should_be": "Male"}
NAME = {"entry": "name", "stands": "Ram Lal", "should_be": "Ramlal O'Brien"}


def corrected(world: World, record: dict[str, str], *rows: dict[str, str]) -> dict[str, str]:
    """The new certificate."""
    decided = json_of(world.registrar().decide(world.correction(record, *rows)), 201)
    return world.certificate(decided["certificate_id"])


def checked(world: World, certificate: dict[str, str]) -> dict[str, object]:
    number = {"certificate_number": certificate["certificate_number"], "issued_on": certificate["issued_on"]}
    return json_of(world.anybody().http.post("/v1/certificate-number-verifications", json=number), 200)


def text_of(world: World, certificate: dict[str, str]) -> str:
    pdf = world.kiosk().get(f"/v1/certificates/{certificate['certificate_id']}/pdf").data
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def test_a_correction_issues_a_certificate_of_the_same_type_with_the_corrected_facts(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    new = corrected(world, old, NAME, SEX)
    before, after = read(old["document"]), read(new["document"])
    assert after["holder"] == {**before["holder"], "child_name": "Ramlal O'Brien", "sex": "male"}
    assert (after["type"], after["supersedes"]) == ("birth", old["certificate_number"])
    assert after["number"].startswith("BIR-")
    assert after["number"] != before["number"]
    assert checked(world, new)["valid"] is True


def test_everything_that_is_told_of_the_old_one_names_the_new_one_at_once(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    qr = json_of(world.kiosk().get(f"/v1/certificates/{old['certificate_id']}/qr"), 200)["text"]
    application = world.correction(old, NAME)
    assert checked(world, old)["valid"] is True, "an application changes nothing"
    new = world.certificate(json_of(world.registrar().decide(application), 201)["certificate_id"])
    by_number = checked(world, old)
    anybody = world.anybody().http
    by_text = [
        json_of(anybody.post("/v1/certificate-text-verifications", json={"text": text}), 200)
        for text in (old["document"], qr)
    ]
    for answer in (by_number, *by_text):
        assert (answer["reason"], answer["superseded_by"]) == ("superseded", new["certificate_number"])
    released = json_of(anybody.post("/v1/certificate-verifications", json={"document": old["document"]}), 200)
    assert (released["reason"], "superseded_by" in released) == ("revoked", False)
    ended = world.certificate(old["certificate_id"])["ended"]
    assert ended["superseded_by"]["certificate_id"] == new["certificate_id"]


def test_both_papers_name_one_another(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    new = corrected(world, old, NAME)
    assert "SUPERSEDED" in text_of(world, old)
    assert new["certificate_number"] in text_of(world, old)
    assert "Ram Lal" in text_of(world, old)
    assert f"In place of {old['certificate_number']}" in text_of(world, new)
    assert "SUPERSEDED" not in text_of(world, new)


def test_the_events_are_told_in_order(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    new = corrected(world, old, NAME)
    told = [one for one in published(world.mongo) if one["subject"] in {old["certificate_id"], new["certificate_id"]}]
    of_old, of_new = (
        [(one["type"].split(".")[-2], one["sequence"]) for one in told if one["subject"] == which["certificate_id"]]
        for which in (old, new)
    )
    assert of_old == [("issued", "1"), ("revoked", "2"), ("superseded", "3")]
    assert of_new == [("issued", "1")]
    assert [one["data"]["superseded_by"] for one in told if "superseded_by" in one["data"]] == [new["certificate_id"]]
    assert "Ramlal" not in str(told)


def test_a_name_is_added_to_the_certificate_itself(world: World) -> None:
    old = world.born()
    named = {"certificate_number": old["certificate_number"], "certificate_issued_on": old["issued_on"]}
    form = {**ORDINARY["name-addition"], **named}
    application = world.awaiting_decision("name-addition", applicant=form)
    new = world.certificate(json_of(world.registrar().decide(application["application_id"]), 201)["certificate_id"])
    holder = read(new["document"])["holder"]
    assert (holder["child_name"], holder["child_name_hi"]) == (form["child_name"], form["child_name_hi"])
    assert checked(world, old)["superseded_by"] == new["certificate_number"]


def test_an_extra_copy_is_no_new_certificate_in_place_of_the_old_one(world: World) -> None:
    old = world.born()
    named = {"certificate_number": old["certificate_number"], "certificate_issued_on": old["issued_on"]}
    application = world.awaiting_decision("extra-copy", applicant={**ORDINARY["extra-copy"], **named})
    json_of(world.registrar().decide(application["application_id"]), 201)
    assert checked(world, old)["valid"] is True


def test_what_stood_in_for_a_fact_goes_when_the_fact_is_corrected(world: World) -> None:
    old = world.born(child_name="Ram Lal", mother_name=None, mother_name_absent="not-known")
    new = corrected(world, old, {"entry": "mother", "stands": "Not known", "should_be": "Test Mother"})
    holder = read(new["document"])["holder"]
    assert holder["mother_name"] == "Test Mother"
    assert "mother_name_absent" not in holder


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"entry": "sex", "stands": "female", "should_be": "mail"}, "unknown-choice"),
        ({"entry": "date", "stands": "2026-11-01", "should_be": "1 December"}, "wrong-form"),
        ({"entry": "date", "stands": "2026-11-01", "should_be": "2999-01-01"}, "in-the-future"),
        ({"entry": "name", "stands": "Ram Lal", "should_be": "Ram 7"}, "not-a-name"),
    ],
)
def test_what_a_certificate_cannot_say_is_refused_when_it_is_asked_for(
    world: World, row: dict[str, str], code: str
) -> None:
    old = world.born(child_name="Ram Lal")
    form = {**ORDINARY["record-correction"], "corrections": [NAME, row] if row["entry"] != "name" else [row]}
    form |= {"certificate_number": old["certificate_number"], "certificate_issued_on": old["issued_on"]}
    refusal = problem(world.kiosk().apply("record-correction", form), 422)
    place = len(form["corrections"]) - 1
    assert [(e["pointer"], e["code"]) for e in refusal["errors"]] == [
        (f"/applicant/corrections/{place}/should_be", code)
    ]
    assert refusal["errors"][0]["detail_hi"]


def test_of_two_corrections_of_one_certificate_the_second_is_told_and_may_be_rejected(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    first, second = world.correction(old, NAME), world.correction(old, SEX)
    json_of(world.registrar().decide(first), 201)
    refusal = problem(world.registrar().decide(second), 409)
    assert refusal["code"] == "record-not-in-force"
    assert world.application(second)["state"] == "IN_VERIFICATION"
    assert world.mongo.db[ENDINGS].count_documents({}) == 1
    json_of(world.registrar().decide(second, "reject"), 201)


def test_what_was_revoked_meanwhile_is_not_corrected(world: World) -> None:
    old = world.born(child_name="Ram Lal")
    application = world.correction(old, NAME)
    path = f"/v1/certificates/{old['certificate_id']}/revocations"
    proposal = {"reason": "issued-in-error", "remarks": "No such birth."}
    revocation = json_of(world.registrar().post(path, proposal), 201)["revocation_id"]
    decision = {"decision": "confirm", "remarks": "Seen."}
    json_of(world.registrar(REGISTRAR).post(f"/v1/revocations/{revocation}/decisions", decision), 201)
    assert problem(world.registrar().decide(application), 409)["code"] == "record-not-in-force"
    assert world.mongo.db[CERTIFICATES].count_documents({}) == 1
    assert checked(world, old)["reason"] == "revoked"


def test_a_corrected_certificate_is_corrected_again(world: World) -> None:
    first = world.born(child_name="Ram Lal")
    second = corrected(world, first, NAME)
    third = corrected(world, second, SEX)
    assert checked(world, first)["superseded_by"] == second["certificate_number"]
    assert checked(world, second)["superseded_by"] == third["certificate_number"]
    assert read(third["document"])["holder"]["child_name"] == "Ramlal O'Brien"
