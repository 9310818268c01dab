"""A type is a file: what it says is published, asked, decided and printed, without a line of code."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.builders import ADDRESS, NAME_HI, domicile_form
from tests.support.forms import ORDINARY, job_seeker_form
from tests.support.world import SDO_ID, World, json_of, problem, read

from certificates.adapters.rulebook import department_types
from certificates.domain.sla.calendar import civil_date
from servicekit.mongo import Mongo

# What a department would write: two steps, a condition, rows, papers of which one will do, a rule, a fee.
NEW_TYPE = """\
code = "sandbox-permit"
title = { en = "Permit of the sandbox", hi = "सैंडबॉक्स की अनुज्ञा" }
prefix = "SBX"
doctype = "SANDBOXPERM"
legal_basis = { en = "Sandbox Act", hi = "सैंडबॉक्स अधिनियम" }
signer = { en = "Sandbox Commissioner", hi = "सैंडबॉक्स आयुक्त" }
holder = ["name"]
validity_months = 3
unset = [{ en = "The officer of appeal", hi = "अपील अधिकारी" }]

[[fields]]
name = "name"
type = "text"
writing = "name"
required = true
on_certificate = true
label = { en = "Name", hi = "नाम" }

[[fields]]
name = "purpose"
type = "choice"
required = true
on_certificate = true
label = { en = "Purpose", hi = "प्रयोजन" }
choices = [
    { code = "digging", label = { en = "Digging", hi = "खुदाई" } },
    { code = "building", label = { en = "Building", hi = "निर्माण" } },
]

[[fields]]
name = "depth"
type = "integer"
required = true
on_certificate = true
asked_when = [{ field = "purpose", is = ["digging"] }]
minimum = 1
maximum = 100
label = { en = "Depth in metres", hi = "गहराई, मीटर में" }

[[groups]]
name = "helpers"
required = true
at_most = 2
label = { en = "Helpers", hi = "सहायक" }

[[groups.fields]]
name = "helper_name"
type = "text"
writing = "name"
required = true
label = { en = "Name", hi = "नाम" }

[[documents]]
code = "map"
label = { en = "A map", hi = "मानचित्र" }
needed_when = [{ field = "purpose", is = ["digging"] }]
any_of = [
    { code = "drawn", issued_by = "applicant", label = { en = "Drawn by hand", hi = "हाथ से बना" } },
    { code = "survey", issued_by = "india", label = { en = "Of the Survey of India", hi = "भारतीय सर्वेक्षण का" } },
]

[[fees]]
effective_from = 2026-01-01
paise = 12300
head = "SANDBOX_PERMIT"
order = "Sandbox order 1 of 2026"
order_hi = "सैंडबॉक्स आदेश 1, 2026"

[[rules]]
kind = "in-range"
field = "depth"
maximum = 10
text = { en = "Nobody digs deeper than ten metres", hi = "दस मीटर से गहरी खुदाई नहीं होती" }

[[steps]]
name = "inspection"
role = "officer"
department = "sandbox"
working_days = 2
office_level = "block"
label = { en = "Inspection", hi = "निरीक्षण" }
posts = [{ name = { en = "Sandbox Inspector", hi = "सैंडबॉक्स निरीक्षक" } }]

[[steps]]
name = "permit"
role = "officer"
department = "sandbox"
working_days = 3
label = { en = "Permit", hi = "अनुज्ञा" }
posts = [{ name = { en = "Sandbox Commissioner", hi = "सैंडबॉक्स आयुक्त" } }]
"""
FORM = {"name": "Test Digger", "purpose": "digging", "depth": 4, "helpers": [{"helper_name": "Test Helper"}]}


def in_folder(folder: Path, text: str, age_seconds: int) -> None:
    file = folder / "sandbox-permit.toml"
    file.write_text(text, encoding="utf-8")
    when = datetime.now(UTC).timestamp() - age_seconds
    os.utime(file, (when, when))


@pytest.fixture
def with_folder(mongo: Mongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The service with an empty folder of a department, looked at on each question."""
    monkeypatch.setattr(department_types, "LOOK_EVERY_SECONDS", 0.0)
    return World.over(mongo, DEPARTMENT_TYPES_DIR=str(tmp_path))


def pointers(answer: Any) -> list[tuple[str, str]]:
    told = problem(answer, 422)
    assert all(e["detail"].isascii() and re.search("[\u0900-\u097f]", e["detail_hi"]) for e in told["errors"]), told
    return [(e["pointer"], e["code"]) for e in told["errors"]]


def test_a_new_type_by_a_file_alone_is_published_asked_paid_decided_and_issued(
    with_folder: World, tmp_path: Path
) -> None:
    world = with_folder
    kiosk = world.kiosk()
    assert kiosk.get("/v1/application-types/sandbox-permit").status_code == 404

    in_folder(tmp_path, NEW_TYPE, 60)

    codes = [item["application_type"] for item in json_of(kiosk.get("/v1/application-types"), 200)["items"]]
    assert "sandbox-permit" in codes
    shown = json_of(kiosk.get("/v1/application-types/sandbox-permit"), 200)
    assert shown["fee"]["amount"] == 12_300
    assert [step["office_level"] for step in shown["steps"]] == ["block", None]

    assert pointers(kiosk.apply("sandbox-permit", {**FORM, "depth": 11, "helpers": [{}]})) == [
        ("/applicant/helpers/0/helper_name", "missing"),
        ("/applicant/depth", "out-of-range"),
    ]

    application = json_of(kiosk.apply("sandbox-permit", FORM), 201)
    assert application["state"] == "FEE_DUE"
    assert application["applicant"] == FORM
    world.paid(application)
    inspector = world.officer(department="sandbox", post=("Sandbox Inspector", "सैंडबॉक्स निरीक्षक"))
    queue = json_of(inspector.get("/v1/applications"), 200)["items"]
    assert [item["application_id"] for item in queue] == [application["application_id"]]
    json_of(inspector.decide(application["application_id"], step="inspection"), 201)
    commissioner = world.officer(department="sandbox", person_id=SDO_ID, post=("Sandbox Commissioner", "सैंडबॉक्स आयुक्त"))
    issued = json_of(commissioner.decide(application["application_id"], step="permit"), 201)
    certificate = json_of(kiosk.get(f"/v1/certificates/{issued['certificate_id']}"), 200)
    printed = read(certificate["document"])
    assert printed["holder"] == {"name": "Test Digger", "purpose": "digging", "depth": 4}
    assert printed["signed_by"]["en"] == "Sandbox Commissioner"
    assert printed["number"].startswith("SBX-")
    verified = json_of(
        world.anybody().post("/v1/certificate-text-verifications", {"text": certificate["document"]}), 200
    )
    assert verified["valid"] is True


def test_a_file_that_breaks_while_cases_are_on_the_way_changes_nothing_for_them(
    with_folder: World, tmp_path: Path
) -> None:
    world = with_folder
    in_folder(tmp_path, NEW_TYPE, 60)
    application = json_of(world.kiosk().apply("sandbox-permit", FORM), 201)

    for broken in ("code = ", NEW_TYPE.replace('name = "inspection"', 'name = "visit"')):
        in_folder(tmp_path, broken, 30)
        assert world.kiosk().get("/v1/application-types/sandbox-permit").status_code == 200
        assert json_of(world.kiosk().get(f"/v1/applications/{application['application_id']}"), 200)["step"] == (
            "inspection"
        )
    (tmp_path / "sandbox-permit.toml").unlink()
    world.paid(application)
    shown = json_of(world.kiosk().get(f"/v1/applications/{application['application_id']}"), 200)
    assert shown["state"] == "IN_VERIFICATION"


def test_a_type_is_published_with_all_that_a_client_needs(world: World) -> None:
    shown = json_of(world.kiosk().get("/v1/application-types/caste"), 200)
    fields = {field["name"]: field for field in shown["form"]["fields"]}
    condition = {"field": "father_proof", "is": ["certificate", "jamabandi", "domicile", "birth-record"]}
    # Who does not know conditions may leave it out; who knows them must answer it.
    assert fields["father_proof_number"]["required"] is False
    assert fields["father_proof_number"]["asked_when"] == [condition]
    assert fields["father_proof_number"]["required_when"] == [condition]
    (group,) = shown["form"]["groups"]
    assert (group["name"], group["required"], group["at_least"], group["at_most"]) == ("witnesses", False, 2, 2)
    assert [field["name"] for field in group["fields"]] == ["witness_name", "office"]
    school = next(paper for paper in shown["documents"] if paper["code"] == "father-school-record")
    assert school["needed_when"] == [{"field": "father_proof", "is": ["school-record"]}]
    assert [(stage["stage"], stage["within_days"], stage["officer"]) for stage in shown["appeals"]] == [
        ("first", 30, None),
        ("second", 60, None),
        ("revision", 60, None),
    ]
    assert [step["office_level"] for step in shown["steps"]] == ["tehsil", "subdivision"]
    assert [step["working_days_order"] for step in shown["steps"]] == [None, None]
    assert shown["unset"] != []
    assert shown["record"] is None


def test_the_ladder_of_a_late_report_is_published(world: World) -> None:
    shown = json_of(world.kiosk().get("/v1/application-types/birth"), 200)
    assert [(f["after_days"], f.get("after_years")) for f in shown["late_fees"]] == [(21, None), (30, None), (365, 1)]
    assert [
        (p.get("after_days"), p.get("after_years"), p["permitted_by"]["en"]) for p in shown["late_permissions"]
    ] == [
        (30, None, "District Registrar, in writing"),
        (None, 1, "Executive magistrate, by order"),
    ]
    assert [paper["code"] for paper in shown["documents"][0]["any_of"]] == ["hospital-report", "informant-declaration"]
    marriage = json_of(world.kiosk().get("/v1/application-types/marriage"), 200)
    filed_by = next(field for field in marriage["form"]["fields"] if field["name"] == "filed_by_name")
    assert filed_by["required_when"] == [{"field": "wife_date_of_birth", "younger_than": 21}]


@pytest.mark.parametrize(
    "code", sorted(set(ORDINARY) - {"unemployment-allowance", "extra-copy", "record-correction", "name-addition"})
)
def test_every_type_can_be_applied_for(world: World, code: str) -> None:
    application = json_of(world.kiosk().apply(code, ORDINARY[code]), 201)
    assert application["state"] in {"FEE_DUE", "IN_VERIFICATION"}
    assert json_of(world.kiosk().get(f"/v1/application-types/{code}"), 200)["application_type"] == code


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"level": "degree"}], [("/applicant/qualifications/0/subject", "missing")]),
        ([{"level": "none", "subject": "BA"}], [("/applicant/qualifications/0/subject", "not-asked")]),
        ([], [("/applicant/qualifications", "missing")]),
        ("BA", [("/applicant/qualifications", "wrong-type")]),
        ([{"level": "none", "a/b~c": 1}], [("/applicant/qualifications/0/a~1b~0c", "unknown-field")]),
        ([{"level": "none"}, 7], [("/applicant/qualifications/1", "wrong-type")]),
    ],
)
def test_what_is_wrong_in_a_row_is_told_by_its_pointer_in_both_languages(
    world: World, rows: Any, told: list[tuple[str, str]]
) -> None:
    assert pointers(world.kiosk().apply("job-seeker-registration", job_seeker_form(qualifications=rows))) == told


def test_what_is_wrong_under_a_condition_is_told_by_its_pointer_in_both_languages(world: World) -> None:
    assert pointers(world.kiosk().apply("domicile", domicile_form(ground="married"))) == [
        ("/applicant/husband_name", "missing")
    ]
    assert pointers(world.kiosk().apply("domicile", domicile_form(ground="born", husband_name="Test One"))) == [
        ("/applicant/husband_name", "not-asked")
    ]


def test_a_list_where_no_group_is_never_becomes_an_error_of_ours(world: World) -> None:
    nested: Any = [[[[{"a": []}]]]]
    assert pointers(world.kiosk().apply("domicile", domicile_form(name=nested))) == [("/applicant/name", "wrong-type")]


def registered(world: World) -> dict[str, Any]:
    """A job-seeker's registration, as the kiosk reads it."""
    application = world.awaiting_decision("job-seeker-registration", applicant=job_seeker_form())
    exchange = world.officer(
        department="employment", post=("Officer of the Employment Exchange", "रोजगार कार्यालय के अधिकारी")
    )
    decided = json_of(exchange.decide(application["application_id"]), 201)
    return json_of(world.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)


def test_an_allowance_names_the_registration_and_the_state_looks_it_up(world: World) -> None:
    registration = registered(world)
    printed = read(registration["document"])
    assert printed["type"] == "job-seeker-registration"
    assert "qualifications" not in printed["holder"]
    number, day = registration["certificate_number"], printed["issued_on"]
    form = {**ORDINARY["unemployment-allowance"], "registration_number": number, "registered_on": day}
    unknown = [("/applicant/registration_number", "unknown-record")]

    json_of(world.kiosk().apply("unemployment-allowance", form), 201)
    # As people type it.
    json_of(
        world.kiosk().apply("unemployment-allowance", {**form, "registration_number": number.lower().replace("-", "")}),
        201,
    )

    yesterday = (civil_date(datetime.now(UTC)) - timedelta(days=1)).isoformat()
    domicile = world.issued()["certificate_number"]
    for changed in (
        {"registered_on": yesterday},
        {"registration_number": "JSR-7K2M9QX4TB-T"},
        {"registration_number": domicile},
        {"registration_number": "no number at all"},
    ):
        assert pointers(world.kiosk().apply("unemployment-allowance", {**form, **changed})) == unknown

    world.mongo.db["certificates"].update_one({"number": number}, {"$set": {"status": "REVOKED"}})
    assert pointers(world.kiosk().apply("unemployment-allowance", form)) == unknown


@pytest.mark.parametrize("code", ["extra-copy", "record-correction", "name-addition"])
def test_an_act_on_a_record_names_it_by_number_and_is_decided_by_the_registrar(world: World, code: str) -> None:
    birth = {
        "child_name": "Test Child",
        "sex": "female",
        "date_of_birth": civil_date(datetime.now(UTC)).isoformat(),
        "place_of_birth": "District Hospital",
        "mother_name": "Test Mother",
        "parents_address": ADDRESS,
    }
    born = world.awaiting_decision("birth", applicant=birth)
    decided = json_of(world.registrar().decide(born["application_id"]), 201)
    record = json_of(world.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)
    day = read(record["document"])["issued_on"]
    named = {"certificate_number": record["certificate_number"], "certificate_issued_on": day}

    application = world.awaiting_decision(code, applicant={**ORDINARY[code], **named})
    acted = json_of(world.registrar().decide(application["application_id"]), 201)
    paper = read(json_of(world.kiosk().get(f"/v1/certificates/{acted['certificate_id']}"), 200)["document"])
    if code == "extra-copy":
        assert (paper["type"], paper["holder"]["certificate_number"]) == (code, record["certificate_number"])
    else:
        assert (paper["type"], paper["supersedes"]) == ("birth", record["certificate_number"])

    # A record of the register outside is named by its number there.
    outside = {n: v for n, v in ORDINARY[code].items() if not n.startswith("certificate_")}
    number = "08" + "A1" * 9
    json_of(world.kiosk().apply(code, {**outside, "register_number": number}), 201)
    assert pointers(world.kiosk().apply(code, {**outside, "register_number": "09" + "A1" * 9})) == [
        ("/applicant/register_number", "wrong-form")
    ]
    assert pointers(world.kiosk().apply(code, ORDINARY[code])) == [("/applicant/certificate_number", "unknown-record")]


def test_a_search_of_the_register_is_for_one_year_and_costs_its_own_fee(world: World) -> None:
    shown = json_of(world.kiosk().get("/v1/application-types/record-search"), 200)
    assert (shown["fee"]["amount"], shown["fee"]["head"]) == (2_000, "RECORD_SEARCH")
    form = {**ORDINARY["record-search"], "name_hi": NAME_HI, "event_year": 9999}
    assert pointers(world.kiosk().apply("record-search", form)) == [("/applicant/event_year", "in-the-future")]
