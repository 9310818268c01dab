"""A centre's life under discipline: whoever tries whatever at whatever time, and what must be true of it always."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.cases import AT, BOOK, STANDS, a_case, a_decision

from kiosk_registry.domain.discipline.acts import (
    BY_ITSELF,
    Deed,
    NoticeFirst,
    NotNow,
    NotTrading,
    NotYours,
    SamePerson,
    SuspendedInAnother,
    TooLate,
    allowed,
    move,
)
from kiosk_registry.domain.discipline.case import Act, Case, CaseLine, Outcome, Penalty, State, SuspensionKind
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor, Office

RULES = BOOK.rules
PEOPLE = st.sampled_from(["per_a", "per_b", "per_c"])
BY_PEOPLE = [act for act in Act if act is not Act.OPEN]
REFUSALS = (NotNow, NotYours, SamePerson, TooLate, NoticeFirst, NotTrading, SuspendedInAnother)


class Life(RuleBasedStateMachine):
    """Several cases against one centre. What is said of it is judged by the history alone."""

    @initialize(status=st.sampled_from(Status))
    def is_in_the_register(self, status: Status) -> None:
        """Centres of the opening register are in every status, without a case."""
        self.at, self.standing, self.status_before = AT, replace(STANDS, status=status), status
        self.cases: dict[str, Case] = {}
        self.history: dict[str, list[CaseLine]] = {}
        self.penalties: dict[str, Penalty] = {}
        self.stood: list[tuple[datetime, Status, str]] = []

    @rule(person=PEOPLE, from_receipt=st.booleans())
    def a_case_is_opened(self, person: str, *, from_receipt: bool) -> None:
        case_id = f"ccs_{len(self.cases)}"
        by = BY_ITSELF if from_receipt else Actor(person, Office.DISTRICT)
        self.cases[case_id] = a_case(self.standing, by, id=case_id)
        self.history[case_id] = []

    @rule()
    def a_case_is_heard(self) -> None:
        """What is worth deciding comes up often enough."""
        self.a_case_is_opened("per_a", from_receipt=False)
        last = len(self.cases) - 1
        self._tries(last, Act.GIVE_NOTICE, Actor("per_a", Office.DISTRICT), Outcome.DISMISSED, (None, None))
        self._tries(last, Act.REPLY, Actor("per_o", Office.OPERATOR), Outcome.DISMISSED, (None, None))

    @rule(
        number=st.integers(0, 9),
        act=st.sampled_from(BY_PEOPLE),
        person=PEOPLE,
        office=st.sampled_from(Office),
        outcome=st.sampled_from(Outcome),
        figures=st.sampled_from([(None, None), (100_000, None), (100_000, 15), (None, 365)]),
    )
    def somebody_tries(
        self,
        number: int,
        act: Act,
        person: str,
        office: Office,
        outcome: Outcome,
        figures: tuple[int | None, int | None],
    ) -> None:
        self._tries(number, act, Actor(person, office), outcome, figures)

    @rule(
        number=st.integers(0, 9),
        choice=st.integers(0, 9),
        person=PEOPLE,
        outcome=st.sampled_from(Outcome),
        figures=st.sampled_from([(100_000, None), (100_000, 15), (None, 365)]),
    )
    def who_may_goes_on(
        self, number: int, choice: int, person: str, outcome: Outcome, figures: tuple[int | None, int | None]
    ) -> None:
        if not self.cases:
            return
        case = self._case(number)
        if may := list(allowed(case, self.standing, self.at).items()):
            act, offices = may[choice % len(may)]
            by = Actor(person, sorted(offices)[choice % len(offices)])
            self._tries(number, act, BY_ITSELF if Office.CLOCK in offices else by, outcome, figures)

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes_and_what_is_over_ends(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        for act in (Act.BECOME_FINAL, Act.END_SUSPENSION):
            for number, case in enumerate(list(self.cases.values())):
                if act in allowed(case, self.standing, self.at):
                    self._tries(number, act, BY_ITSELF, Outcome.DISMISSED, (None, None))

    def _case(self, number: int) -> Case:
        return list(self.cases.values())[number % len(self.cases)]

    def _tries(
        self, number: int, act: Act, by: Actor, outcome: Outcome, figures: tuple[int | None, int | None]
    ) -> None:
        if not self.cases:
            return
        case = self._case(number)
        penalty_paise, days = figures if outcome is Outcome.PUNISHED else (None, None)
        decision = a_decision(outcome, by, self.at, penalty_paise=penalty_paise, suspension_days=days, order="Order")
        deed = Deed(
            act=act,
            by=by,
            at=self.at,
            penalty_id=f"pen_{len(self.penalties)}",
            decision=decision if act is Act.DECIDE else None,
        )
        try:
            change = move(case, self.standing, deed, RULES)
        except REFUSALS:
            return
        assert by.office in allowed(case, self.standing, self.at)[act]
        self.cases[case.id] = change.case
        self.history[case.id].append(change.line)
        if change.penalty is not None:
            assert case.id not in self.penalties
            self.penalties[case.id] = change.penalty
        if change.stood is not None:
            assert change.stood.standing.version == self.standing.version + 1
            self.standing = change.stood.standing
            self.stood.append((self.at, self.standing.status, case.id))

    def _acts(self, case_id: str) -> list[Act]:
        return [line.act for line in self.history[case_id]]

    @invariant()
    def no_penalty_without_a_decision_that_is_final_after_notice_by_another_than_who_opened(self) -> None:
        for case_id in self.penalties:
            case, acts = self.cases[case_id], self._acts(case_id)
            assert case.decision is not None
            assert case.decision.outcome is Outcome.PUNISHED
            assert not case.overturned
            assert acts.index(Act.GIVE_NOTICE) < acts.index(Act.DECIDE)
            assert case.decision.by.person_id != case.opened_by.person_id
            assert acts[acts.index(Act.DECIDE) :] != [Act.DECIDE]
            assert {Act.ACCEPT, Act.DISMISS_APPEAL, Act.BECOME_FINAL} & set(acts)

    @invariant()
    def no_case_makes_a_centre_trade_that_did_not(self) -> None:
        if self.standing.status is Status.ACTIVE:
            assert self.status_before is Status.ACTIVE

    @invariant()
    def no_suspension_without_notice_but_one_at_once_that_ends_by_itself(self) -> None:
        suspension = self.standing.suspension
        if suspension is None:
            assert self.standing.status is not Status.SUSPENDED or self.status_before is Status.SUSPENDED
            return
        assert self.standing.status is Status.SUSPENDED
        acts = self._acts(suspension.case_id)
        match suspension.kind:
            case SuspensionKind.DECIDED:
                assert Act.GIVE_NOTICE in acts
            case SuspensionKind.AT_ONCE:
                assert suspension.until == suspension.since + timedelta(days=RULES.confirm_days)
            case SuspensionKind.CONFIRMED:
                by = {line.act: line.by.person_id for line in self.history[suspension.case_id]}
                assert by[Act.SUSPEND_AT_ONCE] != by[Act.CONFIRM_SUSPENSION]
                assert suspension.until == suspension.since + timedelta(days=RULES.interim_days)
        assert acts.count(Act.SUSPEND_AT_ONCE) <= 1

    @invariant()
    def nothing_that_is_over_lasts_longer_than_until_somebody_looks(self) -> None:
        suspension = self.standing.suspension
        if suspension is not None and suspension.until < self.at:
            assert Act.END_SUSPENSION in allowed(self.cases[suspension.case_id], self.standing, self.at)

    @invariant()
    def a_centre_is_closed_by_a_decision_alone_and_for_ever(self) -> None:
        closed = [number for number, (_, status, _) in enumerate(self.stood) if status is Status.CLOSED]
        assert closed in ([], [len(self.stood) - 1])
        for number in closed:
            decision = self.cases[self.stood[number][2]].decision
            assert decision is not None
            assert decision.outcome is Outcome.CLOSED
            assert decision.order

    @invariant()
    def every_version_has_its_line_and_nothing_but_the_end_of_a_suspension_follows_the_end(self) -> None:
        for case_id, lines in self.history.items():
            assert [line.version for line in lines] == list(range(2, self.cases[case_id].version + 1))
            after_the_end = [line.act for line in lines if line.state_before is State.ENDED]
            assert set(after_the_end) <= {Act.END_SUSPENSION}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
