"""The way of a case: what follows what, whose an act is, and what never happens whatever people do."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.builders import AT, BENCH, CALENDAR, FILER, READER, filing

from revenue_courts.adapters.data.facts import read_codes
from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.case import Act, Actor, Case, Change, Defect, Office, Outcome, RecordAway, State
from revenue_courts.domain.case_kinds import Form
from revenue_courts.domain.deed import Deed, DoesNotFit, NotHeardYet, NotNow, NotThatDay, NotYours, Transfer
from revenue_courts.domain.evidence import EvidenceKind, Offered
from revenue_courts.domain.filing import Side
from revenue_courts.domain.label import Label
from revenue_courts.domain.moves import ACTS, allowed, begin, move
from revenue_courts.domain.notice import Mode, Notice, NoticeKind, NoticeOrder, ServiceReport, Status
from revenue_courts.domain.vakalatnama import Appearance, AppearanceEnd

MONDAY = civil_date(AT)


def begun(**members: Any) -> Case:
    return begin(
        filing(**members), case_id="rcs_1", transaction_token="EM1", client_id="cli_1", kiosk_id=None,
        person_id="per_citizen", assistance_id=None, agreed_once=None, by=FILER, at=AT,
    ).case  # fmt: skip


def deed(act: Act, by: Actor, **members: Any) -> Deed:
    given: dict[str, Any] = {"at": AT, "event_ids": ("a", "b"), **members}
    return Deed(act=act, by=by, **given)


def did(case: Case, act: Act, by: Actor, **members: Any) -> Case:
    return move(case, deed(act, by, **members), CALENDAR).case


def listed(on: date = MONDAY) -> Case:
    case = did(did(begun(), Act.SUBMIT, FILER), Act.REGISTER, READER, number="a/b/2026/1")
    return did(case, Act.SCHEDULE, READER, on=on, purpose="appearance")


def test_a_case_goes_from_a_draft_to_its_disposal() -> None:
    case = did(listed(), Act.HEAR, READER, on=MONDAY + timedelta(days=1), purpose="order", text="Heard.")
    case = did(case, Act.RESERVE, BENCH, at=AT + timedelta(days=1), text="Reserved.")
    case = did(case, Act.DISPOSE, BENCH, code="allowed", text="Allowed.")
    assert (case.state, case.disposal, case.version) == (State.DISPOSED, "allowed", 7)
    assert case.events_told == 6  # filed, registered, two hearings, the order, the disposal


def test_a_cured_filing_is_told_once() -> None:
    case = did(begun(), Act.SUBMIT, FILER)
    case = did(case, Act.RAISE_DEFECTS, READER, defects=(Defect("land-details", None),), cure_by=date(2026, 12, 10))
    assert case.cure_by == date(2026, 12, 10)
    cured = move(case, deed(Act.SUBMIT, FILER), CALENDAR)
    assert (cured.case.defects, cured.case.cure_by, cured.told) == ((), None, ())
    assert cured.case.filed_at == AT


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 11, 29), "in-the-past"),
        (date(2026, 12, 25), "court-closed"),
        (date(2026, 12, 5), "court-closed"),
        (date(2028, 1, 3), "beyond-the-calendar"),
        (MONDAY, "not-after-the-last"),
    ],
)
def test_no_hearing_is_set_for_a_day_without_a_sitting(day: date, code: str) -> None:
    with pytest.raises(NotThatDay) as refused:
        did(listed(), Act.ADJOURN, READER, on=day, purpose="reply", code="no-time")
    assert refused.value.code == code


def test_a_holiday_is_named() -> None:
    with pytest.raises(NotThatDay) as refused:
        did(listed(), Act.ADJOURN, READER, on=date(2026, 12, 25), purpose="reply", code="no-time")
    assert (refused.value.closed_en, refused.value.closed_hi) == ("Christmas Day", "क्रिसमस")


def test_nothing_was_heard_before_the_day_but_it_may_be_adjourned() -> None:
    tomorrow = listed(on=date(2026, 12, 1))
    with pytest.raises(NotHeardYet):
        did(tomorrow, Act.HEAR, READER, on=date(2026, 12, 2), purpose="reply")
    with pytest.raises(NotHeardYet):
        did(tomorrow, Act.RESERVE, BENCH)
    assert did(tomorrow, Act.ADJOURN, READER, on=date(2026, 12, 2), purpose="reply").state is State.LISTED


def test_what_is_disposed_of_leaves_the_list_of_a_day_to_come() -> None:
    coming = move(listed(on=date(2026, 12, 1)), deed(Act.DISPOSE, BENCH, code="withdrawn"), CALENDAR)
    assert [hearing.outcome for hearing in coming.hearings] == [Outcome.VACATED]
    today = move(listed(), deed(Act.DISPOSE, BENCH, code="allowed"), CALENDAR)
    assert [hearing.outcome for hearing in today.hearings] == [Outcome.HELD]


def test_a_reader_passes_no_order_and_a_filer_does_nothing_of_the_courts() -> None:
    for by in (READER, FILER):
        with pytest.raises(NotYours):
            did(listed(), Act.PASS_INTERIM_ORDER, by, text="Stay.")
    with pytest.raises(NotYours):
        did(listed(), Act.ADJOURN, FILER, on=date(2026, 12, 2), purpose="reply")


@pytest.mark.parametrize("state", list(State))
def test_what_is_allowed_is_what_the_table_says(state: State) -> None:
    case = replace(listed(), state=state)
    impossible = {
        Act.END_APPEARANCE, Act.HOLD_IN_PUBLIC, Act.RECORD_SERVICE, Act.JOIN, Act.RESTORE, Act.RETURN_RECORD,
    }  # fmt: skip
    assert set(allowed(case)) == {act for act, (states, _) in ACTS.items() if state in states} - impossible


# What may follow a state, written down once more: from here the table is judged.
FOLLOWS = {
    State.DRAFT: {State.DRAFT, State.SUBMITTED},
    State.SUBMITTED: {State.DEFECTIVE, State.REGISTERED},
    State.DEFECTIVE: {State.DEFECTIVE, State.SUBMITTED},
    State.REGISTERED: {State.REGISTERED, State.LISTED, State.DISPOSED},
    # A transfer brings it before another court, which sets the next hearing.
    State.LISTED: {State.LISTED, State.RESERVED, State.DISPOSED, State.REGISTERED},
    State.RESERVED: {State.RESERVED, State.LISTED, State.DISPOSED, State.REGISTERED},
    # Restored after a dismissal in default, or sent back by a higher court.
    State.DISPOSED: {State.DISPOSED, State.LISTED, State.REGISTERED},
}
ACTORS = {
    Office.FILER: FILER,
    Office.READER: READER,
    Office.PRESIDING_OFFICER: BENCH,
    Office.PROCESS_SERVER: Actor("per_server", Office.PROCESS_SERVER, Label("Process Server", "आदेशिका वाहक")),
    Office.PARTY: Actor("per_party", Office.PARTY),
    Office.HIGHER_COURT: Actor("per_sdo", Office.HIGHER_COURT),
}
SERVICES = read_codes().services


class LifeOfACase(RuleBasedStateMachine):
    """Anybody tries anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.case = begun()
        self.at = AT
        self.numbers = count(1)
        self.changes: list[Change] = []
        self.hearings: dict[int, Outcome] = {}
        self.notices: dict[int, Notice] = {}
        self.opened_again = 0

    @rule(days=st.integers(0, 20))
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    @precondition(lambda self: civil_date(self.at) < date(2027, 12, 1))
    @rule(
        act=st.sampled_from([act for act in Act if act is not Act.BEGIN]),
        office=st.sampled_from(list(Office)),
        ahead=st.integers(-2, 30),
        party=st.integers(1, 3),
        became=st.sampled_from(sorted(SERVICES)),
        disposal=st.sampled_from(["allowed", "dismissed-in-default", "remanded"]),
    )
    def somebody_acts(self, act: Act, office: Office, ahead: int, party: int, became: str, disposal: str) -> None:
        before, day = self.case, civil_date(self.at) + timedelta(days=ahead)
        try:
            change = move(
                before,
                deed(
                    act, ACTORS[office], at=self.at, filing=filing(facts="Anew."), number=f"a/b/{next(self.numbers)}",
                    defects=(Defect("land-details", None),), cure_by=day, on=day, form=Form.PLAINT,
                    purpose=["evidence", "reply"][party % 2],
                    code=disposal if act in (Act.DISPOSE, Act.RETURN_RECORD) else "no-time",
                    matter=self.matter(act, day, party, became), notice=self.notices.get(party),
                    outcome=SERVICES[became],
                ),
                CALENDAR,
            )  # fmt: skip
        except (NotNow, NotYours, NotThatDay, NotHeardYet, DoesNotFit):
            return
        assert change.case.state in FOLLOWS[before.state], f"{before.state} → {change.case.state}"
        assert office in ACTS[act][1]
        assert change.case.version == before.version + 1
        assert change.entry.state_before is before.state
        assert change.entry.by == ACTORS[office]
        if before.number is not None and act is not Act.TRANSFER:
            assert change.case.number == before.number, "a number is changed by a transfer alone"
        assert set(change.case.former_numbers) >= {*before.former_numbers}, "a number is never lost"
        if change.case.number != before.number and before.number is not None:
            assert before.number in change.case.former_numbers
        if before.state is State.DISPOSED and change.case.state is not State.DISPOSED:
            opened = {Act.RESTORE: "dismissed-in-default"}.get(act, before.disposal)
            assert before.disposal == opened
            assert act is Act.RESTORE or (act, disposal) == (Act.RETURN_RECORD, "remanded")
            self.opened_again += 1
        for hearing in change.hearings:
            self.hearings[hearing.no] = hearing.outcome
            assert hearing.served <= hearing.noticed
            if hearing.outcome is Outcome.LISTED:
                assert hearing.on >= civil_date(self.at)
                assert CALENDAR.closed(hearing.on) is None
        for notice in change.notices:
            self.notices[notice.no] = notice
        self.changes.append(change)
        self.case = change.case

    def matter(self, act: Act, day: date, number: int, became: str) -> Any:
        """What the act brings; `number` is a party's, a vakalatnama's or a notice's."""
        by_hand = became.startswith(("served", "affixed", "not"))
        made: dict[Act, Any] = {
            Act.TAKE_EVIDENCE: Offered(
                side=list(Side)[number % 2], kind=list(EvidenceKind)[day.day % 2], name="A", sha256="0"
            ),
            Act.TRANSFER: Transfer(court_code=f"court-{number}"),
            Act.SEND_RECORD: RecordAway(court_code="court-1", case_id="rcs_2"),
            Act.ISSUE_NOTICES: NoticeOrder(
                kind=NoticeKind.SUMMONS, mode=list(Mode)[day.day % 3], parties=(number,), codes=("a",),
                instead_of=number if day.day % 2 else None,
            ),
            Act.RECORD_SERVICE: ServiceReport(
                no=number, outcome=became, on=day, position=(75.0, 26.0) if by_hand else None,
                photo_sha256="0" if by_hand else None,
            ),
            Act.APPEAR: Appearance(
                advocate="A", enrolment=f"R/{day.day % 2}/2010", parties=(number,), sha256="0", begins=day
            ),
            Act.END_APPEARANCE: AppearanceEnd(no=number, ends=day),
        }  # fmt: skip
        return made.get(act)

    @invariant()
    def nobody_appears_for_both_sides_or_twice_for_one(self) -> None:
        in_force = [one.appearance for one in self.case.vakalatnamas if one.ends is None]
        pairs = [(one.enrolment, party) for one in in_force for party in one.parties]
        assert len(pairs) == len(set(pairs))
        for enrolment in {one.enrolment for one in in_force}:
            sides = {self.case.filing.parties[party - 1].side for name, party in pairs if name == enrolment}
            assert len(sides) == 1

    @invariant()
    def a_hearing_counts_as_served_whom_a_notice_reached_by_its_day(self) -> None:
        assert sorted(self.notices) == list(range(1, self.case.notices_issued + 1))
        hearing = self.case.hearing
        if hearing is None:
            return
        called = [one for one in self.notices.values() if one.hearing_no == hearing.no]
        reached = {
            one.party for one in called if one.status is Status.SERVED and one.report and one.report.on <= hearing.on
        }
        assert ({one.party for one in called}, reached) == ({*hearing.noticed}, {*hearing.served})
        assert len(self.case.joined) == sum(one.joined for one in self.notices.values())

    @invariant()
    def a_number_and_a_registration_come_together(self) -> None:
        registered = self.case.state in {State.REGISTERED, State.LISTED, State.RESERVED, State.DISPOSED}
        assert (self.case.number is not None) == registered == (self.case.registered_at is not None)

    @invariant()
    def one_hearing_is_listed_where_the_case_is_and_none_elsewhere(self) -> None:
        still_listed = [no for no, outcome in self.hearings.items() if outcome is Outcome.LISTED]
        assert len(still_listed) == (self.case.state is State.LISTED)
        assert sorted(self.hearings) == list(range(1, len(self.hearings) + 1))

    @invariant()
    def what_is_told_is_counted_and_told_once(self) -> None:
        told = [event for change in self.changes for event in change.told]
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
        assert self.case.events_told == len(told)
        count_of = Counter(event.type for event in told)
        assert count_of["case.filed.v1"] <= 1
        assert count_of["case.registered.v1"] == len(self.case.former_numbers) + (self.case.number is not None)
        assert count_of["case.disposed.v1"] == self.opened_again + (self.case.state is State.DISPOSED)
        assert (self.case.disposal is not None) == (self.case.state is State.DISPOSED)
        assert self.case.decreed_at is None or self.case.state is State.DISPOSED

    @invariant()
    def what_the_court_took_has_marks_of_its_own(self) -> None:
        marks = [one.mark for one in self.case.evidence]
        assert len(marks) == len(set(marks))


LifeOfACase.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLifeOfACase = LifeOfACase.TestCase
