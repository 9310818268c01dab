"""Bad input: the right problem, no effect, and nothing personal in answers' errors or in logs."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from tests.support.builders import ADDRESS, BORN, FATHER, NAME, NAME_HI, domicile_form
from tests.support.world import OFFICER_SCOPES, World, new_key, problem

from servicekit.observability import configure_logging
from servicekit.testing import published

PERSONAL = (NAME, NAME_HI, FATHER, ADDRESS, BORN)


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything that is logged from here on, at the most talkative level."""
    root, out = logging.getLogger(), io.StringIO()
    before = root.level, root.handlers[:]
    configure_logging("debug", "certificates", "api", stream=out)
    yield out.getvalue
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def untouched(world: World) -> bool:
    kept = ("applications", "application_history", "certificates", "outbox", "idempotency")
    return not any(world.mongo.db[name].count_documents({}) for name in kept)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", None, "missing"),
        ("name", 5, "wrong-type"),
        ("name", ["Test"], "wrong-type"),
        ("name", "   ", "blank"),
        ("name", "x" * 101, "too-long"),
        ("name", "Test\nCitizen", "unprintable"),
        ("name", "Test\u202eCitizen", "unprintable"),
        ("name", "\u2800", "blank"),
        ("name", "\u200d", "blank"),
        ("name", "Test\u2028Citizen", "unprintable"),
        ("name", '=HYPERLINK("http://x")', "formula"),
        ("name", "12345", "not-a-name"),
        ("address", "=1+1", "formula"),
        ("address", "12\u2028Sandbox Marg", "unprintable"),
        ("name_hi", "Latin", "wrong-form"),
        ("date_of_birth", "15-08-1990", "wrong-form"),
        ("date_of_birth", "1990-02-30", "no-such-date"),
        ("date_of_birth", "2999-01-01", "in-the-future"),
        ("date_of_birth", "1066-10-14", "too-early"),
        ("date_of_birth", 19900815, "wrong-form"),
        ("years_of_residence", "12", "wrong-type"),
        ("years_of_residence", 1.5, "wrong-type"),
        ("years_of_residence", True, "wrong-type"),
        ("years_of_residence", -1, "out-of-range"),
        ("aadhaar", "0000 0000 0000", "unknown-field"),
        ("a/b~c", "x", "unknown-field"),
    ],
)
def test_a_wrong_form_is_refused_naming_the_place_and_not_the_value(
    world: World, field: str, value: Any, code: str
) -> None:
    answer = world.kiosk().apply(applicant=domicile_form(**{field: value}))
    refused = problem(answer, 422)
    assert refused["code"] == "form-not-acceptable"
    pointer = "/applicant/" + field.replace("~", "~0").replace("/", "~1")
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]
    text = json.dumps(refused, ensure_ascii=False)
    assert not [value for value in PERSONAL if value in text]
    assert untouched(world)


def test_what_is_wrong_with_a_name_is_told_in_both_languages(world: World) -> None:
    refused = problem(world.kiosk().apply(applicant=domicile_form(name="=1")), 422)
    (error,) = refused["errors"]
    assert "spreadsheet" in error["detail"]
    assert "स्प्रेडशीट" in error["detail_hi"]


@pytest.mark.parametrize("remarks", ["\u2800", "see \u202efdp.exe", "=1+1", "\u200b\u200b"])
def test_remarks_that_hide_something_are_refused(world: World, remarks: str) -> None:
    application = world.awaiting_decision()
    answer = world.officer().decide(application["application_id"], decision="reject", remarks=remarks)
    (error,) = problem(answer, 422)["errors"]
    assert error["pointer"] == "/remarks"
    assert error["detail_hi"]


def test_everything_wrong_with_a_form_is_told_at_once(world: World) -> None:
    refused = problem(world.kiosk().apply(applicant={"name": 1, "nickname": "x"}), 422)
    assert {error["pointer"] for error in refused["errors"]} == {
        f"/applicant/{name}" for name in ("name", "nickname", "name_hi", "father_name", "date_of_birth", "address")
    }


def test_a_type_and_a_district_that_do_not_exist_are_told_together(world: World) -> None:
    refused = problem(world.kiosk().apply("passport", district_code="999"), 422)
    assert {error["pointer"] for error in refused["errors"]} == {"/application_type", "/district_code"}
    assert untouched(world)


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"application_type": "domicile", "application_type": "x"}'])
def test_a_body_that_is_no_json_object_is_malformed(world: World, body: bytes) -> None:
    kiosk = world.kiosk()
    headers = {**kiosk.headers, "Idempotency-Key": new_key(), "Content-Type": "application/json"}
    assert problem(kiosk.http.post("/v1/applications", data=body, headers=headers), 400)
    assert untouched(world)


@pytest.mark.parametrize(
    "changed",
    [
        {"nickname": "x"},
        {"district_code": 102},
        {"district_code": "abc"},
        {"applicant": "Test"},
        {"application_type": None},
        {"fee": {"amount": -1, "currency": "INR"}},
    ],
)
def test_unknown_members_and_wrong_types_are_refused(world: World, changed: dict[str, Any]) -> None:
    body = {"application_type": "domicile", "district_code": "102", "applicant": domicile_form(), **changed}
    refused = problem(world.kiosk().post("/v1/applications", body), 422)
    assert refused["errors"][0]["pointer"] == f"/{next(iter(changed))}"
    assert untouched(world)


def test_a_missing_or_misshapen_key_is_refused(world: World) -> None:
    kiosk = world.kiosk()
    for key in ({}, {"Idempotency-Key": "short"}):
        answer = kiosk.http.post("/v1/applications", json={}, headers={**kiosk.headers, **key})
        assert problem(answer, 400)["errors"][0]["pointer"] == "Idempotency-Key"


def test_a_caller_without_a_valid_token_gets_nowhere(world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer forged.token.here"}):
        answer = world.anybody().http.get("/v1/applications", headers=headers)
        assert problem(answer, 401)["code"] == "not-authenticated"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=LOST", "?state"),
        ("limit=0", "?limit"),
        ("limit=201", "?limit"),
        ("limit=ten", "?limit"),
        ("cursor=abc", "?cursor"),
        ("district_code=999", "?district_code"),
        ("mobile=1", "?mobile"),
    ],
)
def test_a_wrong_query_is_refused(world: World, query: str, pointer: str) -> None:
    refused = problem(world.officer().get(f"/v1/applications?{query}"), 422)
    assert refused["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "changed", [{"decision": "maybe"}, {"decision": None}, {"remarks": "x" * 1001}, {"remarks": 5}, {"fee": 1}]
)
def test_a_wrong_decision_is_refused_and_decides_nothing(world: World, changed: dict[str, Any]) -> None:
    application = world.awaiting_decision()
    path = f"/v1/applications/{application['application_id']}/decisions"
    body = {"decision": "approve", "remarks": "Seen.", **changed}
    refused = problem(world.officer().post(path, body), 422)
    assert refused["errors"][0]["pointer"] == f"/{next(iter(changed))}"
    assert world.application(application["application_id"])["state"] == "IN_VERIFICATION"


@pytest.mark.parametrize("document", ["", "x" * 16_385, 5, None, {"a": 1}])
def test_a_document_that_is_no_text_or_too_long_is_refused(world: World, document: Any) -> None:
    answer = world.anybody().http.post("/v1/certificate-verifications", json={"document": document})
    assert problem(answer, 422)["errors"][0]["pointer"] == "/document"


def test_a_foreign_clients_key_is_its_own(world: World) -> None:
    key = new_key()
    first = world.portal("cli_one").apply(key=key)
    second = world.portal("cli_two").apply(key=key)
    assert first.json is not None
    assert second.json is not None
    assert first.json["application_id"] != second.json["application_id"]


def test_nothing_personal_is_logged_or_told_to_other_services(world: World, logged: Callable[[], str]) -> None:
    application = world.awaiting_decision()
    world.kiosk().apply(applicant=domicile_form(date_of_birth="not a date", nickname=NAME))
    world.officer().decide(application["application_id"], remarks=f"{NAME} was seen")
    world.kiosk().http.post("/v1/applications", data=json.dumps(domicile_form())[:-1], headers=world.kiosk().headers)
    world.officer().get("/v1/applications")
    world.anybody().http.post("/v1/certificate-verifications", json={"document": NAME})
    text = logged() + json.dumps(published(world.mongo), ensure_ascii=False)
    assert "request" in logged()
    assert not [value for value in PERSONAL if value in text]


def test_an_officers_scopes_do_not_let_apply(world: World) -> None:
    officer = world.caller(scopes=OFFICER_SCOPES)
    assert problem(officer.apply(), 403)["missing_scope"] == "applications:write"
