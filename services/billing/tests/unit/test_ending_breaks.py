"""How two people end a break, one rule at a time, over fakes that pass the suites of what they stand for."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_payment, a_top_up
from tests.support.fakes import FakePayments, FakeRefunds, FakeStoredBreaks, FakeTopUps

from billing.application.breaks.approve_ending import ApproveEnding, ApproveEndingHandler
from billing.application.breaks.errors import BreakEnded, BreakNotFound, ProposalChanged, SamePerson
from billing.application.breaks.propose_ending import ProposeEnding, ProposeEndingHandler
from billing.application.breaks.read_breaks import BreakReader, BreakShown
from billing.application.breaks.subjects import Subjects
from billing.application.refunds.request_refund import new_refund
from billing.domain.breaks.ending import Booking, Ending, Proposal
from billing.domain.ledger.entries import Leg
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.payment import State
from billing.domain.refunds.refund import Destination, RefundState
from billing.domain.top_ups.top_up import TopUpState
from servicekit.errors import FieldProblem, ValidationFailed

DUE = NOW + timedelta(days=1)
UNRESOLVED, LATE = "pay_1:unresolved", "pay_2:late-success"
OF_REFUND, OF_TOP_UP = "pay_3:refund-unresolved:rfd_1", "top-up-unresolved:top_1"
UNKNOWN_FEE = "pay_none:fee-refused"


@dataclass
class Desk:
    """A payment by wallet, a refund and a top-up that people have, and two breaks that are only to be closed."""

    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: 0}))
    at: datetime = NOW + timedelta(days=2)

    def __post_init__(self) -> None:
        self.refunds, self.top_ups = FakeRefunds(self.store), FakeTopUps(self.store)
        self.breaks = FakeStoredBreaks(self.store)
        completed = a_payment("pay_2").posted(NOW, "ref", resume_at=NOW)
        by_card = a_payment("pay_3", mode="CARD").move(NOW, State.AUTHORISED, State.POST_REQUESTED)
        by_card = by_card.posted(NOW, "ref", resume_at=NOW).completed(NOW)
        payments = [a_payment("pay_1").move(NOW, State.MANUAL, resume_at=DUE), completed, by_card]
        self.store.payments = {payment.payment_id: payment for payment in payments}
        refund = new_refund(
            by_card, refund_id="rfd_1", client_id="cli_1", paise=500, destination=Destination.SOURCE,
            reason="paid-twice", request_id="req_1", at=NOW, pace=PACE,
        )  # fmt: skip
        refund = replace(refund, debits=(Leg("biller:JVVNL", 500),))
        self.refunds.refunds["rfd_1"] = refund.move(NOW, RefundState.MANUAL, resume_at=DUE)
        self.top_ups.top_ups["top_1"] = a_top_up().move(NOW, TopUpState.MANUAL, resume_at=DUE)
        for subject_id, opened in {
            "pay_1": Break("pay_1", BreakKind.UNRESOLVED, "no answer", NOW, DUE),
            "pay_2": Break("pay_2", BreakKind.LATE_SUCCESS, "late", NOW, DUE),
            "rfd_1": Break("pay_3", BreakKind.REFUND_UNRESOLVED, "no answer", NOW, DUE, refund_id="rfd_1"),
            "top_1": Break(None, BreakKind.TOP_UP_UNRESOLVED, "no answer", NOW, DUE, top_up_id="top_1"),
            "pay_none": Break("pay_none", BreakKind.FEE_REFUSED, "whose?", NOW, DUE),
        }.items():
            self.store.breaks[subject_id, opened.kind] = opened

    @property
    def reader(self) -> BreakReader:
        return BreakReader(self.breaks, Subjects(self.store, self.refunds, self.top_ups), PACE)

    def propose(self, break_id: str = UNRESOLVED, ending: Ending = Ending.DONE, **changes: Any) -> BreakShown:
        """One person says what was found out."""
        command = ProposeEnding(
            break_id=break_id,
            proposal_id="prp_1",
            ending=ending,
            reference="REF-1" if ending is Ending.DONE else None,
            evidence="F-1",
            by="per_1",
            at=self.at,
        )
        return ProposeEndingHandler(self.breaks, self.reader)(replace(command, **changes))

    def approve(self, break_id: str = UNRESOLVED, proposal_id: str = "prp_1", by: str = "per_2") -> BreakShown:
        """Another person says so too."""
        handler = ApproveEndingHandler(self.breaks, self.reader, lambda: "evt_1")
        return handler(ApproveEnding(break_id, proposal_id, by, self.at))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_break_is_read_with_what_can_be_done_about_it(desk: Desk) -> None:
    shown = desk.reader.get(UNRESOLVED, desk.at)

    assert (shown.row.break_id, shown.row.is_open, shown.row.due_at) == (UNRESOLVED, True, DUE)
    assert (list(shown.endings), shown.booking) == ([Ending.DONE, Ending.NOT_DONE], None)
    with pytest.raises(BreakNotFound) as unknown:
        desk.reader.get("pay_9:unresolved", desk.at)
    assert unknown.value.detail == "There is no break with this id."


def test_breaks_are_read_page_by_page(desk: Desk) -> None:
    first = desk.reader.page(is_open=True, after=None, limit=3)
    rest = desk.reader.page(is_open=True, after=(first[-1].due_at, first[-1].break_id), limit=3)

    assert [row.break_id for row in (*first, *rest)] == sorted([UNRESOLVED, LATE, OF_REFUND, OF_TOP_UP, UNKNOWN_FEE])
    assert desk.reader.page(is_open=False, after=None, limit=3) == []


def test_a_proposal_is_shown_with_what_it_would_book_and_books_nothing(desk: Desk) -> None:
    shown = desk.propose()

    assert shown.row.proposal == Proposal("prp_1", Ending.DONE, "REF-1", "F-1", "per_1", desk.at, 5)
    assert shown.booking is not None
    assert (shown.booking.state, [entry.entry_id for entry in shown.booking.entries]) == ("COMPLETED", ["pay_1:post"])
    assert {entry.at for entry in shown.booking.entries} == {desk.at}
    assert (desk.store.journal, desk.store.payments["pay_1"].state) == ({}, State.MANUAL)


def test_the_same_proposal_again_is_the_first_one_and_another_takes_its_place(desk: Desk) -> None:
    desk.propose()

    again = desk.propose(proposal_id="prp_2", at=desk.at + timedelta(hours=1))
    assert again.row.proposal == Proposal("prp_1", Ending.DONE, "REF-1", "F-1", "per_1", desk.at, 5)

    for number, changes in enumerate(
        [{"evidence": "F-2"}, {"reference": "REF-2"}, {"by": "per_3"}, {"ending": Ending.NOT_DONE}], 3
    ):
        desk.propose()
        other = desk.propose(
            **({"proposal_id": f"prp_{number}"} | ({"reference": None} if "ending" in changes else {}) | changes)
        )
        assert other.row.proposal is not None
        assert other.row.proposal.proposal_id == f"prp_{number}"


@pytest.mark.parametrize(
    ("break_id", "ending", "possible"),
    [(UNRESOLVED, Ending.CLOSE, "done, not-done"), (LATE, Ending.DONE, "close"), (OF_TOP_UP, Ending.DONE, "")],
)
def test_an_ending_that_there_is_not_is_refused_with_those_there_are(
    desk: Desk, break_id: str, ending: Ending, possible: str
) -> None:
    if break_id == OF_TOP_UP:  # An answer came, and its break is about to end.
        top_up = desk.top_ups.top_ups["top_1"]
        desk.top_ups.top_ups["top_1"] = top_up.move(NOW, TopUpState.CREDITED)
        possible = "none; look again"

    with pytest.raises(ValidationFailed) as refused:
        desk.propose(break_id, ending)

    assert refused.value.errors == (
        FieldProblem(
            "/ending",
            "not-of-this-break",
            f"This break can be ended by: {possible}.",
            f"यह मामला इस तरह समाप्त हो सकता है: {possible}।",
        ),
    )


@pytest.mark.parametrize(("ending", "reference"), [(Ending.DONE, None), (Ending.NOT_DONE, "REF-1")])
def test_the_partners_reference_goes_with_what_it_did_and_with_nothing_else(
    desk: Desk, ending: Ending, reference: str | None
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        desk.propose(ending=ending, reference=reference)

    assert refused.value.errors == (
        FieldProblem(
            "/reference",
            "of-what-was-done",
            "Give the partner's own reference of what it did with ending done, and with no other.",
            "साझेदार की अपनी संदर्भ संख्या केवल ending done के साथ दें।",
        ),
    )


ENDED = "This break has ended; nothing is left to do."


def test_nothing_is_proposed_for_a_break_that_has_ended_or_ends_meanwhile(desk: Desk) -> None:
    desk.propose(LATE, Ending.CLOSE)
    desk.approve(LATE)
    with pytest.raises(BreakEnded, match=ENDED):
        desk.propose(LATE, Ending.CLOSE)

    desk.breaks.propose = lambda *_: False  # type: ignore[method-assign]
    with pytest.raises(BreakEnded, match=ENDED):
        desk.propose()


def test_what_another_person_approves_is_booked_and_the_break_has_ended(desk: Desk) -> None:
    desk.propose()

    shown = desk.approve()

    assert (shown.row.is_open, list(shown.endings), shown.booking) == (False, [], None)
    assert (shown.row.approved_by, shown.row.resolved_at, shown.row.resolved_by) == (
        "per_2",
        desk.at,
        "two people: done",
    )
    payment = desk.store.payments["pay_1"]
    assert (payment.state, payment.biller_reference) == (State.COMPLETED, "REF-1")
    assert list(desk.store.journal) == ["pay_1:post"]
    assert desk.store.events == [("pay_1", State.COMPLETED)]
    assert desk.store.resolved["pay_1", "unresolved"] == Resolution(
        BreakKind.UNRESOLVED, desk.at, "two people: done", proposal_id="prp_1", approved_by="per_2"
    )


@pytest.mark.parametrize(
    ("break_id", "ending", "entries", "resolution"),
    [
        (OF_REFUND, Ending.DONE, ["rfd_1:refund"], {"kind": BreakKind.REFUND_UNRESOLVED, "refund_id": "rfd_1"}),
        (OF_TOP_UP, Ending.DONE, ["top_1:top-up"], {"kind": BreakKind.TOP_UP_UNRESOLVED, "top_up_id": "top_1"}),
        (LATE, Ending.CLOSE, [], {"kind": BreakKind.LATE_SUCCESS}),
        (UNKNOWN_FEE, Ending.CLOSE, [], {"kind": BreakKind.FEE_REFUSED}),
    ],
)
def test_a_refund_a_top_up_and_what_is_only_closed_end_likewise(
    desk: Desk, break_id: str, ending: Ending, entries: list[str], resolution: dict[str, Any]
) -> None:
    desk.propose(break_id, ending)

    shown = desk.approve(break_id)

    assert (shown.row.is_open, shown.row.resolved_by) == (False, f"two people: {ending}")
    assert list(desk.store.journal) == entries
    (resolved,) = desk.store.resolved.values()
    assert resolved == Resolution(
        resolved_at=desk.at, resolved_by=f"two people: {ending}", proposal_id="prp_1", approved_by="per_2", **resolution
    )


def test_who_proposed_it_does_not_approve_it(desk: Desk) -> None:
    desk.propose()

    with pytest.raises(SamePerson) as same:
        desk.approve(by="per_1")

    assert same.value.detail == "You proposed this; somebody else has to approve it."
    assert desk.store.journal == {}


def test_only_the_proposal_that_was_seen_is_approved(desk: Desk) -> None:
    words = "Another proposal stands by now, or none: look at it, then approve that one."
    with pytest.raises(ProposalChanged, match=words):
        desk.approve()
    desk.propose(proposal_id="prp_2")
    with pytest.raises(ProposalChanged, match=words):
        desk.approve()

    assert desk.approve(proposal_id="prp_2").row.is_open is False


def test_what_moved_since_it_was_proposed_is_looked_at_again_before_anything_is_booked(desk: Desk) -> None:
    desk.propose()
    desk.propose(OF_TOP_UP)
    moved = desk.store.payments["pay_1"]
    desk.store.payments["pay_1"] = replace(moved, version=moved.version + 1)
    top_up = desk.top_ups.top_ups["top_1"]
    desk.top_ups.top_ups["top_1"] = replace(top_up, state=TopUpState.UNKNOWN)

    assert desk.reader.get(UNRESOLVED, desk.at).booking is None
    assert desk.reader.get(OF_TOP_UP, desk.at).booking is None
    for break_id in (UNRESOLVED, OF_TOP_UP):
        with pytest.raises(ProposalChanged) as changed:
            desk.approve(break_id)
        assert changed.value.detail == (
            "What this is about has moved since it was proposed: look again, then propose again."
        )
    assert desk.store.journal == {}


def test_who_approves_while_an_answer_comes_books_nothing(desk: Desk) -> None:
    desk.propose()
    desk.propose(LATE, Ending.CLOSE)
    desk.store.record = lambda *_: False  # type: ignore[method-assign]
    desk.breaks.close = lambda *_: False  # type: ignore[method-assign]

    for break_id in (UNRESOLVED, LATE):
        with pytest.raises(ProposalChanged) as changed:
            desk.approve(break_id)
        assert changed.value.detail == "Somebody or an answer was quicker: look again."


def test_a_repeat_of_an_approval_changes_nothing_and_another_is_told_that_it_has_ended(desk: Desk) -> None:
    desk.propose()
    first = desk.approve()

    assert desk.approve() == first
    for changes in ({"by": "per_3"}, {"proposal_id": "prp_2"}):
        with pytest.raises(BreakEnded, match=ENDED):
            desk.approve(**changes)
    assert list(desk.store.journal) == ["pay_1:post"]


def test_a_break_that_an_answer_ended_is_not_approved(desk: Desk) -> None:
    desk.store.end_break("pay_1", Resolution(BreakKind.UNRESOLVED, NOW, "inquiry: SUCCESS"))

    with pytest.raises(BreakEnded, match=ENDED):
        desk.approve()


def test_what_only_closes_books_nothing(desk: Desk) -> None:
    assert desk.propose(LATE, Ending.CLOSE).booking == Booking(None, ())
