"""Every answer to every question, and the whole change that follows: nothing of it by the code that is tested."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_payment

from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.answers import Answer, Call, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.payment import Failure, Move, Payment, State
from billing.domain.payments.receipts import Receipt
from billing.domain.payments.saga import Ask, Attempt, Change, Decision, ask_first, ask_next

AT = NOW + timedelta(minutes=1)
LATE = NOW + PACE.deadline
HOUR = timedelta(hours=1)
CREDITS = (Leg("biller:JVVNL", 152_500), Leg("revenue:kiosk", 500))
# Each was asked about three times, without reaching the other side, and has told two events.
WORKED_ON: dict[str, Any] = {"attempts": 3, "unsent": True, "events_told": 2}
WALLET = a_payment(service_charge_paise=500, credits=CREDITS, **WORKED_ON)
CARD = a_payment(mode="CARD", service_charge_paise=500, credits=CREDITS, **WORKED_ON)
UNSEEN = Failure("expired", "It could not be delivered in time and was never seen by the other side.", True)
REFUSED_BY_BILLER = Failure("biller-refused", "why", True)
DECLINED = Failure("authorisation-declined", "why", True)


def moved(payment: Payment, *states: State, at: datetime = AT, **changes: Any) -> Payment:
    """The payment in the last of `states`, with attempts that start again unless `changes` say otherwise."""
    return replace(
        payment,
        **({"attempts": 0, "unsent": False} | changes),
        state=states[-1],
        version=payment.version + len(states),
        history=(*payment.history, *(Move(state, at) for state in states)),
    )


def told(payment: Payment) -> Payment:
    return replace(payment, events_told=payment.events_told + 1)


def waiting(payment: Payment, *, unsent: bool = False, attempts: int = 4) -> Payment:
    """The payment after one more attempt; its fourth wait is eight times the first."""
    return replace(payment, attempts=attempts, unsent=unsent, resume_at=AT + 8 * PACE.first_inquiry)


def entry(kind: Kind, *legs: tuple[str, int], payment: Payment = WALLET, resolves: str | None = None) -> JournalEntry:
    return JournalEntry(
        f"pay_1:{kind.value}", kind, AT, tuple(Leg(*leg) for leg in legs), "pay_1", payment.kiosk_id, resolves
    )


def opened(kind: BreakKind, detail: str, at: datetime = AT) -> Break:
    return Break("pay_1", kind, detail, opened_at=at, due_at=at + PACE.deadline)


def answered(outcome: Outcome, at: datetime = AT) -> Resolution:
    return Resolution(BreakKind.UNRESOLVED, at, f"inquiry: {outcome.value}")


AUTHORISED = moved(CARD, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1", **WORKED_ON)
AUTH_UNKNOWN = moved(CARD, State.AUTH_UNKNOWN, **WORKED_ON)
POST_UNKNOWN = moved(WALLET, State.POST_UNKNOWN, **WORKED_ON)
POSTED = moved(AUTHORISED, State.POSTED, biller_reference="ref", **WORKED_ON)
POST_FAILED = moved(AUTHORISED, State.POST_FAILED, failure=REFUSED_BY_BILLER, **WORKED_ON)
POST_EXPIRED = replace(POST_FAILED, failure=UNSEEN)
RECEIPT = Receipt("EM-2627-PAY_1", AT)

HELD = f"wallet-held:{KIOSK}"
WALLET_POST = entry(
    Kind.POST, (HELD, -153_000), ("biller:JVVNL", 152_500), ("revenue:kiosk", 500), resolves="pay_1:hold"
)
WALLET_VOID = entry(Kind.VOID, (HELD, -153_000), (f"wallet:{KIOSK}", 153_000), resolves="pay_1:hold")
CARD_HOLD = entry(Kind.HOLD, ("psp:authorised", -153_000), ("psp:held", 153_000), payment=CARD)
CARD_POST = entry(
    *(Kind.POST, ("psp:held", -153_000), ("biller:JVVNL", 152_500), ("revenue:kiosk", 500)),
    payment=CARD,
    resolves="pay_1:hold",
)
CARD_VOID = entry(Kind.VOID, ("psp:held", -153_000), ("psp:authorised", 153_000), payment=CARD, resolves="pay_1:hold")
CAPTURED = entry(Kind.CAPTURE, ("psp:clearing", -153_000), ("psp:authorised", 153_000), payment=CARD)

GIVEN_BACK = moved(WALLET, State.POST_FAILED, State.VOIDED, at=NOW, failure=UNSEEN, **WORKED_ON)
REFUSED = replace(GIVEN_BACK, failure=REFUSED_BY_BILLER)
# It was voided twenty minutes after the biller had not seen it.
GIVEN_BACK_LATER = moved(POST_EXPIRED, State.VOIDED, at=AT + timedelta(minutes=20), **WORKED_ON)
AUTH_FAILED = moved(CARD, State.AUTH_FAILED, at=NOW, failure=UNSEEN, **WORKED_ON)


def manual(payment: Payment, at: datetime = NOW) -> Payment:
    return moved(payment, State.MANUAL, at=at, resume_at=NOW, **WORKED_ON)


def decided(
    payment: Payment, ask: Ask, outcome: Outcome, attempt: Attempt = Attempt.LATER, at: datetime = AT
) -> Change:
    answer = Answer(outcome, "aut_1" if ask in (Ask.AUTHORISE, Ask.FIND_AUTHORISATION) else "ref", "why")
    change = Decision(payment, attempt, ask, answer, PACE, at, "evt_1").change()
    # Whatever the move is, the first line of it says which call led to it. The rest is compared without that.
    before, lines = len(payment.history), change.payment.history
    call = None if ask is Ask.NOBODY else Call(ask, outcome, payment.attempts)
    assert [move.call for move in lines[before:]] == [call, *[None] * len(lines)][: len(lines) - before]
    return replace(change, payment=replace(change.payment, history=tuple(replace(move, call=None) for move in lines)))


@pytest.mark.parametrize(
    ("payment", "ask", "outcome", "change"),
    [
        (CARD, Ask.AUTHORISE, Outcome.SUCCESS, Change(
            moved(CARD, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1", resume_at=AT + PACE.grace),
            [CARD_HOLD])),
        (AUTH_UNKNOWN, Ask.FIND_AUTHORISATION, Outcome.REFUSED, Change(
            told(moved(AUTH_UNKNOWN, State.AUTH_FAILED, failure=DECLINED, resume_at=None)), (), "evt_1")),
        (AUTH_UNKNOWN, Ask.FIND_AUTHORISATION, Outcome.NEVER_SEEN, Change(
            told(moved(AUTH_UNKNOWN, State.AUTH_FAILED, failure=UNSEEN, resume_at=AT + PACE.give_up_unsent)),
            (), "evt_1")),
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.SUCCESS, Change(
            told(moved(POST_UNKNOWN, State.POSTED, State.COMPLETED,
                       biller_reference="ref", receipt=RECEIPT, resume_at=None)),
            [WALLET_POST], "evt_1")),
        (AUTHORISED, Ask.PAY, Outcome.SUCCESS, Change(
            moved(AUTHORISED, State.POSTED, biller_reference="ref", resume_at=AT + PACE.grace), [CARD_POST])),
        (WALLET, Ask.PAY, Outcome.REFUSED, Change(
            told(moved(WALLET, State.POST_FAILED, State.VOIDED, failure=REFUSED_BY_BILLER, resume_at=None)),
            [WALLET_VOID], "evt_1")),
        (AUTHORISED, Ask.PAY, Outcome.REFUSED, Change(
            moved(AUTHORISED, State.POST_FAILED, failure=REFUSED_BY_BILLER, resume_at=AT + PACE.grace))),
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.NEVER_SEEN, Change(
            told(moved(POST_UNKNOWN, State.POST_FAILED, State.VOIDED,
                       failure=UNSEEN, resume_at=AT + PACE.give_up_unsent)),
            [WALLET_VOID], "evt_1")),
        (POSTED, Ask.CAPTURE, Outcome.SUCCESS, Change(
            told(moved(POSTED, State.COMPLETED, receipt=RECEIPT, resume_at=None)), [CAPTURED], "evt_1")),
        (POSTED, Ask.CAPTURE, Outcome.REFUSED, Change(
            moved(POSTED, State.MANUAL, resume_at=None),
            opened=opened(BreakKind.CAPTURE_REFUSED, "capture refused: why"))),
        (POST_FAILED, Ask.VOID, Outcome.SUCCESS, Change(
            told(moved(POST_FAILED, State.VOIDED, resume_at=None)), [CARD_VOID], "evt_1")),
        (POST_EXPIRED, Ask.VOID, Outcome.SUCCESS, Change(
            told(moved(POST_EXPIRED, State.VOIDED, resume_at=AT + PACE.give_up_unsent)), [CARD_VOID], "evt_1")),
        (POST_FAILED, Ask.VOID, Outcome.REFUSED, Change(
            moved(POST_FAILED, State.MANUAL, resume_at=None),
            opened=opened(BreakKind.VOID_REFUSED, "void refused: why"))),
    ],
)  # fmt: skip
def test_an_answer_that_settles_something_moves_the_payment_and_the_money_together(
    payment: Payment, ask: Ask, outcome: Outcome, change: Change
) -> None:
    assert decided(payment, ask, outcome) == change


@pytest.mark.parametrize(
    ("payment", "ask", "outcome", "attempt", "after"),
    [
        (CARD, Ask.AUTHORISE, Outcome.UNKNOWN, Attempt.FIRST,
            moved(CARD, State.AUTH_UNKNOWN, attempts=4, resume_at=AT + 8 * PACE.first_inquiry)),
        (WALLET, Ask.PAY, Outcome.PENDING, Attempt.FIRST,
            moved(WALLET, State.POST_UNKNOWN, attempts=4, resume_at=AT + 8 * PACE.first_inquiry)),
        (WALLET, Ask.INQUIRE, Outcome.NOT_SENT, Attempt.LATER,
            moved(WALLET, State.POST_UNKNOWN, attempts=4, resume_at=AT + 8 * PACE.first_inquiry)),
        (WALLET, Ask.PAY, Outcome.NOT_SENT, Attempt.LATER, waiting(WALLET, unsent=True)),
        (replace(WALLET, unsent=False), Ask.PAY, Outcome.NOT_SENT, Attempt.FIRST, waiting(WALLET, unsent=True)),
        (replace(WALLET, unsent=False), Ask.PAY, Outcome.NOT_SENT, Attempt.LATER, waiting(WALLET)),
        (CARD, Ask.AUTHORISE, Outcome.NOT_SENT, Attempt.LATER, waiting(CARD, unsent=True)),
        (AUTH_UNKNOWN, Ask.FIND_AUTHORISATION, Outcome.UNKNOWN, Attempt.LATER, waiting(AUTH_UNKNOWN)),
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.UNKNOWN, Attempt.LATER, waiting(POST_UNKNOWN)),
        (POSTED, Ask.CAPTURE, Outcome.UNKNOWN, Attempt.LATER, waiting(POSTED)),
        (POST_FAILED, Ask.VOID, Outcome.PENDING, Attempt.LATER, waiting(POST_FAILED)),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.UNKNOWN, Attempt.LATER, waiting(GIVEN_BACK)),
        (AUTH_FAILED, Ask.FIND_AUTHORISATION, Outcome.PENDING, Attempt.LATER, waiting(AUTH_FAILED)),
        (AUTH_FAILED, Ask.VOID, Outcome.UNKNOWN, Attempt.LATER, waiting(AUTH_FAILED)),
    ],
)  # fmt: skip
def test_an_answer_that_settles_nothing_is_waited_for_longer_each_time_and_says_whether_anything_left(
    payment: Payment, ask: Ask, outcome: Outcome, attempt: Attempt, after: Payment
) -> None:
    assert decided(payment, ask, outcome, attempt) == Change(after)


@pytest.mark.parametrize(
    ("payment", "ask"),
    [
        (AUTH_UNKNOWN, Ask.FIND_AUTHORISATION),
        (POST_UNKNOWN, Ask.INQUIRE),
        (WALLET, Ask.PAY),
        (POSTED, Ask.CAPTURE),
        (POST_FAILED, Ask.VOID),
    ],
)
def test_at_the_deadline_people_take_over_what_is_in_doubt_and_it_is_still_asked_about_every_hour(
    payment: Payment, ask: Ask
) -> None:
    assert decided(payment, ask, Outcome.UNKNOWN, at=LATE) == Change(
        moved(payment, State.MANUAL, at=LATE, resume_at=LATE + HOUR),
        opened=opened(BreakKind.UNRESOLVED, "no final answer by the deadline: UNKNOWN", LATE),
    )


@pytest.mark.parametrize(
    ("payment", "ask", "outcome", "at", "resume_at", "break_"),
    [
        (GIVEN_BACK, Ask.INQUIRE, Outcome.SUCCESS, AT, None,
            (BreakKind.LATE_SUCCESS, "the biller took it after it was given back")),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.REFUSED, AT, None, None),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.NEVER_SEEN, AT, AT + PACE.give_up_unsent, None),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.NEVER_SEEN, NOW + HOUR, NOW + 2 * HOUR, None),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.NEVER_SEEN, LATE, None, None),
        (GIVEN_BACK_LATER, Ask.INQUIRE, Outcome.NEVER_SEEN, AT + HOUR, AT + 2 * HOUR - timedelta(minutes=20), None),
        (REFUSED, Ask.INQUIRE, Outcome.NEVER_SEEN, AT, None, None),
        (AUTH_FAILED, Ask.FIND_AUTHORISATION, Outcome.NEVER_SEEN, AT, AT + PACE.give_up_unsent, None),
        (AUTH_FAILED, Ask.VOID, Outcome.SUCCESS, AT, None, None),
        (AUTH_FAILED, Ask.VOID, Outcome.REFUSED, AT, None, (BreakKind.VOID_REFUSED, "void refused: why")),
    ],
)  # fmt: skip
def test_a_look_back_that_learns_something_resolves_the_doubt(
    payment: Payment, ask: Ask, outcome: Outcome, at: datetime, resume_at: datetime | None, break_: Any
) -> None:
    change = decided(payment, ask, outcome, at=at)

    assert (change.payment.state, change.payment.version) == (payment.state, payment.version)
    assert change.payment.resume_at == resume_at
    assert change.opened == (opened(break_[0], break_[1], at) if break_ else None)
    assert change.resolved == answered(outcome, at)
    assert (change.entries, change.event_id) == ((), None)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NEVER_SEEN])
def test_after_an_answer_the_next_doubt_is_waited_for_as_briefly_as_the_first(outcome: Outcome) -> None:
    assert decided(GIVEN_BACK, Ask.INQUIRE, outcome).payment.attempts == 0


def test_a_look_back_without_an_answer_at_the_deadline_is_handed_to_people() -> None:
    detail = "given back, and no final answer by the deadline"

    assert decided(GIVEN_BACK, Ask.INQUIRE, Outcome.UNKNOWN, at=LATE) == Change(
        replace(GIVEN_BACK, resume_at=LATE + HOUR), opened=opened(BreakKind.UNRESOLVED, detail, LATE)
    )


IN_DOUBT, UNCAPTURED, UNVOIDED, UNAUTHORISED = (
    manual(payment) for payment in (POST_UNKNOWN, POSTED, POST_FAILED, AUTH_UNKNOWN)
)


@pytest.mark.parametrize(
    ("payment", "ask", "outcome", "change"),
    [
        (IN_DOUBT, Ask.INQUIRE, Outcome.SUCCESS, Change(
            told(moved(IN_DOUBT, State.POSTED, State.COMPLETED,
                       biller_reference="ref", receipt=RECEIPT, resume_at=None)),
            [WALLET_POST], "evt_1")),
        (UNCAPTURED, Ask.CAPTURE, Outcome.SUCCESS, Change(
            told(moved(UNCAPTURED, State.COMPLETED, receipt=RECEIPT, resume_at=None)), [CAPTURED], "evt_1")),
        (UNCAPTURED, Ask.CAPTURE, Outcome.REFUSED, Change(
            replace(UNCAPTURED, resume_at=None), opened=opened(BreakKind.CAPTURE_REFUSED, "capture refused: why"))),
        (UNVOIDED, Ask.VOID, Outcome.SUCCESS, Change(
            told(moved(UNVOIDED, State.VOIDED, resume_at=None)), [CARD_VOID], "evt_1")),
        (UNAUTHORISED, Ask.FIND_AUTHORISATION, Outcome.REFUSED, Change(
            told(moved(UNAUTHORISED, State.AUTH_FAILED, failure=DECLINED, resume_at=None)), (), "evt_1")),
        (UNAUTHORISED, Ask.FIND_AUTHORISATION, Outcome.SUCCESS, Change(
            told(moved(UNAUTHORISED, State.AUTH_FAILED, failure=UNSEEN, resume_at=AT)), (), "evt_1")),
        (UNAUTHORISED, Ask.FIND_AUTHORISATION, Outcome.NEVER_SEEN, Change(
            told(moved(UNAUTHORISED, State.AUTH_FAILED, failure=UNSEEN, resume_at=AT + PACE.give_up_unsent)),
            (), "evt_1")),
    ],
)  # fmt: skip
def test_what_people_have_goes_on_as_it_would_have_then_and_needs_them_no_more(
    payment: Payment, ask: Ask, outcome: Outcome, change: Change
) -> None:
    assert decided(payment, ask, outcome) == replace(change, resolved=answered(outcome))


@pytest.mark.parametrize("payment", [IN_DOUBT, UNCAPTURED, UNVOIDED, UNAUTHORISED])
def test_what_people_have_and_nobody_can_answer_is_asked_about_in_an_hour(payment: Payment) -> None:
    assert decided(payment, Ask.INQUIRE, Outcome.UNKNOWN) == Change(replace(payment, resume_at=AT + HOUR))


FRESH = replace(WALLET, unsent=False)
EXPIRED_AT = NOW + PACE.give_up_unsent


@pytest.mark.parametrize(
    ("payment", "attempt", "at", "ask"),
    [
        (FRESH, Attempt.FIRST, AT, Ask.PAY),
        (FRESH, Attempt.FIRST, EXPIRED_AT, Ask.PAY),
        (FRESH, Attempt.LATER, AT, Ask.INQUIRE),
        (WALLET, Attempt.LATER, AT, Ask.PAY),
        (WALLET, Attempt.LATER, EXPIRED_AT - timedelta(microseconds=1), Ask.PAY),
        (WALLET, Attempt.LATER, EXPIRED_AT, Ask.NOBODY),
        (replace(POST_UNKNOWN, unsent=False), Attempt.LATER, AT, Ask.INQUIRE),
        (CARD, Attempt.FIRST, AT, Ask.AUTHORISE),
        (replace(CARD, unsent=False), Attempt.LATER, AT, Ask.FIND_AUTHORISATION),
        (replace(AUTH_UNKNOWN, unsent=False), Attempt.LATER, AT, Ask.FIND_AUTHORISATION),
        (POSTED, Attempt.FIRST, AT, Ask.CAPTURE),
        (POSTED, Attempt.LATER, AT, Ask.CAPTURE),
        (POST_FAILED, Attempt.FIRST, AT, Ask.VOID),
        (GIVEN_BACK, Attempt.FIRST, AT, None),
        (GIVEN_BACK, Attempt.LATER, AT, Ask.INQUIRE),
        (AUTH_FAILED, Attempt.LATER, AT, Ask.FIND_AUTHORISATION),
        (IN_DOUBT, Attempt.FIRST, AT, None),
        (IN_DOUBT, Attempt.LATER, AT, Ask.INQUIRE),
        (UNAUTHORISED, Attempt.LATER, AT, Ask.FIND_AUTHORISATION),
        (UNCAPTURED, Attempt.LATER, AT, Ask.CAPTURE),
        (UNVOIDED, Attempt.LATER, AT, Ask.VOID),
        (moved(POSTED, State.COMPLETED), Attempt.LATER, AT, None),
    ],
)
def test_what_is_asked_first_follows_from_the_state_and_from_whether_anything_may_have_left(
    payment: Payment, attempt: Attempt, at: datetime, ask: Ask | None
) -> None:
    assert ask_first(payment, attempt, PACE, at) is ask


@pytest.mark.parametrize(
    ("payment", "asked", "outcome", "at", "ask"),
    [
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.NEVER_SEEN, AT, Ask.PAY),
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.NEVER_SEEN, EXPIRED_AT, None),
        (POST_UNKNOWN, Ask.INQUIRE, Outcome.UNKNOWN, AT, None),
        (POST_UNKNOWN, Ask.PAY, Outcome.NEVER_SEEN, AT, None),
        (AUTH_UNKNOWN, Ask.FIND_AUTHORISATION, Outcome.NEVER_SEEN, AT, Ask.AUTHORISE),
        (AUTH_FAILED, Ask.FIND_AUTHORISATION, Outcome.SUCCESS, AT, Ask.VOID),
        (AUTH_FAILED, Ask.FIND_AUTHORISATION, Outcome.NEVER_SEEN, AT, None),
        (AUTH_FAILED, Ask.VOID, Outcome.SUCCESS, AT, None),
        (GIVEN_BACK, Ask.INQUIRE, Outcome.NEVER_SEEN, AT, None),
        (GIVEN_BACK, Ask.FIND_AUTHORISATION, Outcome.SUCCESS, AT, None),
    ],
)
def test_only_what_the_other_side_never_saw_is_sent_after_an_inquiry_and_only_in_time(
    payment: Payment, asked: Ask, outcome: Outcome, at: datetime, ask: Ask | None
) -> None:
    assert ask_next(payment, asked, Answer(outcome), PACE, at) is ask
