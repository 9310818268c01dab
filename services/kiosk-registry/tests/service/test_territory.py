"""Districts and divisions of a day, who answers for them, and figures by them, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import Schema
from werkzeug.test import TestResponse

from kiosk_registry.entrypoints.http.places.schemas import DistrictsSchema, DivisionsSchema, JurisdictionSchema
from kiosk_registry.entrypoints.http.register.schemas import StatisticsSchema

Get = Callable[..., TestResponse]


def answer(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    body = response.json
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/v1/districts", DistrictsSchema),
        ("/v1/divisions", DivisionsSchema),
        ("/v1/districts/dudu/jurisdiction", JurisdictionSchema),
        ("/v1/kiosks/statistics", StatisticsSchema),
    ],
)
@pytest.mark.parametrize("day", [None, "2023-08-06", "2023-08-07", "2024-12-28"])
def test_an_answer_for_a_day_has_the_documented_members_and_no_others(
    get: Get, path: str, day: str | None, schema: type[Schema]
) -> None:
    assert schema().validate(answer(get(path, **({"on": day} if day else {})))) == {}


@pytest.mark.parametrize(("day", "count"), [("2023-08-06", 33), ("2023-08-07", 50), ("2024-12-28", 41)])
def test_the_districts_of_a_day_are_the_33_and_those_made_later_with_the_order(get: Get, day: str, count: int) -> None:
    body = answer(get("/v1/districts", on=day))

    assert len(body["items"]) + len(body["younger"]) == count
    assert body["on"] == day
    for district in body["younger"]:
        assert district["lgd_code"] is None
        assert district["made_by"]["begins"] == "2023-08-07"
        assert (district["ended_by"] is None) == (district["successors"] == [])


def test_without_a_day_the_districts_are_the_33(get: Get) -> None:
    body = answer(get("/v1/districts"))

    assert (len(body["items"]), body["on"], body["younger"]) == (33, None, [])


def test_a_district_lies_in_the_division_of_the_day(get: Get) -> None:
    def division(day: str) -> str:
        items = answer(get("/v1/districts", on=day))["items"]
        return next(str(item["division"]) for item in items if item["name_en"] == "Sikar")

    assert [division(day) for day in ("2023-08-06", "2023-08-07", "2024-12-28")] == ["Jaipur", "Sikar", "Jaipur"]


def test_the_divisions_of_a_day_hold_each_district_once(get: Get) -> None:
    for day, divisions, districts in (("2023-08-06", 7, 33), ("2024-01-01", 10, 50), ("2025-01-01", 7, 41)):
        body = answer(get("/v1/divisions", on=day))
        held = [code for item in body["items"] for code in item["districts"]]
        assert (len(body["items"]), len(held), len(set(held))) == (divisions, districts, districts)
    assert len(answer(get("/v1/divisions"))["items"]) == 7


def test_who_answers_for_an_annulled_district_depends_on_the_day(get: Get) -> None:
    def answered_by(day: str) -> list[str]:
        return list(answer(get("/v1/districts/neem-ka-thana/jurisdiction", on=day))["answered_by"])

    assert [answered_by(day) for day in ("2023-01-01", "2024-01-01", "2025-01-01")] == [
        ["114", "106"],
        ["neem-ka-thana"],
        ["114", "106"],
    ]


def test_figures_are_the_same_in_sum_by_the_districts_of_every_day(get: Get) -> None:
    plain, later = answer(get("/v1/kiosks/statistics")), answer(get("/v1/kiosks/statistics", on="2024-12-28"))

    assert (len(plain["items"]), len(later["items"])) == (33, 41)
    assert plain["total"] == later["total"]
    assert plain["by_status"] == later["by_status"]


@pytest.mark.parametrize("path", ["/v1/districts", "/v1/divisions", "/v1/kiosks/statistics"])
@pytest.mark.parametrize(
    ("day", "code"),
    [("2008-01-25", "before-what-is-known"), ("2999-01-01", "future-date"), ("tomorrow", None), ("2024-02-30", None)],
)
def test_a_day_of_which_nothing_is_known_is_refused(get: Get, path: str, day: str, code: str | None) -> None:
    response = get(path, on=day)

    assert response.status_code == 422, response.text
    (problem,) = (response.json or {})["errors"]
    assert problem["pointer"] == "?on"
    if code:
        assert problem["code"] == code
        assert problem["detail_hi"]


@pytest.mark.parametrize("code", ["999", "atlantis", "{}", "x" * 200])
def test_a_district_that_never_was_has_nobody_who_answers(get: Get, code: str) -> None:
    assert get(f"/v1/districts/{code}/jurisdiction").status_code == 404
