"""Whose court it is: by department, post, district and, where the court names them, its offices."""

from dataclasses import replace

import pytest

from revenue_courts.application.viewer import Officer, Viewer
from revenue_courts.domain.courts import Court, Level
from revenue_courts.domain.label import Label
from servicekit.access import Reach

COURT = Court(
    code="tehsildar-phagi",
    level=Level.TEHSILDAR,
    name=Label("Tehsildar Phagi", "तहसीलदार फागी"),
    districts=frozenset({"102"}),
    tehsils=frozenset({"Phagi"}),
    kinds=frozenset(),
    presiding_posts=frozenset({"Tehsildar"}),
    reader_posts=frozenset({"Reader"}),
    process_posts=frozenset({"Process Server"}),
    offices=frozenset({"Tehsil Phagi"}),
    begins=None,
    ends=None,
    source=Label("An order", "आदेश"),
    sandbox=False,
)
ITS_OWN = Officer("per_1", "revenue", frozenset({"102", "103"}), Label("Tehsildar", "तहसीलदार"), office="Tehsil Phagi")


def sits_in(officer: Officer, court: Court = COURT) -> bool:
    return Viewer(Reach({}), "per_1", officer).sits_in(court)


@pytest.mark.parametrize("post", ["Tehsildar", "Reader", "Process Server"])
def test_it_is_the_court_of_its_posts_in_its_district_and_office(post: str) -> None:
    assert sits_in(replace(ITS_OWN, post=Label(post, post)))


@pytest.mark.parametrize(
    "other",
    [
        {"department": "police"},
        {"post": Label("Patwari", "पटवारी")},
        {"districts": frozenset({"107"})},
        {"districts": frozenset()},
        {"office": "Tehsil Jaipur"},
        {"office": None},
    ],
    ids=["department", "post", "district", "no district", "office", "no office"],
)
def test_who_has_another_of_these_is_no_officer_of_it(other: dict[str, object]) -> None:
    assert not sits_in(replace(ITS_OWN, **other))  # type: ignore[arg-type]


def test_where_no_offices_are_recorded_post_and_district_tell_alone() -> None:
    assert sits_in(replace(ITS_OWN, office=None), replace(COURT, offices=frozenset()))


def test_a_court_of_the_whole_state_is_of_its_posts_wherever_they_are() -> None:
    assert sits_in(replace(ITS_OWN, districts=frozenset({"133"})), replace(COURT, districts=frozenset()))
