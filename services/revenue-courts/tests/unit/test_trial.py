"""Evidence, decree, restoration, transfer, and the record that goes to a higher court and comes back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.builders import AT, BENCH, CALENDAR, FILER, READER, filing

from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.case import Act, Actor, Case, Change, Office, Outcome, RecordAway, State
from revenue_courts.domain.case_kinds import Form
from revenue_courts.domain.deed import Deed, DoesNotFit, NotHeardYet, NotNow, NotYours, Transfer
from revenue_courts.domain.evidence import EvidenceKind, Offered
from revenue_courts.domain.filing import Side
from revenue_courts.domain.moves import begin, move

MONDAY = civil_date(AT)
HIGHER = Actor("per_sdo", Office.HIGHER_COURT)


def do(case: Case, act: Act, by: Actor = BENCH, **members: Any) -> Change:
    given: dict[str, Any] = {"at": AT, "event_ids": ("a", "b"), "form": Form.PLAINT, **members}
    return move(case, Deed(act=act, by=by, **given), CALENDAR)


def listed(purpose: str = "evidence", days: int = 0) -> Case:
    case = begin(
        filing(), case_id="rcs_1", transaction_token="EM1", client_id="cli_1", kiosk_id=None,
        person_id="per_citizen", assistance_id=None, agreed_once=None, by=FILER, at=AT,
    ).case  # fmt: skip
    case = do(do(case, Act.SUBMIT, FILER).case, Act.REGISTER, READER, number="old/a/2026/1").case
    return do(case, Act.SCHEDULE, READER, on=MONDAY + timedelta(days=days), purpose=purpose).case


def disposed(how: str) -> Case:
    return do(listed(), Act.DISPOSE, code=how).case


def offered(side: Side = Side.PETITIONER, kind: EvidenceKind = EvidenceKind.WITNESS) -> Offered:
    return Offered(side=side, kind=kind, name="Test Witness", sha256="0" * 64)


def test_each_side_has_marks_of_its_own_for_witnesses_and_documents() -> None:
    case = listed()
    for side in (Side.PETITIONER, Side.RESPONDENT, Side.PETITIONER):
        for kind in EvidenceKind:
            case = do(case, Act.TAKE_EVIDENCE, READER, matter=offered(side, kind)).case
    assert [one.mark for one in case.evidence] == ["PW1", "Ex-P1", "DW1", "Ex-D1", "PW2", "Ex-P2"]
    assert {one.hearing_no for one in case.evidence} == {1}


def test_evidence_is_taken_at_a_hearing_for_it_on_its_day() -> None:
    with pytest.raises(DoesNotFit, match="not-a-hearing-for-evidence"):
        do(listed("reply"), Act.TAKE_EVIDENCE, READER, matter=offered())
    with pytest.raises(NotHeardYet):
        do(listed(days=1), Act.TAKE_EVIDENCE, READER, matter=offered())


@pytest.mark.parametrize("how", ["allowed", "partly-allowed", "dismissed", "compromised"])
def test_a_decree_follows_the_judgment_in_a_suit_once(how: str) -> None:
    drawn = do(disposed(how), Act.DRAW_DECREE)
    assert (drawn.case.decreed_at, [dict(told.facts) for told in drawn.told]) == (AT, [{"order_kind": "decree"}])
    with pytest.raises(NotNow):
        do(drawn.case, Act.DRAW_DECREE)


@pytest.mark.parametrize(
    ("how", "form"),
    [
        ("withdrawn", Form.PLAINT),
        ("abated", Form.PLAINT),
        ("dismissed-in-default", Form.PLAINT),
        ("allowed", Form.APPEAL),
    ],
)
def test_what_ends_without_a_judgment_in_a_suit_has_no_decree(how: str, form: Form) -> None:
    with pytest.raises(DoesNotFit, match="no-decree-of-this"):
        do(disposed(how), Act.DRAW_DECREE, form=form)


def test_what_was_dismissed_in_default_goes_on_under_its_number_and_nothing_else_does() -> None:
    again = do(disposed("dismissed-in-default"), Act.RESTORE, on=MONDAY + timedelta(days=1), purpose="reply")
    assert (again.case.state, again.case.disposal, again.case.number) == (State.LISTED, None, "old/a/2026/1")
    assert [told.type for told in again.told] == ["order.passed.v1", "hearing.scheduled.v1"]
    with pytest.raises(NotNow):
        do(disposed("dismissed"), Act.RESTORE, on=MONDAY + timedelta(days=1), purpose="reply")
    with pytest.raises(NotYours):
        do(disposed("dismissed-in-default"), Act.RESTORE, READER, on=MONDAY + timedelta(days=1), purpose="reply")


def test_a_transfer_keeps_the_old_number_and_vacates_what_was_listed_where_it_was_listed() -> None:
    gone = do(listed(days=3), Act.TRANSFER, matter=Transfer(court_code="new"), number="new/a/2026/7")
    case = gone.case
    assert (case.court_code, case.number, case.former_numbers) == ("new", "new/a/2026/7", ("old/a/2026/1",))
    assert case.state is State.REGISTERED
    (hearing,) = gone.hearings
    assert (hearing.outcome, hearing.court_code, hearing.case_number) == (
        Outcome.VACATED, "test-tehsildar-jaipur", "old/a/2026/1",
    )  # fmt: skip
    assert [told.type for told in gone.told] == ["order.passed.v1", "case.registered.v1"]
    with pytest.raises(DoesNotFit, match="there-already"):
        do(case, Act.TRANSFER, matter=Transfer(court_code="new"), number="new/a/2026/8")


def test_the_record_goes_up_once_and_comes_back_and_a_remand_opens_the_case() -> None:
    away = RecordAway(court_code="sdo", case_id="rcs_2")
    case = do(disposed("allowed"), Act.SEND_RECORD, HIGHER, matter=away).case
    assert (case.record_away, case.state) == (away, State.DISPOSED)
    with pytest.raises(NotNow):
        do(case, Act.SEND_RECORD, HIGHER, matter=away)
    back = do(case, Act.RETURN_RECORD, HIGHER, code="dismissed").case
    assert (back.record_away, back.state, back.disposal) == (None, State.DISPOSED, "allowed")
    opened = do(replace(case, decreed_at=AT), Act.RETURN_RECORD, HIGHER, code="remanded").case
    assert (opened.record_away, opened.state, opened.disposal, opened.decreed_at) == (
        None,
        State.REGISTERED,
        None,
        None,
    )
    for by in (READER, BENCH):
        with pytest.raises(NotYours):
            do(case, Act.RETURN_RECORD, by, code="remanded")
