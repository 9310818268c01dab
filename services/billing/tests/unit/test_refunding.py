"""Asking for money back, one rule at a time, over fakes that pass the suites of what they stand for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Barrier, current_thread
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_claim, a_payment
from tests.support.fakes import FakePayments, FakeProvider, FakeRefunds

from billing.application.payments.errors import PaymentNotFound
from billing.application.refunds.drive_refund import DriveRefund, DriveRefundHandler
from billing.application.refunds.errors import NotRefundable, RefundableChanged, RefundNotFound, RefundNotPermitted
from billing.application.refunds.read_refunds import RefundReader, belonging_of
from billing.application.refunds.request_refund import RequestRefund, RequestRefundHandler
from billing.application.refunds.sweep_refunds import BATCH, THREADS, SweepRefunds, SweepRefundsHandler
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payments.answers import Answer, Call, Outcome
from billing.domain.payments.payment import Payment, State
from billing.domain.payments.saga import Attempt
from billing.domain.refunds.refund import Destination, Refund, RefundMove, RefundState
from billing.domain.refunds.saga import RefundChange
from servicekit.access import EVERYTHING, NOTHING, Belonging, Reach
from servicekit.errors import (
    DependencyTimeout,
    DependencyUnavailable,
    FieldProblem,
    IdempotencyKeyReused,
    ServiceError,
    ValidationFailed,
)
from servicekit.idempotency import Claim, Once

TOTAL = 152_500
BY_WALLET = a_payment().posted(NOW, "ref", resume_at=NOW)
BY_CARD = (
    a_payment("pay_2", mode="CARD", person_id="per_1")
    .move(NOW, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1")
    .posted(NOW, "ref", resume_at=NOW)
    .completed(NOW)
)
# A citizen's card at a centre's counter.
AT_COUNTER = replace(BY_CARD, payment_id="pay_3", kiosk_id=KIOSK, channel="AGT", person_id=None)


class FallibleRefunds(FakeRefunds):
    """A store that may be gone when an outcome is recorded, and at which somebody else may just have been."""

    gone: ServiceError | None = None
    meanwhile: Callable[[], object] | None = None

    def find_claim(self, claim: Claim) -> Once[str] | None:
        known, twin = super().find_claim(claim), self.meanwhile
        if twin:
            self.meanwhile = None
            twin()
        return known

    def record(self, before: Refund, change: RefundChange) -> bool:
        if self.gone:
            raise self.gone
        return super().record(before, change)


@dataclass
class Desk:
    """Three payments that are complete, and everybody whom giving back asks."""

    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: 0}))
    provider: FakeProvider = field(default_factory=FakeProvider)
    at: datetime = NOW + timedelta(hours=1)

    def __post_init__(self) -> None:
        self.refunds = FallibleRefunds(self.store)
        self.store.payments = {payment.payment_id: payment for payment in (BY_WALLET, BY_CARD, AT_COUNTER)}

    def drive(self) -> DriveRefundHandler:
        return DriveRefundHandler(self.refunds, self.provider, PACE, lambda: self.at, lambda: "evt_1")

    def ask(self, payment: Payment = BY_CARD, **changes: Any) -> Once[Refund]:
        """The administration asks for ₹15.25 of a payment back, unless `changes` say otherwise."""
        command = RequestRefund(
            refund_id="rfd_1",
            payment_id=payment.payment_id,
            paise=1_525,
            refundable_paise=TOTAL,
            reason="paid-twice",
            destination=None,
            client_id="cli_9",
            reach=EVERYTHING,
            of_administration=True,
            request_id="req_9",
            claim=a_claim("key_1"),
            at=self.at,
        )
        return RequestRefundHandler(self.store, self.refunds, self.drive(), PACE)(replace(command, **changes))

    def cancel(self, payment: Payment = BY_WALLET, **changes: Any) -> Once[Refund]:
        """The centre takes back what it just sold."""
        return self.ask(payment, **({"reason": "cancelled", "of_administration": False} | changes))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_goes_back_to_a_card_is_sent_by_the_provider_and_booked_when_it_says_so(desk: Desk) -> None:
    asked_at = desk.at
    # Who has stored the intent just now need not ask before.
    desk.provider.can_be_asked = False

    given = desk.ask()

    assert given == Once(
        Refund(
            refund_id="rfd_1",
            payment_id="pay_2",
            client_id="cli_9",
            kiosk_id=None,
            authorisation_id="aut_1",
            paise=1_525,
            destination=Destination.SOURCE,
            reason="paid-twice",
            cause=None,
            debits=(Leg("biller:JVVNL", 1_525), Leg("revenue:kiosk", 5), Leg("department:JVVNL:charges", -5)),
            request_id="req_9",
            state=RefundState.REFUNDED,
            version=2,
            history=(
                RefundMove(RefundState.REQUESTED, asked_at),
                RefundMove(RefundState.REFUNDED, asked_at, Call("refund", Outcome.SUCCESS, 0)),
            ),
            created_at=asked_at,
            deadline_at=asked_at + PACE.deadline,
            resume_at=None,
            reference="ref_rfd_1:refund",
        ),
        replayed=False,
    )
    assert desk.provider.refunds_received == {"rfd_1:refund": 1}
    assert desk.store.journal == {
        "rfd_1:refund": JournalEntry(
            "rfd_1:refund",
            Kind.REFUND,
            asked_at,
            (
                Leg("biller:JVVNL", -1_525),
                Leg("revenue:kiosk", -5),
                Leg("department:JVVNL:charges", 5),
                Leg("psp:clearing", 1_525),
            ),
            payment_id="pay_2",
        )
    }
    assert desk.store.payments["pay_2"].refunded_paise == 1_525


def test_what_goes_back_to_a_wallet_is_there_at_once_and_no_provider_is_asked(desk: Desk) -> None:
    refund = desk.ask(BY_WALLET, paise=TOTAL).value

    assert (refund.state, refund.destination, refund.reference) == (RefundState.REFUNDED, Destination.WALLET, None)
    assert [move.call for move in refund.history] == [None, None]
    assert desk.store.wallets == {KIOSK: TOTAL}
    assert desk.provider.refunds_received == {}
    assert desk.store.journal["rfd_1:refund"].kiosk_id == KIOSK


def test_a_refund_that_waits_is_looked_at_by_the_sweeper_after_the_grace_until_its_deadline(desk: Desk) -> None:
    desk.refunds.gone = DependencyUnavailable("gone")

    waiting = desk.ask().value

    assert (waiting.state, waiting.resume_at) == (RefundState.REQUESTED, desk.at + PACE.grace)
    assert waiting.deadline_at == desk.at + PACE.deadline
    assert waiting == desk.refunds.refunds["rfd_1"]


@pytest.mark.parametrize("error", [DependencyUnavailable("gone"), DependencyTimeout("late")])
def test_once_the_intent_is_stored_the_answer_is_accepted_whatever_happens(desk: Desk, error: ServiceError) -> None:
    desk.refunds.gone = error

    given = desk.ask()

    assert (given.value.state, given.replayed) == (RefundState.REQUESTED, False)
    assert desk.provider.refunds_received == {"rfd_1:refund": 1}


def test_who_asks_is_told_at_once_of_a_refusal_so_nobody_else_has_to_look_and_the_amount_is_free_again(
    desk: Desk,
) -> None:
    desk.provider.next_refunds = [Outcome.REFUSED]

    refused = desk.ask().value

    assert (refused.state, refused.refusal) == (RefundState.REFUSED, "account-closed")
    assert (desk.store.breaks, desk.store.journal) == ({}, {})
    assert desk.store.payments["pay_2"].refundable_paise == TOTAL


def test_a_refund_whose_first_request_did_not_leave_may_be_sent_again_without_an_inquiry(desk: Desk) -> None:
    desk.provider.next_refunds = [Outcome.NOT_SENT]

    unsent = desk.ask().value

    assert (unsent.state, unsent.unsent) == (RefundState.REQUESTED, True)


def test_a_repeat_gives_the_first_refund_as_it_is_by_then(desk: Desk) -> None:
    desk.provider.next_refunds = [Outcome.UNKNOWN]
    first = desk.ask()
    settled = desk.drive()(DriveRefund(first.value, Attempt.LATER))

    again = desk.ask(refund_id="rfd_2", refundable_paise=0)

    assert (first.value.state, settled.state) == (RefundState.UNKNOWN, RefundState.REFUNDED)
    assert again == Once(settled, replayed=True)
    assert list(desk.refunds.refunds) == ["rfd_1"]


def test_a_key_that_was_used_for_another_request_is_refused(desk: Desk) -> None:
    desk.ask()

    with pytest.raises(IdempotencyKeyReused):
        desk.ask(claim=a_claim("key_1", fingerprint="another-body"))


def test_of_two_equal_requests_at_once_both_get_the_one_refund(desk: Desk) -> None:
    desk.refunds.meanwhile = lambda: desk.ask(refund_id="rfd_twin")

    # By now less is refundable than both expected: that is the twin's doing, and no reason to refuse.
    mine = desk.ask()

    assert (mine.value.refund_id, mine.replayed) == ("rfd_twin", True)
    assert list(desk.refunds.refunds) == ["rfd_twin"]


def test_a_twin_that_was_refused_leaves_nothing_for_the_other_to_repeat(desk: Desk) -> None:
    desk.refunds.meanwhile = lambda: desk.ask(refund_id="rfd_2", claim=a_claim("another key"))

    with pytest.raises(RefundableChanged):
        desk.ask()


def test_a_twin_that_begins_last_of_all_still_makes_no_second_refund(desk: Desk) -> None:
    handler_begins = desk.refunds.begin

    def begin(claim: Claim, refund: Refund, payment: Payment) -> Once[str]:
        handler_begins(claim, replace(refund, refund_id="rfd_twin"), payment)
        return handler_begins(claim, refund, payment)

    desk.refunds.begin = begin  # type: ignore[method-assign]

    mine = desk.ask()

    assert (mine.value.refund_id, mine.replayed) == ("rfd_twin", True)
    assert desk.provider.refunds_received == {}


def test_a_refund_that_is_no_longer_kept_is_told_to_be_so(desk: Desk) -> None:
    desk.ask()
    desk.refunds.refunds.clear()

    with pytest.raises(RefundNotFound) as gone:
        desk.ask()

    assert gone.value.detail == "The refund made with this key is no longer kept."


def test_a_payment_out_of_reach_is_refused_with_the_words_of_one_that_does_not_exist(desk: Desk) -> None:
    words = []
    for changes in ({"payment_id": "pay_none"}, {"reach": NOTHING}):
        with pytest.raises(PaymentNotFound) as unknown:
            desk.ask(**changes)
        words.append(unknown.value.detail)

    assert words == ["There is no payment with this id."] * 2
    assert desk.ask(reach=Reach({"client_id": frozenset({"cli_1"})})).value.state is RefundState.REFUNDED


def test_only_a_completed_payment_is_refunded_and_the_state_is_told(desk: Desk) -> None:
    in_doubt = a_payment("pay_4").move(NOW, State.POST_UNKNOWN)
    desk.store.payments["pay_4"] = in_doubt

    with pytest.raises(NotRefundable) as refused:
        desk.ask(in_doubt, refundable_paise=0)

    assert refused.value.detail == "Only a completed payment can be refunded."
    assert refused.value.members == {"payment_state": "POST_UNKNOWN"}


def test_the_fee_of_an_application_is_given_back_by_the_departments_word_alone(desk: Desk) -> None:
    fee = replace(BY_WALLET, payment_id="pay_5", application_id="app_1")
    desk.store.payments["pay_5"] = fee

    with pytest.raises(NotRefundable) as refused:
        desk.ask(fee)

    assert refused.value.detail.startswith("This is the fee of an application; it is given back when the department")
    assert refused.value.members == {"payment_state": "COMPLETED"}


def test_a_centre_cancels_what_it_sold_today(desk: Desk) -> None:
    desk.at = NOW.replace(hour=18, minute=29)  # 23:59 in India

    assert desk.cancel().value.state is RefundState.REFUNDED
    assert desk.store.wallets == {KIOSK: 1_525}


@pytest.mark.parametrize(
    ("payment", "changes"),
    [
        (BY_WALLET, {"at": NOW.replace(hour=18, minute=30)}),  # the next day in India
        (BY_WALLET, {"reason": "paid-twice"}),
        (BY_CARD, {}),  # sold at no centre
    ],
    ids=["tomorrow", "another reason", "on the portal"],
)
def test_whatever_else_is_given_back_the_administration_decides(
    desk: Desk, payment: Payment, changes: dict[str, Any]
) -> None:
    with pytest.raises(RefundNotPermitted) as refused:
        desk.cancel(payment, **changes)

    assert refused.value.detail == (
        "A centre cancels a payment on the day it was completed; ask the district administration for others."
    )
    assert desk.ask(payment, **changes).value.state is RefundState.REFUNDED


@pytest.mark.parametrize("expected", [TOTAL - 1, TOTAL + 1])
def test_whoever_expects_another_amount_to_be_refundable_is_told_the_figure(desk: Desk, expected: int) -> None:
    with pytest.raises(RefundableChanged) as changed:
        desk.ask(refundable_paise=expected)

    assert changed.value.detail == "₹1,525.00 of this payment can be refunded."
    assert changed.value.members == {"refundable": {"amount": TOTAL, "currency": "INR"}}
    assert desk.refunds.refunds == {}


def test_no_more_goes_back_than_is_left_and_all_of_it_may(desk: Desk) -> None:
    desk.ask(paise=500)

    with pytest.raises(ValidationFailed) as refused:
        desk.ask(claim=a_claim("key_2"), refund_id="rfd_2", refundable_paise=TOTAL - 500, paise=TOTAL - 499)
    rest = desk.ask(claim=a_claim("key_3"), refund_id="rfd_3", refundable_paise=TOTAL - 500, paise=TOTAL - 500)

    assert refused.value.errors == (
        FieldProblem(
            "/amount/amount",
            "amount-too-high",
            "At most ₹1,520.00 of this payment can be refunded.",
            "इस भुगतान के अधिकतम ₹1,520.00 वापस किए जा सकते हैं।",
        ),
    )
    assert refused.value.detail == "At most ₹1,520.00 of this payment can be refunded."
    assert rest.value.state is RefundState.REFUNDED
    assert desk.store.payments["pay_2"].refundable_paise == 0


@pytest.mark.parametrize(
    ("payment", "of_administration", "wish", "goes_to"),
    [
        (BY_CARD, True, None, "SOURCE"),
        (AT_COUNTER, True, None, "SOURCE"),
        (AT_COUNTER, True, Destination.WALLET, "WALLET"),
        (AT_COUNTER, False, None, "SOURCE"),
        (AT_COUNTER, False, Destination.SOURCE, "SOURCE"),
        (BY_WALLET, False, Destination.WALLET, "WALLET"),
    ],
)
def test_money_goes_where_it_came_from_unless_the_administration_says_the_centres_wallet(
    desk: Desk, payment: Payment, of_administration: bool, wish: Destination | None, goes_to: str
) -> None:
    asking = desk.ask if of_administration else desk.cancel

    assert asking(payment, destination=wish).value.destination == goes_to


@pytest.mark.parametrize(
    ("payment", "of_administration", "wish", "possible"),
    [
        (AT_COUNTER, False, Destination.WALLET, "SOURCE"),  # a citizen's own money is not the centre's
        (BY_WALLET, True, Destination.SOURCE, "WALLET"),
        (BY_CARD, True, Destination.WALLET, "SOURCE"),
        (AT_COUNTER, True, "ELSEWHERE", "SOURCE, WALLET"),
    ],
)
def test_another_destination_is_refused_with_those_there_are(
    desk: Desk, payment: Payment, of_administration: bool, wish: Destination, possible: str
) -> None:
    asking = desk.ask if of_administration else desk.cancel

    with pytest.raises(ValidationFailed) as refused:
        asking(payment, destination=wish)

    assert refused.value.errors == (
        FieldProblem(
            "/destination",
            "not-of-this-payment",
            f"Money of this payment can go to: {possible}.",
            f"इस भुगतान की राशि यहाँ जा सकती है: {possible}।",
        ),
    )


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


@pytest.mark.parametrize(
    ("point", "payment", "sent", "state"),
    [
        ("R1", BY_CARD, 0, RefundState.REQUESTED),
        ("R2", BY_CARD, 1, RefundState.REQUESTED),
        ("A2", BY_CARD, 1, RefundState.REFUNDED),
        ("R1", BY_WALLET, 0, RefundState.REQUESTED),
    ],
)
def test_whoever_is_killed_at_a_crash_point_leaves_what_the_walk_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, point: str, payment: Payment, sent: int, state: RefundState
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setenv("CRASH_POINT", point)

    with pytest.raises(Killed):
        desk.ask(payment)

    assert desk.refunds.refunds["rfd_1"].state is state
    assert desk.provider.refunds_received.total() == sent


def waiting(number: int = 1, **changes: Any) -> Refund:
    """A refund to a card whose asker died: the sweeper has it."""
    desk = Desk()
    desk.refunds.gone = DependencyUnavailable("gone")
    return replace(desk.ask(refund_id=f"rfd_{number}").value, **changes)


def sweep_of(desk: Desk) -> SweepRefundsHandler:
    return SweepRefundsHandler(desk.refunds, desk.drive(), PACE, lambda: desk.at)


def test_what_the_provider_never_saw_is_sent_by_whoever_comes_later(desk: Desk) -> None:
    desk.refunds.refunds["rfd_1"] = waiting()

    sent = desk.drive()(DriveRefund(waiting(), Attempt.LATER))

    assert sent.state is RefundState.REFUNDED
    assert sent.history[-1].call == Call("refund", Outcome.SUCCESS, 0)
    assert desk.provider.refunds_received == {"rfd_1:refund": 1}


def test_what_may_have_been_sent_is_asked_about_and_not_sent_again(desk: Desk) -> None:
    desk.provider.next_refunds = [Outcome.UNKNOWN]
    in_doubt = desk.ask().value

    done = desk.drive()(DriveRefund(in_doubt, Attempt.LATER))

    assert (done.state, done.history[-1].call) == (RefundState.REFUNDED, Call("find", Outcome.SUCCESS, 1))
    assert desk.provider.refunds_received == {"rfd_1:refund": 1}


def test_an_ended_refund_is_left_alone_and_whoever_is_late_learns_how_it_ended(desk: Desk) -> None:
    late = waiting()
    desk.refunds.refunds["rfd_1"] = late
    done = desk.drive()(DriveRefund(late, Attempt.LATER))

    assert desk.drive()(DriveRefund(done, Attempt.LATER)) is done
    assert desk.drive()(DriveRefund(late, Attempt.LATER)) == done
    assert list(desk.store.journal) == ["rfd_1:refund"]


def test_the_sweeper_goes_on_with_what_is_due_and_gives_whoever_takes_it_the_grace(desk: Desk) -> None:
    desk.provider.can_be_asked = False
    desk.refunds.refunds = {"rfd_1": waiting()}
    resume_at = waiting().resume_at
    assert resume_at is not None
    taken_until = []
    take_due = desk.refunds.take_due

    def taking(at: datetime, resume_at: datetime) -> Refund | None:
        taken = take_due(at, resume_at)
        taken_until.extend([taken.resume_at] if taken else [])
        return taken

    desk.refunds.take_due = taking  # type: ignore[method-assign]
    swept = []
    for desk.at in (resume_at - timedelta(seconds=1), resume_at):
        swept.append(sweep_of(desk)(SweepRefunds()))

    assert [str(number) for number in swept] == ["0", "1"]
    assert taken_until == [resume_at + PACE.grace]
    assert desk.refunds.refunds["rfd_1"].state is RefundState.UNKNOWN


def test_one_sweep_goes_on_with_a_bounded_number_and_four_are_asked_about_at_once(desk: Desk) -> None:
    side_by_side, names = Barrier(THREADS), set()

    def find_refund(refund: Refund) -> Answer:
        side_by_side.wait(timeout=10)
        names.add(current_thread().name)
        return Answer(Outcome.PENDING)

    for number in range(2 * BATCH):
        desk.refunds.refunds[f"rfd_{number}"] = waiting(number, state=RefundState.UNKNOWN)
    desk.at += PACE.grace
    desk.provider.find_refund = find_refund  # type: ignore[method-assign]

    swept = sweep_of(desk)(SweepRefunds())

    looked_at = [refund for refund in desk.refunds.refunds.values() if refund.attempts]
    assert (str(swept), len(looked_at)) == ("100", 100)
    assert names == {f"sweep-refunds_{number}" for number in range(THREADS)}


def test_refunds_are_read_with_the_payment_they_are_of_and_by_who_may_see_it(desk: Desk) -> None:
    reader = RefundReader(desk.store, desk.refunds)
    refund = desk.ask().value
    citizen = Reach({"person_id": frozenset({"per_1"})})

    assert reader.get("rfd_1", citizen) == refund
    assert reader.of("pay_2", citizen) == (desk.store.payments["pay_2"], [refund])
    assert reader.of("pay_1", EVERYTHING) == (BY_WALLET, [])


def test_what_is_out_of_reach_is_not_told_from_what_is_not_there(desk: Desk) -> None:
    reader = RefundReader(desk.store, desk.refunds)
    desk.ask()
    other = Reach({"person_id": frozenset({"per_2"})})

    for refund_id, reach in (("rfd_1", other), ("rfd_none", EVERYTHING)):
        with pytest.raises(RefundNotFound) as no_refund:
            reader.get(refund_id, reach)
        assert no_refund.value.detail == "There is no refund with this id."
    for payment_id, reach in (("pay_2", other), ("pay_none", EVERYTHING)):
        with pytest.raises(PaymentNotFound) as no_payment:
            reader.of(payment_id, reach)
        assert no_payment.value.detail == "There is no payment with this id."
    del desk.store.payments["pay_2"]
    with pytest.raises(RefundNotFound):
        reader.get("rfd_1", EVERYTHING)


def test_whose_a_payment_is_is_what_the_rule_of_the_platform_asks() -> None:
    payment = replace(BY_CARD, kiosk_id=KIOSK, district_code="86")

    assert belonging_of(payment) == Belonging(
        client_id="cli_1", kiosk_id=KIOSK, person_id="per_1", departments=None, district_code="86"
    )
    assert belonging_of(payment, "JVVNL").departments == ["JVVNL"]
