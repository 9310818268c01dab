"""Inspections of a centre: over HTTP, on a real MongoDB."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.support.cases import FINE, KIOSK, NOTICE, OPERATOR, REPLY, SECOND, Disciplined
from tests.support.openings import DISTRICT, LSP, Applying, prepared

from kiosk_registry.entrypoints.http.inspections.schemas import (
    INSPECTION_EXAMPLE,
    CentreInspectionSchema,
    CentreInspectionsSchema,
    InspectionChecklistSchema,
)
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Person
from servicekit.mongo import Mongo

PATH = f"/v1/kiosks/{KIOSK}/inspections"
ANSWERS: list[dict[str, Any]] = INSPECTION_EXAMPLE["answers"]  # type: ignore[assignment]
ALL_WELL = {
    **INSPECTION_EXAMPLE,
    "answers": [{**answer, "as_it_should_be": True} for answer in ANSWERS],
    "photographs": [{"item": "board", "sha256": "0" * 64}, {"item": "rate-list", "sha256": "1" * 64}],
}


@pytest.fixture
def centre(settings: KioskRegistrySettings, mongo: Mongo) -> Disciplined:
    applying = Applying(SERVICE.flask_app(settings, prepared(mongo)).test_client())
    applying.opens(applying.applies())
    return Disciplined(applying)


def test_what_an_officer_sees_opens_a_case_which_another_person_decides(centre: Disciplined) -> None:
    inspection = centre.posts(DISTRICT, PATH, INSPECTION_EXAMPLE)

    assert not CentreInspectionSchema().validate(inspection)
    assert (inspection["kind"], inspection["metres_from_premises"]) == ("official", 0)
    (opened,) = inspection["cases"]
    case = centre.reads(DISTRICT, opened["case_id"])
    assert (case["offence"]["code"], case["source"], case["source_id"], case["state"]) == (
        "rate-list-not-displayed",
        "inspection",
        inspection["inspection_id"],
        "OPEN",
    )
    assert (case["evidence"][0]["photographs"], case["evidence"][0]["position"]) == (
        ["0" * 64],
        INSPECTION_EXAMPLE["position"],
    )
    centre.moves(DISTRICT, case["case_id"], NOTICE)
    centre.moves(OPERATOR, case["case_id"], REPLY)
    assert centre.moves(DISTRICT, case["case_id"], FINE, 403)["code"] == "centre-case-needs-another-person"
    centre.moves(SECOND, case["case_id"], FINE)


def test_a_centres_own_inspection_is_on_record_and_accuses_nobody(centre: Disciplined) -> None:
    own = centre.posts(OPERATOR, PATH, INSPECTION_EXAMPLE)
    centre.posts(DISTRICT, PATH, ALL_WELL)

    assert (own["kind"], own["cases"]) == ("self", [])
    shown = centre.gets(LSP, PATH)
    assert not CentreInspectionsSchema().validate(shown)
    assert [inspection["kind"] for inspection in shown["items"]] == ["official", "self"]
    assert centre.gets(DISTRICT, "/v1/centre-cases")["items"] == []


def test_of_two_inspectors_at_once_one_opens_the_cases_and_the_other_is_told_which(
    centre: Disciplined, mongo: Mongo
) -> None:
    def inspects(person: Person) -> tuple[int, dict[str, Any]]:
        response = centre.client.post(PATH, json=INSPECTION_EXAMPLE, headers=centre.headers(person))
        return response.status_code, dict(response.json or {})

    with ThreadPoolExecutor(2) as pool:
        (_, first), (status, second) = sorted(pool.map(inspects, [DISTRICT, SECOND]), key=lambda answer: answer[0])

    assert (status, second["code"], second["inspection_id"]) == (409, "centre-inspection-there", first["inspection_id"])
    assert second["cases"] == [case["case_id"] for case in first["cases"]]
    assert mongo.db.centre_cases.count_documents({}) == 1
    seen = {"act": "add_evidence", "evidence": {"text": "I saw it too."}}
    assert len(centre.moves(SECOND, second["cases"][0], seen)["evidence"]) == 2


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"answers": ALL_WELL["answers"][:3]}, "/answers", "missing"),  # type: ignore[index]
        ({"answers": [*ALL_WELL["answers"], ANSWERS[0]]}, "/answers", "twice"),  # type: ignore[misc]
        ({"answers": [*ALL_WELL["answers"], {"item": "smell", "as_it_should_be": True}]}, "/answers", "unknown"),  # type: ignore[misc]
        ({"photographs": []}, "/photographs", "missing"),
    ],
)
def test_an_inspection_that_is_not_complete_names_what_is_missing_in_both_languages(
    centre: Disciplined, changed: dict[str, Any], pointer: str, code: str
) -> None:
    (error,) = centre.posts(DISTRICT, PATH, {**ALL_WELL, **changed}, 422)["errors"]

    assert (error["pointer"], error["code"], bool(error["detail_hi"])) == (pointer, code, True)


def test_other_peoples_centres_are_inspected_by_nobody(centre: Disciplined) -> None:
    for stranger in (Person("per_else", "operator"), replace(DISTRICT, districts=frozenset({"86"}))):
        assert centre.posts(stranger, PATH, ALL_WELL, 404)["code"] == "centre-of-others"
        assert centre.gets(stranger, PATH, 404)["code"] == "centre-of-others"


def test_the_checklist_is_shown_in_both_languages(centre: Disciplined) -> None:
    shown = centre.gets(OPERATOR, "/v1/inspection-checklist")

    assert not InspectionChecklistSchema().validate(shown)
    assert all(item["hi"] and item["en"] for item in shown["items"])
