"""Who may see what, and which steps are whose."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.builders import CASTE, TEHSILDAR, citizen, viewer_of

from certificates.application.viewer import Viewer
from certificates.domain.officers.officer import Officer

CENTRE = viewer_of("cli_kiosk", "ksk_1", None)
PORTAL = viewer_of("cli_portal", None, None)


def office(**changed: object) -> Viewer:
    officer: Officer = replace(TEHSILDAR, **changed)  # type: ignore[arg-type]
    return viewer_of("cli_office", None, officer)


@pytest.mark.parametrize(
    ("viewer", "district_code", "client_id", "kiosk_id", "may"),
    [
        (office(), "102", "cli_kiosk", "ksk_1", True),
        (office(designation=CASTE.steps[1].posts[0].name), "102", "cli_kiosk", "ksk_1", True),
        (office(), "107", "cli_kiosk", "ksk_1", False),
        (office(department="statistics"), "102", "cli_kiosk", "ksk_1", False),
        # An officer's client sees nothing for having lodged it.
        (office(districts=frozenset()), "102", "cli_office", None, False),
        (CENTRE, "107", "cli_kiosk", "ksk_1", True),
        (CENTRE, "102", "cli_another", "ksk_1", True),
        (CENTRE, "102", "cli_kiosk", "ksk_2", False),
        (CENTRE, "102", "cli_kiosk", None, False),
        (PORTAL, "107", "cli_portal", None, True),
        (PORTAL, "107", "cli_kiosk", "ksk_1", False),
        (PORTAL, "107", "cli_other", None, False),
    ],
)
def test_who_may_see_what(viewer: Viewer, district_code: str, client_id: str, kiosk_id: str | None, may: bool) -> None:
    assert (
        viewer.may_see(CASTE, district_code=district_code, client_id=client_id, kiosk_id=kiosk_id, person_id=None)
        is may
    )


def test_an_officer_sees_a_type_of_which_any_step_is_their_departments() -> None:
    second = replace(CASTE.steps[1], department="statistics")
    kind = replace(CASTE, steps=(CASTE.steps[0], second))
    for department, may in (("revenue", True), ("statistics", True), ("water", False)):
        viewer = office(department=department)
        assert viewer.may_see(kind, district_code="102", client_id="cli_kiosk", kiosk_id=None, person_id=None) is may


@pytest.mark.parametrize(
    ("changed", "may"),
    [
        ({}, True),
        ({"role": "operator"}, False),
        ({"department": "water"}, False),
        ({"districts": frozenset({"107"})}, False),
        ({"districts": frozenset({"102", "107"})}, True),
    ],
)
def test_a_step_is_for_officers_of_its_department_and_district(changed: dict[str, object], may: bool) -> None:
    officer: Officer = replace(TEHSILDAR, **changed)  # type: ignore[arg-type]
    assert officer.may_decide(CASTE.steps[0], "102") is may


def test_a_citizen_sees_what_is_their_own_and_their_apps_client_does_not() -> None:
    of_one: dict[str, Any] = {"district_code": "102", "client_id": "cli_portal", "kiosk_id": None, "person_id": "per_1"}
    assert citizen("per_1").may_see(CASTE, **of_one)
    assert not citizen("per_2").may_see(CASTE, **of_one)
    assert not citizen("per_1").may_see(CASTE, **{**of_one, "person_id": None})
    assert not PORTAL.may_see(CASTE, **of_one)
