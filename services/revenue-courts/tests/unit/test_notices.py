"""Calling the parties: what is refused, what counts as served, what is sent again."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.builders import AT, BENCH, CALENDAR, FILER, READER, filing

from revenue_courts.adapters.data.facts import read_codes
from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.case import Act, Actor, Case, Change, Office
from revenue_courts.domain.deed import Deed, DoesNotFit, NotYours
from revenue_courts.domain.label import Label
from revenue_courts.domain.moves import begin, move
from revenue_courts.domain.notice import Mode, Notice, NoticeKind, NoticeOrder, ServiceReport, Status

MONDAY = civil_date(AT)
SERVER = Actor("per_server", Office.PROCESS_SERVER, Label("Process Server", "आदेशिका वाहक"))
THERE: dict[str, Any] = {"position": (75.7873, 26.9124), "photo_sha256": "0" * 64}
OUTCOMES = read_codes().services


def do(case: Case, act: Act, by: Actor, **members: Any) -> Change:
    given: dict[str, Any] = {"at": AT, "event_ids": ("a", "b"), **members}
    return move(case, Deed(act=act, by=by, **given), CALENDAR)


def listed(on: date = MONDAY + timedelta(days=8)) -> Case:
    case = begin(
        filing(), case_id="rcs_1", transaction_token="EM1", client_id="cli_1", kiosk_id=None,
        person_id="per_citizen", assistance_id=None, agreed_once=None, by=FILER, at=AT,
    ).case  # fmt: skip
    case = do(do(case, Act.SUBMIT, FILER).case, Act.REGISTER, READER, number="a/b/2026/1").case
    return do(case, Act.SCHEDULE, READER, on=on, purpose="appearance").case


def order(*parties: int, mode: Mode = Mode.PROCESS_SERVER, **members: Any) -> NoticeOrder:
    codes = tuple(f"code-{party}" for party in parties)
    return NoticeOrder(kind=NoticeKind.SUMMONS, mode=mode, parties=parties, codes=codes, **members)


def issued(*parties: int, mode: Mode = Mode.PROCESS_SERVER) -> tuple[Case, tuple[Notice, ...]]:
    change = do(listed(), Act.ISSUE_NOTICES, READER, matter=order(*parties, mode=mode))
    return change.case, change.notices


def reported(case: Case, notice: Notice | None, outcome: str, by: Actor = SERVER, **members: Any) -> Change:
    at = members.pop("at", AT)
    given: dict[str, Any] = {"on": MONDAY, **THERE, **members}
    report = ServiceReport(no=notice.no if notice else 9, outcome=outcome, **given)
    return do(
        case, Act.RECORD_SERVICE, by, at=at, matter=report, notice=notice, outcome=OUTCOMES[outcome], code=outcome
    )


def test_each_party_is_called_at_its_own_address_and_the_state_at_its_officer() -> None:
    case, (first, second) = issued(1, 2)
    assert [(one.no, one.party, one.address, one.code) for one in (first, second)] == [
        (1, 1, "C", "code-1"), (2, 2, "Tehsildar", "code-2"),
    ]  # fmt: skip
    assert case.hearing
    assert (case.hearing.noticed, case.hearing.served, case.hearing.all_served) == (
        frozenset({1, 2}),
        frozenset(),
        False,
    )


def test_a_hearing_is_served_when_the_call_reached_everybody() -> None:
    case, (first, second) = issued(1, 2)
    case = reported(case, first, "affixed").case
    assert case.hearing
    assert not case.hearing.all_served
    case = reported(case, second, "served-in-person").case
    assert case.hearing
    assert case.hearing.all_served


def test_a_hearing_to_which_nobody_was_called_is_not_served() -> None:
    hearing = listed().hearing
    assert hearing
    assert not hearing.all_served


def test_what_came_back_counts_when_the_presiding_officer_says_so_and_nobody_else() -> None:
    case, (notice,) = issued(2)
    back = reported(case, notice, "refused")
    assert [one.status for one in back.notices] == [Status.NOT_SERVED]
    plain: dict[str, Any] = {"position": None, "photo_sha256": None}
    for by in (READER, SERVER):
        with pytest.raises(NotYours):
            reported(back.case, back.notices[0], "declared-served", by, **plain)
    declared = reported(back.case, back.notices[0], "declared-served", BENCH, **plain)
    assert declared.case.hearing
    assert declared.case.hearing.served == {2}


def test_what_is_reported_after_the_hearing_reached_nobody_in_time() -> None:
    case, (notice,) = issued(2)
    late = reported(case, notice, "affixed", at=AT + timedelta(days=9), on=MONDAY + timedelta(days=9))
    assert late.notices[0].status is Status.SERVED
    assert late.case.hearing
    assert late.case.hearing.served == frozenset()


def test_a_report_for_a_hearing_that_is_over_leaves_the_next_one_alone() -> None:
    case, (notice,) = issued(2)
    case = do(case, Act.ADJOURN, READER, on=MONDAY + timedelta(days=15), purpose="reply", code="no-time").case
    late = reported(case, notice, "affixed")
    assert late.case.hearing
    assert (late.case.hearing.served, late.hearings) == (frozenset(), ())


def test_a_notice_is_sent_again_to_another_address_and_takes_the_place_of_the_first() -> None:
    case, (notice,) = issued(1)
    again = do(
        case, Act.ISSUE_NOTICES, READER, matter=order(1, address="D", instead_of=1, mode=Mode.POST), notice=notice
    )
    assert [(one.no, one.status, one.address) for one in again.notices] == [
        (1, Status.REPLACED, "C"), (2, Status.OUT, "D"),
    ]  # fmt: skip
    back = reported(case, notice, "not-at-home")
    again = do(back.case, Act.ISSUE_NOTICES, READER, matter=order(1, instead_of=1), notice=back.notices[0])
    assert [(one.no, one.status) for one in again.notices] == [(2, Status.OUT)]


@pytest.mark.parametrize(
    ("matter", "refused"),
    [
        (order(1, 3), ("/parties/1", "no-such-party")),
        (order(2, instead_of=1), ("/parties", "of-another-party")),
        (order(1, instead_of=7), ("/instead_of", "no-such-notice")),
    ],
)
def test_a_call_that_does_not_fit_is_refused(matter: NoticeOrder, refused: tuple[str, str]) -> None:
    case, (notice,) = issued(1)
    with pytest.raises(DoesNotFit) as error:
        do(case, Act.ISSUE_NOTICES, READER, matter=matter, notice=notice if matter.instead_of == 1 else None)
    assert (error.value.pointer, error.value.code) == refused


@pytest.mark.parametrize("status", [Status.SERVED, Status.REPLACED])
def test_what_reached_its_party_is_not_sent_again(status: Status) -> None:
    case, (notice,) = issued(1)
    with pytest.raises(DoesNotFit, match="reported-already"):
        do(case, Act.ISSUE_NOTICES, READER, matter=order(1, instead_of=1), notice=replace(notice, status=status))


def test_nobody_is_called_to_a_hearing_of_today() -> None:
    with pytest.raises(DoesNotFit, match="too-late-to-call"):
        do(listed(on=MONDAY), Act.ISSUE_NOTICES, READER, matter=order(1))


@pytest.mark.parametrize(
    ("outcome", "mode", "members", "refused"),
    [
        ("affixed", Mode.PROCESS_SERVER, {"position": None}, ("/position", "needed-of-a-process-server")),
        ("affixed", Mode.PROCESS_SERVER, {"photo_sha256": None}, ("/photo_sha256", "needed-of-a-process-server")),
        ("delivered-by-post", Mode.POST, {}, ("/position", "of-a-process-server-alone")),
        ("affixed", Mode.POST, {}, ("/outcome", "not-by-this-way")),
        ("affixed", Mode.PROCESS_SERVER, {"on": date(2026, 11, 29)}, ("/on", "not-between-issue-and-today")),
        ("affixed", Mode.PROCESS_SERVER, {"on": date(2026, 12, 1)}, ("/on", "not-between-issue-and-today")),
    ],
)
def test_a_report_that_does_not_fit_is_refused(
    outcome: str, mode: Mode, members: dict[str, Any], refused: tuple[str, str]
) -> None:
    case, (notice,) = issued(2, mode=mode)
    with pytest.raises(DoesNotFit) as error:
        reported(case, notice, outcome, **members)
    assert (error.value.pointer, error.value.code) == refused


def test_a_notice_is_reported_once() -> None:
    case, (notice,) = issued(2)
    done = reported(case, notice, "affixed")
    with pytest.raises(DoesNotFit, match="reported-already"):
        reported(done.case, done.notices[0], "not-at-home")
    with pytest.raises(DoesNotFit, match="no-such-notice"):
        reported(case, None, "affixed")


def test_a_secret_serves_one_person_and_a_person_joins_once() -> None:
    case, (notice,) = issued(2)
    party, another = Actor("per_party", Office.PARTY), Actor("per_other", Office.PARTY)
    joined = do(case, Act.JOIN, party, notice=notice)
    assert joined.case.joined == {"per_party": 2}
    with pytest.raises(DoesNotFit, match="used-up"):
        do(joined.case, Act.JOIN, another, notice=joined.notices[0])
    with pytest.raises(DoesNotFit, match="joined-already"):
        do(joined.case, Act.JOIN, party, notice=notice)
