"""Signs of life, versions and districts, as rules of values."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk_registry.domain.live.components import Floor, is_version, outdated
from kiosk_registry.domain.live.district_state import Counts, DistrictState, Turn, turned
from kiosk_registry.domain.live.life import (
    MOST_RETIRED,
    Beat,
    Life,
    Liveness,
    Refusal,
    clock_difference,
    judge,
    liveness,
)
from kiosk_registry.domain.register.centres import Status

AT = datetime(2026, 11, 23, 5, 41, 7, tzinfo=UTC)
BEAT = Beat("ksk_RJ10200001", "machine-1", {"browser": "101.0"}, AT)
LIFE = Life(kiosk_id="ksk_RJ10200001", district_code="102", machine="machine-1", at=AT, components={})


@pytest.mark.parametrize(
    ("silent_for", "state"),
    [(0, "ONLINE"), (60, "ONLINE"), (120, "ONLINE"), (150, "ONLINE"), (151, "STALE"), (600, "STALE"), (601, "DARK")],
)
def test_a_centre_that_missed_one_beat_is_online_and_one_that_is_silent_for_ten_minutes_is_dark(
    silent_for: int, state: str
) -> None:
    assert liveness(AT - timedelta(seconds=silent_for), AT) is Liveness(state)


def test_a_centre_that_was_not_once_heard_is_not_dark() -> None:
    assert liveness(None, AT) is Liveness.NEVER


@pytest.mark.parametrize(
    ("life", "standing", "refusal"),
    [
        (None, Status.ACTIVE, None),
        (LIFE, Status.ACTIVE, None),
        (LIFE, Status.SUSPENDED, None),
        (LIFE, None, Refusal.UNKNOWN_CENTRE),
        (None, Status.UNDER_VERIFICATION, Refusal.UNKNOWN_CENTRE),
        (LIFE, Status.CLOSED, Refusal.CLOSED_CENTRE),
        (LIFE.bound("machine-2"), Status.ACTIVE, Refusal.RETIRED_MACHINE),
        (Life(kiosk_id="k", district_code="1", machine="machine-2", at=None, components={}), Status.ACTIVE,
         Refusal.OTHER_MACHINE),
    ],
)  # fmt: skip
def test_a_heartbeat_counts_from_the_machine_of_a_centre_that_there_is(
    life: Life | None, standing: Status | None, refusal: Refusal | None
) -> None:
    assert judge(BEAT, life, standing) is refusal


def test_a_machine_that_is_bound_again_is_retired_no_more() -> None:
    again = LIFE.bound("machine-2").bound("machine-1")

    assert (again.machine, again.retired, again.at) == ("machine-1", ("machine-2",), None)
    assert LIFE.bound("machine-1") is LIFE


def test_retired_machines_are_a_short_list() -> None:
    life = LIFE
    for number in range(100):
        life = life.bound(f"machine-{number}")

    assert len(life.retired) == MOST_RETIRED


@pytest.mark.parametrize("seconds", [-600, 0, 600])
def test_a_clock_may_be_ten_minutes_off(seconds: int) -> None:
    assert clock_difference(AT + timedelta(seconds=seconds), AT) is None


@pytest.mark.parametrize("seconds", [-86_400, -601, 601, 86_400])
def test_a_clock_that_is_further_off_is_told_by_how_much(seconds: int) -> None:
    assert clock_difference(AT + timedelta(seconds=seconds), AT) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("version", "least", "older"),
    [("2.9", "2.10", True), ("2.10", "2.9", False), ("2", "2.0.0", False), ("1.9.9", "2", True), ("2.0.1", "2", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, least: str, older: bool) -> None:
    floor = Floor("browser", least, "order")

    assert bool(outdated({"browser": version}, [floor])) is older
    assert outdated({"printer": version}, [floor]) == []


@pytest.mark.parametrize("text", ["", "1.", "v1", "1.2.3.4.5", "1.२", "1\n", "1234567"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert not is_version(text)


def test_a_district_goes_dark_when_nearly_all_that_were_heard_fall_silent_and_is_back_with_half_of_them() -> None:
    state, turn = turned(DistrictState("102"), Counts(online=3, recent=10, recent_dark=7), AT)
    assert (state, turn) == (DistrictState("102"), None)

    dark, turn = turned(state, Counts(online=2, recent=10, recent_dark=8), AT)
    assert (dark, turn) == (DistrictState("102", AT, lost=10, turns=1), Turn.DARKENED)
    assert turned(dark, Counts(online=0, recent=3, recent_dark=3), AT) == (dark, None)
    assert turned(dark, Counts(online=4, recent=4, recent_dark=0), AT) == (dark, None)

    back, turn = turned(dark, Counts(online=5, recent=5, recent_dark=0), AT)
    assert (back, turn) == (DistrictState("102", None, lost=0, turns=2), Turn.RECOVERED)


def test_a_handful_of_silent_centres_is_no_dark_district() -> None:
    assert turned(DistrictState("102"), Counts(online=0, recent=4, recent_dark=4), AT)[1] is None
    assert turned(DistrictState("102"), Counts(online=0, recent=0, recent_dark=0), AT)[1] is None
