"""When an erasure runs and when the Board's time is over, by instants alone."""

from datetime import UTC, datetime, timedelta

import pytest

from identity.domain.privacy.breaches import Affected, Breach, Nature, Selection
from identity.domain.privacy.erasures import Answer, Erasure, Hold, Stage, State, outlook
from identity.domain.privacy.notices import Words

ASKED_AT = datetime(2026, 11, 27, 6, tzinfo=UTC)
RUNS_AFTER = ASKED_AT + timedelta(hours=48)
DAY = timedelta(days=1)
WORDS = Words(en="x", hi="क")


def hold(until: datetime | None) -> Hold:
    return Hold(reason="application-pending", subject="app_1", since=ASKED_AT - DAY, until=until)


def erasure(**answers: list[datetime | None]) -> Erasure:
    return Erasure(
        id="era_1",
        person_id="per_1",
        state=State.REQUESTED,
        requested_at=ASKED_AT,
        runs_after=RUNS_AFTER,
        answers={
            service: Answer(holds=tuple(map(hold, ends)), answered_at=ASKED_AT) for service, ends in answers.items()
        },
    )


@pytest.mark.parametrize(
    ("answers", "at", "stage", "runs_at"),
    [
        ({}, ASKED_AT, Stage.COOLING_OFF, None),
        ({}, RUNS_AFTER, Stage.WAITING_FOR_ANSWERS, None),
        ({"billing": []}, ASKED_AT, Stage.COOLING_OFF, RUNS_AFTER),
        ({"billing": []}, RUNS_AFTER - timedelta(milliseconds=1), Stage.COOLING_OFF, RUNS_AFTER),
        ({"billing": []}, RUNS_AFTER, Stage.DUE, RUNS_AFTER),
        ({"billing": [None]}, RUNS_AFTER, Stage.HELD, None),
        ({"billing": [RUNS_AFTER + DAY]}, RUNS_AFTER, Stage.HELD, RUNS_AFTER + DAY),
        ({"billing": [RUNS_AFTER + DAY, None]}, RUNS_AFTER, Stage.HELD, None),
        ({"billing": [RUNS_AFTER + DAY]}, RUNS_AFTER + DAY, Stage.DUE, RUNS_AFTER),
        # A service that nobody waits for may have something against it all the same.
        ({"billing": [], "court": [RUNS_AFTER + DAY]}, RUNS_AFTER, Stage.HELD, RUNS_AFTER + DAY),
    ],
)
def test_it_runs_when_the_last_reason_ends_and_everybody_has_answered(
    answers: dict[str, list[datetime | None]], at: datetime, stage: Stage, runs_at: datetime | None
) -> None:
    stands = outlook(erasure(**answers), ("billing",), (), at)
    assert (stands.stage, stands.runs_at) == (stage, runs_at)


def test_an_office_holds_it_back_though_nobody_else_does() -> None:
    stands = outlook(erasure(), (), (hold(None),), RUNS_AFTER)
    assert (stands.stage, [service for service, _ in stands.holds]) == (Stage.HELD, ["identity"])


def breach(extended_until: datetime | None = None, detailed_told_at: datetime | None = None) -> Breach:
    return Breach(
        id="brc_1",
        nature=Nature.DISCLOSURE,
        selection=Selection(affected=Affected.EVERYBODY),
        began_at=ASKED_AT - DAY,
        ended_at=ASKED_AT,
        aware_at=ASKED_AT,
        what_happened=WORDS,
        consequences=WORDS,
        measures=WORDS,
        safety=WORDS,
        contact=WORDS,
        recorded_by="per_1",
        recorded_at=ASKED_AT,
        extended_until=extended_until,
        detailed_told_at=detailed_told_at,
    )


@pytest.mark.parametrize(
    ("extended_until", "told_at", "at", "overdue"),
    [
        (None, None, ASKED_AT + timedelta(hours=72) - timedelta(milliseconds=1), False),
        (None, None, ASKED_AT + timedelta(hours=72), True),
        (ASKED_AT + 5 * DAY, None, ASKED_AT + 4 * DAY, False),
        (ASKED_AT + 5 * DAY, None, ASKED_AT + 5 * DAY, True),
        (None, ASKED_AT + DAY, ASKED_AT + 9 * DAY, False),
    ],
)
def test_the_board_has_the_details_in_72_hours_or_in_the_time_that_it_allowed(
    extended_until: datetime | None, told_at: datetime | None, at: datetime, overdue: bool
) -> None:
    assert breach(extended_until, told_at).is_overdue(at) is overdue
