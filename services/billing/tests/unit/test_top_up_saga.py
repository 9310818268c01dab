"""The top-up saga through every answer."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_top_up

from billing.domain.ledger.entries import Leg
from billing.domain.ledger.limits import UNSET, WalletLimits, limits_on
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.payment import IllegalMove
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.saga import TopUpAsk, TopUpChange, TopUpDecision, top_up_ask_first, top_up_ask_next
from billing.domain.top_ups.top_up import TopUp, TopUpState, top_up_entry_id

LATER = NOW + timedelta(seconds=10)
TOO_LATE = NOW + PACE.give_up_unsent
DEADLINE = NOW + PACE.deadline
WAITS = [Outcome.PENDING, Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.NEVER_SEEN]


def decided(top_up: TopUp, outcome: Outcome, ask: TopUpAsk = TopUpAsk.CHARGE, **changes: object) -> TopUpChange:
    answer = Answer(outcome, reference="chg_1" if outcome is Outcome.SUCCESS else "", reason="no-money")
    at, attempt = changes.get("at", LATER), changes.get("attempt", Attempt.FIRST)
    return TopUpDecision(top_up, attempt, ask, answer, PACE, at, "evt_1").change()  # type: ignore[arg-type]


def test_success_credits_the_wallet_once_with_its_entry_and_its_event() -> None:
    change = decided(a_top_up(), Outcome.SUCCESS)
    assert (change.top_up.state, change.top_up.reference, change.top_up.resume_at) == (
        TopUpState.CREDITED,
        "chg_1",
        None,
    )
    assert change.event_id == "evt_1"
    assert change.entry is not None
    assert change.entry.legs == (Leg("psp:clearing", -500_000), Leg("wallet:ksk_RJ10200001", 500_000))
    assert change.entry.top_up_id == "top_1"


@pytest.mark.parametrize("ask", [TopUpAsk.CHARGE, TopUpAsk.FIND])
def test_a_refusal_ends_it_and_moves_no_money(ask: TopUpAsk) -> None:
    change = decided(a_top_up(), Outcome.REFUSED, ask)
    assert (change.top_up.state, change.top_up.refusal) == (TopUpState.REFUSED, "no-money")
    assert (change.entry, change.event_id, change.opened) == (None, None, None)


@pytest.mark.parametrize("outcome", WAITS)
def test_what_is_not_known_credits_nothing_and_is_asked_about_again(outcome: Outcome) -> None:
    change = decided(a_top_up(), outcome)
    assert change.top_up.state is (TopUpState.REQUESTED if outcome is Outcome.NOT_SENT else TopUpState.UNKNOWN)
    assert (change.entry, change.event_id) == (None, None)
    assert change.top_up.resume_at == LATER + PACE.first_inquiry


def test_who_takes_over_asks_before_anything_is_sent_again() -> None:
    top_up = a_top_up()
    assert top_up_ask_first(top_up, Attempt.FIRST, PACE, NOW) is TopUpAsk.CHARGE
    assert top_up_ask_first(top_up, Attempt.LATER, PACE, LATER) is TopUpAsk.FIND
    assert top_up_ask_first(replace(top_up, unsent=True), Attempt.LATER, PACE, LATER) is TopUpAsk.CHARGE
    ended = top_up.move(LATER, TopUpState.CREDITED)
    assert top_up_ask_first(ended, Attempt.LATER, PACE, LATER) is None


def test_what_was_never_seen_is_sent_again_while_somebody_may_wait_and_nobody_is_charged_hours_later() -> None:
    top_up, never = a_top_up(), Answer(Outcome.NEVER_SEEN)
    assert top_up_ask_next(top_up, TopUpAsk.FIND, never, PACE, LATER) is TopUpAsk.CHARGE
    assert top_up_ask_next(top_up, TopUpAsk.FIND, never, PACE, TOO_LATE) is None
    assert top_up_ask_next(top_up, TopUpAsk.FIND, Answer(Outcome.UNKNOWN), PACE, LATER) is None
    assert top_up_ask_next(top_up, TopUpAsk.CHARGE, never, PACE, LATER) is None
    # A request that is queued somewhere may still arrive: only the deadline ends the asking.
    assert decided(top_up, Outcome.NEVER_SEEN, TopUpAsk.FIND, at=TOO_LATE).top_up.state is TopUpState.UNKNOWN
    over = decided(top_up, Outcome.NEVER_SEEN, TopUpAsk.FIND, at=DEADLINE)
    assert (over.top_up.state, over.top_up.refusal) == (TopUpState.REFUSED, "expired")


def test_what_certainly_never_left_is_given_up_without_waiting_for_the_deadline() -> None:
    unsent = replace(a_top_up(), unsent=True)
    ask = top_up_ask_first(unsent, Attempt.LATER, PACE, TOO_LATE)
    assert ask is TopUpAsk.NOBODY
    change = decided(unsent, Outcome.NEVER_SEEN, ask, at=TOO_LATE, attempt=Attempt.LATER)
    assert (change.top_up.state, change.top_up.refusal) == (TopUpState.REFUSED, "expired")


def test_only_while_no_attempt_reached_the_provider_may_the_next_go_without_an_inquiry() -> None:
    first = decided(a_top_up(), Outcome.NOT_SENT).top_up
    assert first.unsent
    again = decided(first, Outcome.NOT_SENT, attempt=Attempt.LATER).top_up
    assert again.unsent
    after_an_inquiry = decided(a_top_up(), Outcome.NOT_SENT, attempt=Attempt.LATER).top_up
    assert not after_an_inquiry.unsent
    assert not decided(a_top_up(), Outcome.NOT_SENT, TopUpAsk.FIND).top_up.unsent


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.UNKNOWN, Outcome.NOT_SENT])
def test_at_the_deadline_people_have_it_with_a_break_and_an_answer_still_ends_both(outcome: Outcome) -> None:
    change = decided(a_top_up(), outcome, TopUpAsk.FIND, at=DEADLINE)
    assert change.top_up.state is TopUpState.MANUAL
    assert change.opened is not None
    assert (change.opened.kind, change.opened.top_up_id, change.opened.payment_id) == (
        BreakKind.TOP_UP_UNRESOLVED,
        "top_1",
        None,
    )
    waits = decided(change.top_up, outcome, TopUpAsk.FIND, at=DEADLINE + timedelta(hours=1))
    assert (waits.top_up.state, waits.opened) == (TopUpState.MANUAL, None)
    for answer, state in ((Outcome.SUCCESS, TopUpState.CREDITED), (Outcome.REFUSED, TopUpState.REFUSED)):
        late = decided(change.top_up, answer, TopUpAsk.FIND, at=DEADLINE + timedelta(hours=2))
        assert late.top_up.state is state
        assert late.resolved is not None
        assert late.resolved.top_up_id == "top_1"


def test_whoever_gets_a_top_up_to_look_at_knows_which_since_when_and_until_when() -> None:
    opened = decided(a_top_up(), Outcome.PENDING, TopUpAsk.FIND, at=DEADLINE)

    assert opened.opened == Break(
        None,
        BreakKind.TOP_UP_UNRESOLVED,
        "no final answer by the deadline: PENDING",
        opened_at=DEADLINE,
        due_at=DEADLINE + PACE.deadline,
        top_up_id="top_1",
    )
    assert (opened.top_up.history[-1].at, opened.top_up.resume_at) == (DEADLINE, DEADLINE + timedelta(hours=1))
    again = decided(opened.top_up, Outcome.PENDING, TopUpAsk.FIND, at=DEADLINE + timedelta(hours=1)).top_up
    assert again == replace(opened.top_up, resume_at=DEADLINE + timedelta(hours=2))


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.REFUSED])
def test_an_answer_that_comes_late_ends_the_break_and_says_what_was_answered(outcome: Outcome) -> None:
    manual = a_top_up().move(NOW, TopUpState.MANUAL)

    assert decided(manual, outcome, TopUpAsk.FIND).resolved == Resolution(
        BreakKind.TOP_UP_UNRESOLVED, LATER, f"inquiry: {outcome}", top_up_id="top_1"
    )
    assert decided(a_top_up(), outcome).resolved is None


def test_each_question_that_went_unanswered_is_counted_and_the_next_waits_longer() -> None:
    first = decided(a_top_up(), Outcome.UNKNOWN).top_up
    second = decided(first, Outcome.PENDING, TopUpAsk.FIND).top_up
    unsent = decided(a_top_up(), Outcome.NOT_SENT).top_up

    assert (first.attempts, first.resume_at, first.version) == (1, LATER + PACE.first_inquiry, 2)
    assert first.history[-1].at == LATER
    assert (second.attempts, second.resume_at, second.version) == (2, LATER + 2 * PACE.first_inquiry, 2)
    assert (unsent.attempts, unsent.resume_at, unsent.version) == (1, LATER + PACE.first_inquiry, 1)


def test_a_top_up_is_known_to_the_provider_and_the_ledger_by_one_name_and_a_wrong_move_names_it() -> None:
    top_up = a_top_up()

    assert top_up.provider_request_id == top_up_entry_id("top_1") == top_up.entry(NOW).entry_id == "top_1:top-up"
    assert (top_up.entry(NOW).kind, top_up.entry(NOW).at, top_up.entry(NOW).kiosk_id) == ("top-up", NOW, KIOSK)
    with pytest.raises(IllegalMove, match=r"^top_1: UNKNOWN → REQUESTED$"):
        top_up.move(NOW, TopUpState.UNKNOWN).move(NOW, TopUpState.REQUESTED)


def test_an_end_is_never_left() -> None:
    for end in (TopUpState.CREDITED, TopUpState.REFUSED):
        for state in TopUpState:
            with pytest.raises(IllegalMove):
                a_top_up().move(LATER, end).move(LATER, state)


def test_the_limits_of_a_day_are_those_of_the_latest_order_until_then() -> None:
    first, second = WalletLimits(date(2025, 4, 1), low_paise=1), WalletLimits(date(2026, 4, 1), low_paise=2)
    assert limits_on([second, first], date(2026, 3, 31)) == first
    assert limits_on([first, second], date(2026, 4, 1)) == second
    assert limits_on([first, second], date(2025, 3, 31)) == limits_on([], date(2026, 1, 1)) == UNSET
