"""Which endings there are for a break, and what each makes of its subject: what the saga makes of the same answer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.builders import NOW, PACE, a_payment, a_top_up

from billing.application.refunds.request_refund import new_refund
from billing.domain.breaks.ending import Booking, Ending, Proposal, Subject, booking_of, change_of, endings_of
from billing.domain.payments.breaks import BreakKind, Resolution
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.refunds.refund import Destination, RefundState
from billing.domain.top_ups.top_up import TopUpState

LATER = NOW + timedelta(days=2)
REFUND = new_refund(
    a_payment(mode="CARD"), refund_id="rfd_1", client_id="cli_1", paise=500, destination=Destination.SOURCE,
    reason="paid-twice", request_id="req_1", at=NOW, pace=PACE, cause="x",
)  # fmt: skip
CARD = a_payment(mode="CARD").move(NOW, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1")
POSTED = CARD.posted(NOW, "ref", resume_at=NOW).move(NOW, State.MANUAL)
FAILED = Failure("biller-refused", "no", money_returned=True)


def manual(payment: Payment) -> Subject:
    return Subject(payment=payment.move(NOW, State.MANUAL))


def ended(kind: BreakKind, subject: Subject, ending: Ending) -> Booking:
    proposal = Proposal("prp_1", ending, "REF-1" if ending is Ending.DONE else None, "F-1", "per_a", NOW, 1)
    resolution = Resolution(kind, LATER, "two people", proposal_id="prp_1", approved_by="per_b")
    change = change_of(kind, subject, proposal, PACE, LATER, "evt_1", resolution)
    assert change is None or change.resolved is resolution
    assert change is None or change.opened is None
    return booking_of(change)


@pytest.mark.parametrize(
    ("kind", "subject", "endings"),
    [
        (BreakKind.UNRESOLVED, manual(a_payment()), ["done", "not-done"]),
        (BreakKind.UNRESOLVED, manual(a_payment(mode="CARD")), ["done", "not-done"]),
        (BreakKind.CAPTURE_REFUSED, Subject(payment=POSTED), ["done"]),
        (BreakKind.VOID_REFUSED, manual(CARD.refused(NOW, FAILED, resume_at=NOW)), ["done"]),
        (BreakKind.LATE_SUCCESS, manual(a_payment()), []),
        (BreakKind.LATE_SUCCESS, Subject(payment=a_payment().refused(NOW, FAILED, resume_at=NOW)), ["close"]),
        (BreakKind.FEE_REFUSED, Subject(), ["close"]),
        (BreakKind.REFUND_REFUSED, Subject(refund=REFUND.move(NOW, RefundState.REFUSED)), ["close"]),
        (BreakKind.REFUND_UNRESOLVED, Subject(refund=REFUND.move(NOW, RefundState.MANUAL)), ["done", "not-done"]),
        (BreakKind.REFUND_UNRESOLVED, Subject(refund=REFUND.move(NOW, RefundState.REFUNDED)), []),
        (BreakKind.TOP_UP_UNRESOLVED, Subject(top_up=a_top_up().move(NOW, TopUpState.MANUAL)), ["done", "not-done"]),
        (BreakKind.TOP_UP_UNRESOLVED, Subject(top_up=a_top_up()), []),
    ],
)
def test_there_is_an_ending_for_what_people_have_and_none_for_what_goes_on(
    kind: BreakKind, subject: Subject, endings: list[str]
) -> None:
    assert list(endings_of(kind, subject)) == endings


@pytest.mark.parametrize(
    ("kind", "subject", "ending", "state", "entries"),
    [
        (BreakKind.UNRESOLVED, manual(a_payment()), Ending.DONE, "COMPLETED", ["pay_1:post"]),
        (BreakKind.UNRESOLVED, manual(a_payment()), Ending.NOT_DONE, "VOIDED", ["pay_1:void"]),
        (BreakKind.UNRESOLVED, manual(CARD), Ending.DONE, "POSTED", ["pay_1:post"]),
        (BreakKind.UNRESOLVED, manual(CARD), Ending.NOT_DONE, "POST_FAILED", []),
        (BreakKind.UNRESOLVED, manual(a_payment(mode="CARD")), Ending.NOT_DONE, "AUTH_FAILED", []),
        # Authorised too late to pay a bill with: the saga looks at it next, and voids it.
        (BreakKind.UNRESOLVED, manual(a_payment(mode="CARD")), Ending.DONE, "AUTH_FAILED", []),
        (BreakKind.CAPTURE_REFUSED, Subject(payment=POSTED), Ending.DONE, "COMPLETED", ["pay_1:capture"]),
        (
            BreakKind.VOID_REFUSED,
            manual(CARD.refused(NOW, FAILED, resume_at=NOW)),
            Ending.DONE,
            "VOIDED",
            ["pay_1:void"],
        ),
        (BreakKind.LATE_SUCCESS, Subject(payment=a_payment()), Ending.CLOSE, None, []),
    ],
)
def test_what_people_found_out_books_what_the_partners_answer_would_have(
    kind: BreakKind, subject: Subject, ending: Ending, state: str | None, entries: list[str]
) -> None:
    booking = ended(kind, subject, ending)
    assert (booking.state, [entry.entry_id for entry in booking.entries]) == (state, entries)


def test_a_refund_and_a_top_up_are_booked_likewise_and_open_no_further_break() -> None:
    refund = Subject(refund=replace(REFUND, debits=a_payment().credits[:1]).move(NOW, RefundState.MANUAL))
    refund = Subject(refund=replace(refund.refund, paise=152_500)) if refund.refund else refund
    done = ended(BreakKind.REFUND_UNRESOLVED, refund, Ending.DONE)
    assert (done.state, [entry.entry_id for entry in done.entries]) == ("REFUNDED", ["rfd_1:refund"])
    assert ended(BreakKind.REFUND_UNRESOLVED, refund, Ending.NOT_DONE) == Booking("REFUSED", ())
    top_up = Subject(top_up=a_top_up().move(NOW, TopUpState.MANUAL))
    done = ended(BreakKind.TOP_UP_UNRESOLVED, top_up, Ending.DONE)
    assert (done.state, [entry.entry_id for entry in done.entries]) == ("CREDITED", ["top_1:top-up"])
    assert ended(BreakKind.TOP_UP_UNRESOLVED, top_up, Ending.NOT_DONE) == Booking("REFUSED", ())


def test_a_subject_is_known_by_the_version_of_what_the_break_is_of() -> None:
    assert Subject().version == 0
    assert Subject(payment=a_payment()).version == 4
    assert Subject(payment=a_payment(), refund=REFUND).version == 1
