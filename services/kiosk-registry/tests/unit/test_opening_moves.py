"""Who may move an application for a centre where: the table, and the rules beside it, whatever anybody tries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.support.openings import ACTORS, ACTS, a_form

from kiosk_registry.adapters.data.opening_rules_file import read_opening_rules
from kiosk_registry.domain.openings.moves import (
    STEPS,
    Deed,
    NotNow,
    NotYours,
    SamePerson,
    TooLate,
    allowed,
    move,
    submit,
)
from kiosk_registry.domain.openings.opening import Act, Actor, Change, HistoryEntry, Office, Opening, State
from kiosk_registry.domain.places.districts import Place

AT = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
RULES = read_opening_rules().on(AT.date())
IN_ORDER = [act for _, act, _ in STEPS.values()]


def lodged() -> Change:
    return submit(
        a_form(),
        opening_id="cap_1",
        transaction_token="EM1",
        client_id="cli_app",
        by=ACTORS[Office.APPLICANT],
        rules=RULES,
        at=AT,
        event_id="e",
    )


def after(opening: Opening, act: Act, by: Actor | None = None, **rest: object) -> Opening:
    actor = by or ACTORS[allowed(opening)[act]]
    deed = Deed(act=act, by=actor, at=AT, event_id="e", facts={})
    return move(opening, replace(deed, **rest), RULES).opening  # type: ignore[arg-type]


def at_step(state: State) -> Opening:
    opening = lodged().opening
    for act in IN_ORDER:
        if opening.state is state:
            return opening
        opening = after(opening, act, device_id="SN-1", kiosk_id="ksk_1")
    return opening


def test_five_steps_lead_from_the_application_to_the_centre_and_each_is_of_another_office() -> None:
    opening = at_step(State.ACTIVE)

    assert opening.state is State.ACTIVE
    assert set(opening.people) == set(IN_ORDER)
    assert (opening.kiosk_id, opening.device_id, opening.version) == ("ksk_1", "SN-1", 6)


@pytest.mark.parametrize("state", [*STEPS, State.ACTIVE])
def test_whatever_is_not_allowed_now_is_refused_and_changes_nothing(state: State) -> None:
    opening = at_step(state)

    for act in set(ACTS) - allowed(opening).keys():
        for actor in ACTORS.values():
            with pytest.raises(NotNow):
                after(opening, act, actor)


@pytest.mark.parametrize("state", STEPS)
def test_an_act_is_its_offices_alone(state: State) -> None:
    opening = at_step(state)

    for act, office in allowed(opening).items():
        for other in set(Office) - {office}:
            with pytest.raises(NotYours) as refused:
                after(opening, act, ACTORS[other])
            assert refused.value.office is office


def test_what_was_sent_back_and_answered_is_where_it_was() -> None:
    opening = at_step(State.EXAMINATION)

    again = after(after(opening, Act.SEND_BACK), Act.RESUBMIT)

    assert (again.state, again.people) == (State.EXAMINATION, opening.people)


def test_what_comes_back_with_another_form_is_judged_from_the_beginning() -> None:
    elsewhere = a_form(premises=replace(a_form().premises, place=Place(26.9, 75.8)))

    again = after(after(at_step(State.APPROVAL), Act.SEND_BACK), Act.RESUBMIT, form=elsewhere)

    assert (again.state, again.people, again.form) == (State.LSP_RECOMMENDATION, {}, elsewhere)


def test_an_appeal_that_is_upheld_leads_back_and_one_that_is_dismissed_ends_it() -> None:
    rejected = after(at_step(State.FIELD_VERIFICATION), Act.REJECT)
    appealed = after(rejected, Act.APPEAL)

    assert after(appealed, Act.UPHOLD_APPEAL).state is State.FIELD_VERIFICATION
    dismissed = after(appealed, Act.DISMISS_APPEAL)
    assert dismissed.state is State.REJECTED
    assert allowed(dismissed) == {}


def test_an_appeal_is_heard_until_its_last_day_and_not_after() -> None:
    rejected = after(at_step(State.FIELD_VERIFICATION), Act.REJECT)
    last = AT + timedelta(days=RULES.appeal_days)

    assert after(rejected, Act.APPEAL, at=last).state is State.APPEALED
    with pytest.raises(TooLate):
        after(rejected, Act.APPEAL, at=last + timedelta(seconds=1))


def test_nobody_approves_what_they_verified_judges_their_own_or_hears_an_appeal_against_themselves() -> None:
    verifier, applicant = ACTORS[Office.DISTRICT].person_id, ACTORS[Office.APPLICANT].person_id
    with pytest.raises(SamePerson):
        after(at_step(State.APPROVAL), Act.APPROVE, Actor(verifier, Office.STATE))
    with pytest.raises(SamePerson):
        after(at_step(State.LSP_RECOMMENDATION), Act.RECOMMEND, Actor(applicant, Office.LSP))
    appealed = after(after(at_step(State.APPROVAL), Act.REJECT), Act.APPEAL)
    for act in (Act.UPHOLD_APPEAL, Act.DISMISS_APPEAL):
        with pytest.raises(SamePerson):
            after(appealed, act)


class Applying(RuleBasedStateMachine):
    """Anybody tries anything with one application, at any time; history says what happened, and must be lawful."""

    @initialize()
    def lodge(self) -> None:
        change = lodged()
        self.opening, self.history, self.at = change.opening, [change.entry], AT

    @rule(
        act=st.sampled_from(ACTS),
        person=st.sampled_from(["per_applicant", "per_a", "per_b", "per_c"]),
        office=st.sampled_from(Office),
        hours=st.integers(0, 400),
        moves_house=st.booleans(),
    )
    def somebody_tries(self, act: Act, person: str, office: Office, hours: int, *, moves_house: bool) -> None:
        self._tries(act, Actor(person, office), hours, moves_house=moves_house)

    @rule(choice=st.integers(0, 9), person=st.sampled_from(["per_a", "per_b", "per_c"]))
    def who_may_goes_on(self, choice: int, person: str) -> None:
        may = list(allowed(self.opening).items())
        if may:
            act, office = may[choice % len(may)]
            self._tries(act, Actor("per_applicant" if office is Office.APPLICANT else person, office), 1)

    def _tries(self, act: Act, by: Actor, hours: int, *, moves_house: bool = False) -> None:
        self.at += timedelta(hours=hours)
        form = replace(a_form(), name_en=f"Centre {hours}") if moves_house else None
        deed = Deed(act=act, by=by, at=self.at, event_id="e", facts={}, form=form, device_id="SN-1", kiosk_id="ksk_1")
        before = self.opening
        try:
            change = move(before, deed, RULES)
        except (NotNow, NotYours, SamePerson, TooLate):
            assert self.opening == before
            return
        assert allowed(before)[act] is by.office
        self.opening = change.opening
        self.history.append(change.entry)

    @invariant()
    def every_version_has_its_line_and_they_follow_each_other(self) -> None:
        assert [line.version for line in self.history] == list(range(1, self.opening.version + 1))
        for earlier, later in zip(self.history, self.history[1:], strict=False):
            assert later.state_before is earlier.state_after
        assert self.history[-1].state_after is self.opening.state

    @invariant()
    def no_active_centre_without_recommendation_verification_examination_approval_and_device(self) -> None:
        if self.opening.state is not State.ACTIVE:
            assert self.opening.kiosk_id is None
            return
        passed = self._since_the_form_changed()
        assert [line.act for line in passed if line.act in IN_ORDER] == IN_ORDER
        who = {line.act: line.by.person_id for line in passed if line.act in IN_ORDER}
        assert who[Act.APPROVE] not in (who[Act.VERIFY], who[Act.RECOMMEND])
        assert "per_applicant" not in who.values()
        assert self.opening.device_id

    @invariant()
    def nobody_appeals_twice_and_nothing_follows_the_end(self) -> None:
        acts = [line.act for line in self.history]
        assert acts.count(Act.APPEAL) <= 1
        ends = [line for line in self.history[:-1] if line.state_after in (State.ACTIVE, State.WITHDRAWN)]
        assert not ends

    def _since_the_form_changed(self) -> list[HistoryEntry]:
        begun = max(
            place
            for place, line in enumerate(self.history)
            if line.state_after is State.LSP_RECOMMENDATION and line.act in (Act.SUBMIT, Act.RESUBMIT)
        )
        return self.history[begun:]


TestApplying = Applying.TestCase
TestApplying.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
