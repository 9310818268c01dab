"""One advocate appears for one side."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.builders import AT, CALENDAR, READER, filing

from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.case import Act, Case, State
from revenue_courts.domain.deed import Deed, DoesNotFit
from revenue_courts.domain.moves import begin, move
from revenue_courts.domain.vakalatnama import Appearance, AppearanceEnd


def registered() -> Case:
    case = begin(
        filing(), case_id="rcs_1", transaction_token="EM1", client_id="cli_1", kiosk_id=None,
        person_id=None, assistance_id=None, agreed_once=None, by=READER, at=AT,
    ).case  # fmt: skip
    return replace(case, state=State.REGISTERED, number="a/b/2026/1")


def did(case: Case, act: Act, matter: Any) -> Case:
    return move(case, Deed(act=act, by=READER, at=AT, event_ids=("a", "b"), matter=matter), CALENDAR).case


def appearance(*parties: int) -> Appearance:
    return Appearance(advocate="A", enrolment="R/1/2010", parties=parties, sha256="0", begins=civil_date(AT))


def test_nobody_appears_for_both_sides_at_once_or_one_after_the_other() -> None:
    with pytest.raises(DoesNotFit, match="both-sides"):
        did(registered(), Act.APPEAR, appearance(1, 2))
    with pytest.raises(DoesNotFit, match="appears-for-the-other-side"):
        did(did(registered(), Act.APPEAR, appearance(1)), Act.APPEAR, appearance(2))


def test_who_left_a_side_may_appear_for_the_other() -> None:
    case = did(registered(), Act.APPEAR, appearance(1))
    case = did(case, Act.END_APPEARANCE, AppearanceEnd(no=1, ends=civil_date(AT)))
    case = did(case, Act.APPEAR, appearance(2))
    assert [one.ends is None for one in case.vakalatnamas] == [False, True]
    assert not case.vakalatnamas[0].is_in_force_on(AT.date().replace(year=2027))
