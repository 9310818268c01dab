"""The refund saga through every answer, and how a refund is shared out among those who were paid."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import NOW, PACE, a_payment

from billing.application.refunds.request_refund import new_refund
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.answers import Answer, Call, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.payment import IllegalMove
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import (
    FEES_BACK,
    REASONS,
    Destination,
    Refund,
    RefundState,
    destinations,
    refund_entry_id,
    same_business_day,
    shares,
)
from billing.domain.refunds.saga import RefundAsk, RefundChange, RefundDecision, refund_ask_first, refund_ask_next

PAID = a_payment(mode="CARD")
LATER = NOW + timedelta(seconds=10)
WAITS = [Outcome.PENDING, Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.NEVER_SEEN]


def a_refund(destination: Destination = Destination.SOURCE, cause: str | None = None) -> Refund:
    refund = new_refund(
        PAID, refund_id="rfd_1", client_id="cli_1", paise=500, destination=destination, reason="paid-twice",
        request_id="req_1", at=NOW, pace=PACE, cause=cause,
    )  # fmt: skip
    return replace(refund, debits=(Leg("biller:JVVNL", 500),))


def decided(refund: Refund, outcome: Outcome, ask: RefundAsk = RefundAsk.REFUND, **changes: object) -> RefundChange:
    answer = Answer(outcome, reference="ref_1" if outcome is Outcome.SUCCESS else "", reason="closed")
    at = changes.get("at", LATER)
    attempt = changes.get("attempt", Attempt.FIRST)
    return RefundDecision(refund, attempt, ask, answer, PACE, at, "evt_1").change()  # type: ignore[arg-type]


def test_success_ends_it_with_its_entry_and_its_event() -> None:
    change = decided(a_refund(), Outcome.SUCCESS)
    assert (change.refund.state, change.refund.reference, change.refund.resume_at) == (
        RefundState.REFUNDED,
        "ref_1",
        None,
    )
    assert change.event_id == "evt_1"
    assert change.entry is not None
    assert change.entry.legs == (Leg("biller:JVVNL", -500), Leg("psp:clearing", 500))


def test_a_refusal_releases_what_was_reserved_and_is_peoples_where_nobody_waits_for_the_answer() -> None:
    asked, automatic = decided(a_refund(), Outcome.REFUSED), decided(a_refund(cause="x"), Outcome.REFUSED)
    swept = decided(a_refund(), Outcome.REFUSED, attempt=Attempt.LATER)
    doubtful = decided(a_refund().move(LATER, RefundState.UNKNOWN), Outcome.REFUSED, RefundAsk.FIND)
    for change in (asked, automatic, swept, doubtful):
        assert (change.refund.state, change.refund.refusal) == (RefundState.REFUSED, "closed")
        assert (change.released, change.entry, change.event_id) == (True, None, None)
    assert asked.opened is None
    for opened in (automatic.opened, swept.opened, doubtful.opened):
        assert opened is not None
        assert opened.kind is BreakKind.REFUND_REFUSED


@pytest.mark.parametrize("outcome", WAITS)
def test_what_is_not_known_moves_no_money_and_is_asked_again(outcome: Outcome) -> None:
    change = decided(a_refund(), outcome)
    assert change.refund.state is (RefundState.REQUESTED if outcome is Outcome.NOT_SENT else RefundState.UNKNOWN)
    assert (change.entry, change.released, change.event_id) == (None, False, None)
    assert change.refund.resume_at == LATER + PACE.first_inquiry


@pytest.mark.parametrize("outcome", WAITS)
def test_after_the_deadline_people_have_it_and_it_is_still_asked_about(outcome: Outcome) -> None:
    late = NOW + PACE.deadline
    change = decided(a_refund(), outcome, at=late)
    assert change.refund.state is RefundState.MANUAL
    assert change.refund.resume_at == late + timedelta(hours=1)
    assert change.opened is not None
    assert (change.opened.kind, change.opened.refund_id) == (BreakKind.REFUND_UNRESOLVED, "rfd_1")

    again = decided(change.refund, outcome, RefundAsk.FIND, at=late)
    assert (again.refund.state, again.opened) == (RefundState.MANUAL, None)
    done = decided(change.refund, Outcome.SUCCESS, RefundAsk.FIND, at=late)
    assert done.refund.state is RefundState.REFUNDED
    assert done.resolved is not None


def test_whoever_gets_a_refund_to_look_at_knows_which_since_when_until_when_and_why() -> None:
    late = NOW + PACE.deadline

    unresolved = decided(a_refund(), Outcome.PENDING, RefundAsk.FIND, at=late).opened
    refused = decided(a_refund(cause="x"), Outcome.REFUSED).opened

    assert unresolved == Break(
        "pay_1",
        BreakKind.REFUND_UNRESOLVED,
        "no final answer by the deadline: PENDING",
        opened_at=late,
        due_at=late + PACE.deadline,
        refund_id="rfd_1",
    )
    assert refused == Break(
        "pay_1",
        BreakKind.REFUND_REFUSED,
        "refund refused: closed",
        opened_at=LATER,
        due_at=LATER + PACE.deadline,
        refund_id="rfd_1",
    )


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.REFUSED])
def test_an_answer_that_comes_late_ends_the_break_and_says_what_was_answered(outcome: Outcome) -> None:
    manual = a_refund().move(NOW, RefundState.MANUAL)

    assert decided(manual, outcome, RefundAsk.FIND).resolved == Resolution(
        BreakKind.REFUND_UNRESOLVED, LATER, f"inquiry: {outcome}", refund_id="rfd_1"
    )
    assert decided(a_refund(), outcome).resolved is None


def test_each_question_that_went_unanswered_is_counted_and_the_next_waits_longer() -> None:
    first = decided(a_refund(), Outcome.UNKNOWN).refund
    second = decided(first, Outcome.PENDING, RefundAsk.FIND).refund

    assert (first.attempts, first.resume_at, first.unsent) == (1, LATER + PACE.first_inquiry, False)
    assert (second.attempts, second.resume_at, second.version) == (2, LATER + 2 * PACE.first_inquiry, first.version)
    assert (first.history[-1].at, second.history) == (LATER, first.history)


def test_what_people_have_is_asked_about_every_hour_and_is_theirs_from_the_deadline_on() -> None:
    late = NOW + PACE.deadline
    manual = decided(a_refund(), Outcome.PENDING, RefundAsk.FIND, at=late).refund
    again = decided(manual, Outcome.PENDING, RefundAsk.FIND, at=late + timedelta(hours=1)).refund

    assert (manual.history[-1].at, manual.resume_at) == (late, late + timedelta(hours=1))
    assert again == replace(manual, resume_at=late + timedelta(hours=2))


def test_a_move_says_which_question_led_to_it_and_how_many_came_before() -> None:
    asked = replace(a_refund().move(NOW, RefundState.UNKNOWN), attempts=3)

    done = decided(asked, Outcome.SUCCESS, RefundAsk.FIND).refund
    by_wallet = decided(a_refund(Destination.WALLET), Outcome.SUCCESS, RefundAsk.NOBODY).refund

    assert [move.call for move in done.history] == [None, None, Call("find", Outcome.SUCCESS, 3)]
    assert [move.call for move in by_wallet.history] == [None, None]


def test_a_bill_is_open_again_when_all_is_given_back_unless_it_was_a_fee() -> None:
    assert all(replace(a_refund(), reason=reason).frees_the_bill for reason in REASONS)
    assert not any(replace(a_refund(), reason=reason).frees_the_bill for reason in FEES_BACK)


def test_a_refund_is_known_to_the_provider_and_the_ledger_by_one_name_and_its_entry_says_whose_it_is() -> None:
    to_wallet = replace(a_refund(Destination.WALLET), kiosk_id="ksk_1")
    no_centre = a_refund(Destination.WALLET)

    assert to_wallet.provider_request_id == refund_entry_id("rfd_1") == "rfd_1:refund"
    assert to_wallet.entry(LATER) == JournalEntry(
        "rfd_1:refund",
        Kind.REFUND,
        LATER,
        (Leg("biller:JVVNL", -500), Leg("wallet:ksk_1", 500)),
        payment_id="pay_1",
        kiosk_id="ksk_1",
    )
    assert no_centre.entry(LATER).legs[-1] == Leg("psp:clearing", 500)


def test_a_move_that_there_is_not_says_of_which_refund() -> None:
    with pytest.raises(IllegalMove, match=r"^rfd_1: UNKNOWN → REQUESTED$"):
        a_refund().move(NOW, RefundState.UNKNOWN).move(LATER, RefundState.REQUESTED)


def test_two_legs_of_one_account_give_back_together() -> None:
    credits = (Leg("a", 60), Leg("b", 40), Leg("a", 20))

    assert shares(credits, (), 60) == (Leg("a", 40), Leg("b", 20))
    assert shares(credits, (Leg("b", 20), Leg("a", 30), Leg("a", 10)), 60) == (Leg("a", 40), Leg("b", 20))
    for paise in (0, -1, 61):
        with pytest.raises(ValueError, match=f"^{paise} of 60 paise cannot be given back$"):
            shares(credits, (Leg("a", 60),), paise)


def test_only_what_certainly_never_left_is_sent_without_an_inquiry() -> None:
    refund = a_refund()
    assert refund_ask_first(refund, Attempt.FIRST) is RefundAsk.REFUND
    assert refund_ask_first(refund, Attempt.LATER) is RefundAsk.FIND
    unsent = decided(refund, Outcome.NOT_SENT).refund
    assert refund_ask_first(unsent, Attempt.LATER) is RefundAsk.REFUND
    maybe_sent = decided(refund, Outcome.NOT_SENT, attempt=Attempt.LATER).refund
    assert refund_ask_first(maybe_sent, Attempt.LATER) is RefundAsk.FIND
    unknown = decided(refund, Outcome.UNKNOWN).refund
    assert refund_ask_first(unknown, Attempt.FIRST) is RefundAsk.FIND


def test_what_the_provider_never_saw_is_sent_again_and_nothing_else_is() -> None:
    for outcome in Outcome:
        expected = RefundAsk.REFUND if outcome is Outcome.NEVER_SEEN else None
        assert refund_ask_next(RefundAsk.FIND, Answer(outcome)) is expected
        assert refund_ask_next(RefundAsk.REFUND, Answer(outcome)) is None


def test_a_wallet_is_our_own_and_an_end_is_an_end() -> None:
    assert refund_ask_first(a_refund(Destination.WALLET), Attempt.LATER) is RefundAsk.NOBODY
    done = decided(a_refund(), Outcome.SUCCESS).refund
    assert refund_ask_first(done, Attempt.LATER) is None
    with pytest.raises(IllegalMove):
        done.move(LATER, RefundState.REFUSED)


def test_money_goes_where_it_came_from_or_to_the_centre_that_took_it() -> None:
    assert destinations(a_payment()) == (Destination.WALLET,)
    assert destinations(PAID) == (Destination.SOURCE,)
    assert destinations(replace(PAID, kiosk_id="ksk_1")) == (Destination.SOURCE, Destination.WALLET)


def test_the_business_day_is_indias() -> None:
    completed = a_payment().posted(NOW.replace(hour=18, minute=29, second=59), "ref", resume_at=NOW)
    assert not same_business_day(a_payment(), NOW)
    assert same_business_day(completed, NOW.replace(hour=18, minute=29, second=59, microsecond=999_999))
    assert not same_business_day(completed, NOW.replace(hour=18, minute=30))


@given(
    st.lists(st.integers(-500, 5_000), min_size=1, max_size=5).filter(lambda got: sum(got) > 0),
    st.lists(st.integers(1, 3_000), max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_shares_are_exact_and_in_the_end_all_give_back_what_they_got(
    got: list[int], parts: list[int], refused: set[int]
) -> None:
    credits = tuple(Leg(f"head:{number}", paise) for number, paise in enumerate(got))
    given_back: list[Leg] = []
    left = sum(got)
    for number, part in enumerate(parts):
        paise = min(part, left)
        if paise == 0:
            break
        debits = shares(credits, given_back, paise)
        assert sum(leg.paise for leg in debits) == paise
        if number not in refused:  # What is refused stands no longer.
            given_back += debits
            left -= paise
    if left:
        given_back += shares(credits, given_back, left)
    with pytest.raises(ValueError, match="cannot be given back"):
        shares(credits, given_back, 1)
    for leg in credits:
        assert sum(back.paise for back in given_back if back.account == leg.account) == leg.paise


@given(
    st.lists(st.integers(0, 5_000), min_size=1, max_size=5).filter(lambda got: sum(got) > 0),
    st.lists(st.integers(1, 400), max_size=12),
    st.sets(st.integers(0, 11)),
)
def test_nobody_is_paid_by_a_refund_nor_gives_back_more_than_is_left_to_them(
    got: list[int], parts: list[int], refused: set[int]
) -> None:
    credits = tuple(Leg(f"head:{number}", paise) for number, paise in enumerate(got))
    earlier: list[Leg] = []
    for number, part in enumerate(parts):
        if part > sum(got) - sum(leg.paise for leg in earlier):
            continue
        debits = shares(credits, earlier, part)
        for leg in debits:
            had = got[int(leg.account.removeprefix("head:"))]
            assert 0 < leg.paise <= had - sum(back.paise for back in earlier if back.account == leg.account)
        if number not in refused:
            earlier += debits


def test_a_paisa_is_given_back_by_one_of_those_who_were_paid() -> None:
    credits = (Leg("biller:JVVNL", 40), Leg("revenue:suspense", 30), Leg("revenue:tax", 30))
    earlier: list[Leg] = []
    for _ in range(100):
        (debit,) = shares(credits, earlier, 1)
        assert debit.paise == 1
        earlier.append(debit)
    with pytest.raises(ValueError, match="cannot be given back"):
        shares(credits, earlier, 1)
