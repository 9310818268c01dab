"""The table of what may be done with a case against a centre."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from tests.support.cases import AT, BOOK, BY, STANDS, a_case, a_decision

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
from kiosk_registry.domain.discipline.case import (
    Act,
    Case,
    CaseChange,
    Outcome,
    Standing,
    State,
    Suspension,
    SuspensionKind,
)
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor, Office

SECOND = Actor("per_second", Office.DISTRICT)
RULES = BOOK.rules
FINED: dict[str, Any] = {"penalty_paise": 100_000, "slab": "s", "order": "Some order"}


def does(case: Case, act: Act, by: Actor, standing: Standing = STANDS, *, days: int = 0, **more: Any) -> CaseChange:
    deed = Deed(act=act, by=by, at=AT + timedelta(days=days), penalty_id="pen_1", **more)
    return move(case, standing, deed, RULES)


def heard() -> Case:
    noticed = does(a_case(), Act.GIVE_NOTICE, BY[Office.DISTRICT]).case
    return does(noticed, Act.REPLY, BY[Office.OPERATOR]).case


def decided(outcome: Outcome = Outcome.PUNISHED, **figures: Any) -> CaseChange:
    return does(heard(), Act.DECIDE, SECOND, decision=a_decision(outcome, SECOND, **figures))


def test_nothing_is_decided_against_a_centre_that_was_not_given_notice_but_a_dismissal() -> None:
    for outcome in (Outcome.WARNED, Outcome.PUNISHED, Outcome.CLOSED):
        with pytest.raises(NoticeFirst):
            does(a_case(), Act.DECIDE, SECOND, decision=a_decision(outcome, SECOND))

    dismissed = does(a_case(), Act.DECIDE, SECOND, decision=a_decision(Outcome.DISMISSED, SECOND))
    assert (dismissed.case.state, dismissed.case.appeal_until) == (State.ENDED, None)


def test_while_the_centre_may_reply_nobody_decides_and_afterwards_it_replies_no_more() -> None:
    noticed = does(a_case(), Act.GIVE_NOTICE, BY[Office.DISTRICT]).case
    decision = a_decision(Outcome.WARNED, SECOND)

    with pytest.raises(NotNow):
        does(noticed, Act.DECIDE, SECOND, days=RULES.reply_days, decision=decision)
    does(noticed, Act.REPLY, BY[Office.OPERATOR], days=RULES.reply_days)
    with pytest.raises(TooLate):
        does(noticed, Act.REPLY, BY[Office.OPERATOR], days=RULES.reply_days + 1)
    does(noticed, Act.DECIDE, SECOND, days=RULES.reply_days + 1, decision=decision)


def test_whoever_opened_it_does_not_decide_and_whoever_decided_does_not_hear_the_appeal() -> None:
    with pytest.raises(SamePerson):
        does(heard(), Act.DECIDE, BY[Office.DISTRICT], decision=a_decision(Outcome.WARNED, BY[Office.DISTRICT]))
    state = BY[Office.STATE]
    by_state = does(heard(), Act.DECIDE, state, decision=a_decision(Outcome.WARNED, state)).case
    appealed = does(by_state, Act.APPEAL, BY[Office.OPERATOR]).case
    for act in (Act.UPHOLD_APPEAL, Act.DISMISS_APPEAL):
        with pytest.raises(SamePerson):
            does(appealed, act, state)
        does(appealed, act, Actor("per_else", Office.STATE))


def test_a_case_that_a_receipt_opened_is_decided_by_anybody_of_the_district() -> None:
    reported = a_case(opened_by=BY_ITSELF)
    noticed = does(reported, Act.GIVE_NOTICE, SECOND).case
    replied = does(noticed, Act.REPLY, BY[Office.OPERATOR]).case

    assert does(replied, Act.DECIDE, SECOND, decision=a_decision(Outcome.WARNED, SECOND)).case.state is State.DECIDED


def test_a_penalty_is_imposed_when_the_decision_is_final_and_its_parts_are_the_whole() -> None:
    case = decided(**FINED, lsp_paise=30_000)
    assert case.penalty is None

    accepted = does(case.case, Act.ACCEPT, BY[Office.OPERATOR])
    final = does(case.case, Act.BECOME_FINAL, BY_ITSELF, days=RULES.appeal_days + 1)
    for change in (accepted, final):
        assert change.penalty is not None
        assert (change.penalty.kiosk_paise, change.penalty.lsp_paise) == (70_000, 30_000)
        assert (change.case.state, change.case.penalty_id) == (State.ENDED, "pen_1")
    with pytest.raises(NotNow):
        does(case.case, Act.BECOME_FINAL, BY_ITSELF, days=RULES.appeal_days)


def test_an_appeal_that_is_upheld_takes_no_penalty_and_lets_the_centre_trade() -> None:
    change = decided(**FINED, suspension_days=15)
    assert change.stood is not None
    assert change.stood.standing.status is Status.SUSPENDED
    appealed = does(change.case, Act.APPEAL, BY[Office.OPERATOR], change.stood.standing).case

    upheld = does(appealed, Act.UPHOLD_APPEAL, BY[Office.STATE], change.stood.standing)
    dismissed = does(appealed, Act.DISMISS_APPEAL, BY[Office.STATE], change.stood.standing)

    assert upheld.case.overturned
    assert (upheld.penalty, upheld.stood and upheld.stood.standing.status) == (None, Status.ACTIVE)
    assert dismissed.penalty is not None
    assert dismissed.stood is None


def test_after_the_days_of_an_appeal_it_is_too_late() -> None:
    with pytest.raises(TooLate):
        does(decided(Outcome.WARNED).case, Act.APPEAL, BY[Office.OPERATOR], days=RULES.appeal_days + 1)


def test_a_suspension_at_once_ends_by_itself_unless_another_person_confirms_it_and_is_not_repeated() -> None:
    by = BY[Office.DISTRICT]
    change = does(a_case(), Act.SUSPEND_AT_ONCE, by)
    assert change.stood is not None
    standing = change.stood.standing
    with pytest.raises(SamePerson):
        does(change.case, Act.CONFIRM_SUSPENSION, by, standing)

    confirmed = does(change.case, Act.CONFIRM_SUSPENSION, SECOND, standing)
    ended = does(change.case, Act.END_SUSPENSION, BY_ITSELF, standing, days=RULES.confirm_days + 1)

    assert confirmed.stood is not None
    assert confirmed.stood.standing.suspension is not None
    assert confirmed.stood.standing.suspension.until == AT + timedelta(days=RULES.interim_days)
    assert ended.stood is not None
    assert (ended.stood.standing.status, ended.stood.reason) == (Status.ACTIVE, "not-confirmed")
    with pytest.raises(NotNow):
        does(change.case, Act.CONFIRM_SUSPENSION, SECOND, standing, days=RULES.confirm_days + 1)
    with pytest.raises(NotNow):
        does(ended.case, Act.SUSPEND_AT_ONCE, by, ended.stood.standing, days=RULES.confirm_days + 2)


def test_a_decision_without_a_suspension_ends_the_one_at_once() -> None:
    change = does(heard(), Act.SUSPEND_AT_ONCE, BY[Office.DISTRICT])
    assert change.stood is not None

    for outcome in (Outcome.DISMISSED, Outcome.WARNED):
        decision = a_decision(outcome, SECOND)
        ended = does(change.case, Act.DECIDE, SECOND, change.stood.standing, decision=decision)
        assert ended.stood is not None
        assert (ended.stood.standing.status, ended.stood.reason) == (Status.ACTIVE, "case-decided")


def test_a_suspension_of_another_case_is_neither_ended_nor_replaced() -> None:
    other = Suspension(
        case_id="ccs_other", kind=SuspensionKind.DECIDED, by_person=None, since=AT, until=AT + timedelta(days=9)
    )
    standing = replace(STANDS, status=Status.SUSPENDED, suspension=other)

    decision = a_decision(Outcome.PUNISHED, SECOND, suspension_days=15)
    with pytest.raises(SuspendedInAnother):
        does(heard(), Act.DECIDE, SECOND, standing, decision=decision)
    fined = does(heard(), Act.DECIDE, SECOND, standing, decision=a_decision(Outcome.PUNISHED, SECOND, **FINED))
    assert fined.stood is None


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ACTIVE])
def test_a_centre_that_does_not_trade_is_not_suspended_or_it_would_trade_afterwards(status: Status) -> None:
    standing = replace(STANDS, status=status)

    by_15_days = a_decision(Outcome.PUNISHED, SECOND, suspension_days=15)
    with pytest.raises(NotTrading):
        does(heard(), Act.DECIDE, SECOND, standing, decision=by_15_days)
    closing = does(heard(), Act.DECIDE, SECOND, standing, decision=a_decision(Outcome.CLOSED, SECOND, order="Order"))
    closed = does(closing.case, Act.ACCEPT, BY[Office.OPERATOR], standing)
    assert closing.stood is None
    assert (closed.stood and closed.stood.standing.status) == (None if status is Status.CLOSED else Status.CLOSED)


def test_a_closure_suspends_until_it_is_final_and_is_carried_out_then() -> None:
    change = decided(Outcome.CLOSED, order="Order of the department")
    assert change.stood is not None
    standing = change.stood.standing
    assert (standing.status, standing.suspension and standing.suspension.until) == (
        Status.SUSPENDED,
        change.case.appeal_until,
    )

    closed = does(change.case, Act.BECOME_FINAL, BY_ITSELF, standing, days=RULES.appeal_days + 1)

    assert closed.stood is not None
    assert (closed.stood.standing.status, closed.stood.standing.suspension) == (Status.CLOSED, None)


def test_every_act_is_its_offices_alone() -> None:
    change = does(a_case(), Act.SUSPEND_AT_ONCE, BY[Office.DISTRICT])
    assert change.stood is not None
    cases = (
        (a_case(), STANDS),
        (change.case, change.stood.standing),
        (heard(), STANDS),
        (decided().case, STANDS),
        (does(decided().case, Act.APPEAL, BY[Office.OPERATOR]).case, STANDS),
    )
    for (case, standing), act, office in product(cases, Act, Office):
        offices = allowed(case, standing, AT).get(act)
        if offices is not None and office not in offices:
            with pytest.raises(NotYours):
                does(case, act, BY[office], standing)
        elif offices is None:
            with pytest.raises((NotNow, TooLate)):
                does(case, act, BY[office], standing)
