"""One suite for both stores of payments: the real one and the fake that the unit tests trust."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, Protocol

import pytest
from tests.support.builders import NOW, PACE, a_claim, a_payment
from tests.support.fakes import FakePayments
from tests.support.world import World

from billing.application.bills.ports import PaidBills
from billing.application.payments.errors import AmountNotAccepted, BillAlreadyPaid
from billing.application.payments.ports import Payments
from billing.application.wallets.errors import WalletNotOpen, WalletTooLow
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.form import FIRST_LOOK_AT_FORM, Form
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import Failure, Payment, State
from billing.domain.payments.saga import Change, ended
from servicekit.errors import IdempotencyKeyReused
from servicekit.ids import event_id, public_id, transaction_token

FUNDS = 152_500


class Store(Payments, PaidBills, Protocol):
    """The two ports that one store serves."""


@pytest.fixture(params=["mongo", "fake"])
def kiosk_id(request: pytest.FixtureRequest) -> str:
    if request.param == "fake":
        return "fake"
    world: World = request.getfixturevalue("world")
    return world.centre(FUNDS).kiosk_id or ""


@pytest.fixture
def store(kiosk_id: str, request: pytest.FixtureRequest) -> Store:
    if kiosk_id == "fake":
        return FakePayments(wallets={"fake": FUNDS})
    world: World = request.getfixturevalue("world")
    return world.billing.payments.payments  # type: ignore[return-value] # it is also a store of paid bills


@pytest.fixture
def new_payment(kiosk_id: str) -> Callable[[], Payment]:
    """Payments of all the centre has, that the sweeper of another test cannot take."""

    def make() -> Payment:
        payment = a_payment(public_id("pay"), at=NOW + timedelta(days=9_000))
        return replace(payment, transaction_token=transaction_token(), kiosk_id=kiosk_id)

    return make


Make = Callable[[], Payment]


def begin(store: Store, payment: Payment) -> None:
    assert not store.begin(a_claim(payment.payment_id), payment, payment.hold_entry(NOW)).replayed


def refusal(payment: Payment) -> Change:
    voided = payment.refused(NOW, Failure("biller-refused", "no", money_returned=True), resume_at=NOW)
    return ended(voided, event_id(), [payment.void_entry(NOW)])


def test_a_form_that_is_incomplete_is_kept_with_the_completed_payment_and_only_it_changes(
    store: Store, new_payment: Make
) -> None:
    payment = replace(new_payment(), fee_window="late")
    begin(store, payment)
    at = NOW + timedelta(days=9_000)
    completed = payment.posted(at, "R1", resume_at=at, form=Form.INCOMPLETE)
    assert store.record(payment, ended(completed, event_id(), [payment.post_entry(at)]))
    stored = store.get(payment.payment_id)
    assert stored is not None
    assert (stored.fee_window, stored.form, stored.resume_at) == ("late", Form.INCOMPLETE, at + FIRST_LOOK_AT_FORM)

    told = stored.form_told(at + FIRST_LOOK_AT_FORM, Form.COMPLETE)
    assert store.record(stored, Change(told))
    assert not store.record(stored, Change(stored.form_told(at, None))), "somebody else was told meanwhile"

    assert store.get(payment.payment_id) == told
    assert (told.form, told.resume_at, told.state) == (Form.COMPLETE, None, State.COMPLETED)


def test_a_payment_is_read_back_as_it_was_stored(store: Store, new_payment: Make) -> None:
    payment = new_payment()
    begin(store, payment)

    assert store.get(payment.payment_id) == payment
    assert not store.is_paid(payment.bill_key)
    assert store.get("pay_unknown") is None


def test_what_a_part_is_of_and_where_it_was_paid_are_read_back(store: Store, new_payment: Make) -> None:
    part = Part(public_id("due"), 200_000, counted_from=NOW, may_exceed=True)
    payment = replace(new_payment(), part=part, district_code="86")
    begin(store, payment)

    assert store.get(payment.payment_id) == payment
    assert store.paying(payment.bill_key) == payment


def test_parts_of_one_due_pay_together_no_more_than_the_biller_ever_said(store: Store, new_payment: Make) -> None:
    due_key = public_id("due")

    def part(paise: int, due_paise: int, counted_from: datetime = NOW, *, may_exceed: bool = False) -> Payment:
        payment = replace(a_payment(public_id("pay"), mode="CARD", at=NOW + timedelta(days=9_000)), bill_paise=paise)
        described = Part(due_key, due_paise, counted_from, may_exceed)
        return replace(payment, transaction_token=transaction_token(), part=described)

    def refused(payment: Payment) -> str:
        with pytest.raises((BillAlreadyPaid, AmountNotAccepted)) as error:
            store.begin(a_claim(payment.payment_id), payment, None)
        assert store.get(payment.payment_id) is None
        return error.value.slug

    first, rest = part(300, 500), part(200, 200)
    store.begin(a_claim(first.payment_id), first, None)
    assert refused(part(201, 500)) == "amount-not-accepted"
    store.begin(a_claim(rest.payment_id), rest, None)
    assert refused(part(1, 500)) == refused(part(1, 500, may_exceed=True)) == "bill-already-paid"

    # One that fails gives its part back; one that is not completed counts, whatever the biller has heard of.
    declined = first.move(NOW, State.AUTH_FAILED, failure=Failure("authorisation-declined", "no", money_returned=True))
    assert store.record(first, ended(declined, event_id(), []))
    again = part(300, 500)
    store.begin(a_claim(again.payment_id), again, None)
    assert refused(part(1, 500, NOW + timedelta(days=9_999))) == "bill-already-paid"


def test_a_claim_stands_for_the_first_payment(store: Store, new_payment: Make) -> None:
    first, second = new_payment(), new_payment()
    claim = a_claim(first.payment_id)
    assert store.find_claim(claim) is None
    begin(store, first)

    again = store.begin(claim, second, second.hold_entry(NOW))

    assert (again.value, again.replayed) == (first.payment_id, True)
    assert store.find_claim(claim) == again
    assert store.get(second.payment_id) is None
    with pytest.raises(IdempotencyKeyReused):
        store.begin(replace(claim, fingerprint="another-body"), second, second.hold_entry(NOW))


def test_a_bill_is_held_until_its_payment_has_failed(store: Store, new_payment: Make) -> None:
    first = new_payment()
    second = replace(new_payment(), bill_key=first.bill_key)
    begin(store, first)
    with pytest.raises(BillAlreadyPaid):
        store.begin(a_claim(second.payment_id), second, None)

    assert store.record(first, refusal(first))

    begin(store, second)


def test_a_wallet_is_never_drawn_below_its_limit_and_what_is_given_back_can_be_spent(
    store: Store, new_payment: Make
) -> None:
    first, second = new_payment(), new_payment()
    begin(store, first)
    with pytest.raises(WalletTooLow):
        begin(store, second)
    assert store.get(second.payment_id) is None

    assert store.record(first, refusal(first))

    begin(store, second)


def test_a_centre_without_a_wallet_is_told_so(store: Store, new_payment: Make) -> None:
    payment = replace(new_payment(), kiosk_id="ksk_RJ00000000")

    with pytest.raises(WalletNotOpen):
        begin(store, payment)


def test_only_the_first_of_two_moves_from_one_state_is_stored(store: Store, new_payment: Make) -> None:
    payment = new_payment()
    begin(store, payment)
    posted = payment.posted(NOW, "ref", resume_at=NOW)

    first = store.record(payment, ended(posted, event_id(), [payment.post_entry(NOW)]))
    second = store.record(payment, refusal(payment))

    assert (first, second) == (True, False)
    stored = store.get(payment.payment_id)
    assert stored is not None
    assert (stored.state, stored.receipt) == (State.COMPLETED, posted.receipt)
    assert stored == replace(posted, events_told=1)


def test_a_wait_loses_against_a_doorbell_and_against_a_taker(store: Store, new_payment: Make) -> None:
    payment = new_payment()
    begin(store, payment)
    rang_at = payment.created_at + timedelta(seconds=1)
    assert store.resume_now(payment.payment_id, rang_at)

    assert not store.record(payment, Change(replace(payment, attempts=1, unsent=True)))

    stored = store.get(payment.payment_id)
    assert stored is not None
    assert (stored.resume_at, stored.unsent) == (rang_at, False)
    assert store.record(stored, Change(replace(stored, attempts=1)))


def test_a_due_payment_is_taken_once_and_forgets_that_it_was_not_sent(store: Store, new_payment: Make) -> None:
    payment = replace(new_payment(), unsent=True, resume_at=NOW - timedelta(days=9_000))
    begin(store, payment)
    later = NOW + PACE.grace

    taken = store.take_due(NOW - timedelta(days=8_999), later)
    again = store.take_due(NOW - timedelta(days=8_999), later)

    assert taken == replace(payment, resume_at=later)
    assert again is None
    stored = store.get(payment.payment_id)
    assert stored is not None
    assert (stored.unsent, stored.resume_at) == (False, later)
    store.record(stored, refusal(stored))


def test_several_sweepers_take_each_payment_once(store: Store) -> None:
    due_at, never = NOW - timedelta(days=9_000), NOW + timedelta(days=9_000)
    due = [a_payment(public_id("pay"), mode="CARD", resume_at=due_at) for _ in range(8)]
    for payment in due:
        store.begin(a_claim(payment.payment_id), payment, None)
    at_once = Barrier(16)

    def take(_: int) -> Payment | None:
        at_once.wait(10)
        return store.take_due(due_at, never)

    with ThreadPoolExecutor(16) as pool:
        taken = [payment.payment_id for payment in pool.map(take, range(16)) if payment]

    assert sorted(taken) == sorted(payment.payment_id for payment in due)


def test_a_bell_wakes_a_payment_given_back_but_not_one_completed(store: Store, new_payment: Make) -> None:
    returned = new_payment()
    begin(store, returned)
    store.record(returned, refusal(returned))
    completed = new_payment()
    begin(store, completed)
    entries = [completed.post_entry(NOW)]
    store.record(completed, ended(completed.posted(NOW, "ref", resume_at=NOW), event_id(), entries))
    far = NOW + timedelta(days=9_000)

    rung = [store.resume_now(payment.payment_id, far) for payment in (returned, completed)]

    assert rung == [True, False]
    assert not store.resume_now("pay_unknown", far)


def test_a_break_of_a_kind_is_opened_once(store: Store, new_payment: Make) -> None:
    payment = new_payment()
    begin(store, payment)
    opened = Break(payment.payment_id, BreakKind.LATE_SUCCESS, "late", NOW, NOW + PACE.deadline)
    for attempts in (1, 2):
        stored = store.get(payment.payment_id)
        assert stored is not None
        assert store.record(stored, Change(replace(stored, attempts=attempts), opened=opened))


def test_a_break_is_resolved_by_what_and_when_and_is_opened_again_if_need_be(world: World) -> None:
    store = world.billing.payments.payments
    payment = a_payment(public_id("pay"), mode="CARD", at=NOW + timedelta(days=9_000))
    payment = replace(payment, transaction_token=transaction_token())
    store.begin(a_claim(payment.payment_id), payment, None)
    opened = Break(payment.payment_id, BreakKind.UNRESOLVED, "no answer", NOW, NOW + PACE.deadline)
    resolved = Resolution(BreakKind.UNRESOLVED, NOW, "inquiry: SUCCESS")
    found: list[dict[str, Any]] = []
    for change in (Change(payment, opened=opened), Change(payment, resolved=resolved), Change(payment, opened=opened)):
        assert store.record(payment, change)
        found += world.mongo.db.breaks.find({"payment_id": payment.payment_id}, {"_id": 0})

    assert [each["status"] for each in found] == ["open", "resolved", "open"]
    assert (found[1]["resolved_at"], found[1]["resolved_by"]) == (NOW, "inquiry: SUCCESS")
    assert found[2] == found[0]
