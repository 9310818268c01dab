"""One suite for both stores of refunds: the real one and the fake that the unit tests trust."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.support.builders import NOW, PACE, a_claim, a_payment
from tests.support.fakes import FakePayments, FakeRefunds
from tests.support.world import World, new_key

from billing.application.payments.ports import Payments
from billing.application.refunds.errors import RefundableChanged
from billing.application.refunds.ports import Refunds
from billing.application.refunds.request_refund import new_refund
from billing.application.wallets.errors import WalletNotOpen
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.payment import Payment
from billing.domain.payments.saga import Attempt, ended
from billing.domain.refunds.refund import Destination, Refund, RefundState
from billing.domain.refunds.saga import RefundAsk, RefundChange, RefundDecision
from servicekit.errors import IdempotencyKeyReused
from servicekit.ids import event_id, public_id, transaction_token

TOTAL = 152_500


@dataclass(frozen=True)
class Stores:
    payments: Payments
    refunds: Refunds
    kiosk_id: str

    def paid(self) -> Payment:
        """A completed payment, of far in the future so that no sweeper of another test takes what is of it."""
        at = NOW + timedelta(days=9_000)
        payment = replace(
            a_payment(public_id("pay"), at=at), transaction_token=transaction_token(), kiosk_id=self.kiosk_id
        )
        self.payments.begin(a_claim(new_key()), payment, payment.hold_entry(at))
        change = ended(payment.posted(at, "ref", resume_at=at), event_id(), [payment.post_entry(at)])
        assert self.payments.record(payment, change)
        return self.now(payment)

    def now(self, payment: Payment) -> Payment:
        found = self.payments.get(payment.payment_id)
        assert found is not None
        return found

    def begun(self, payment: Payment, paise: int, key: str | None = None) -> Refund:
        refund = a_refund(payment, paise)
        once = self.refunds.begin(a_claim(key or new_key()), refund, payment)
        found = self.refunds.get(once.value)
        assert found is not None
        return found


@pytest.fixture(params=["mongo", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        payments = FakePayments(wallets={"fake": TOTAL})
        return Stores(payments, FakeRefunds(payments), "fake")
    world: World = request.getfixturevalue("world")
    refunds = world.billing.refunds
    return Stores(refunds.payments, refunds.refunds, world.centre(TOTAL).kiosk_id or "")


def a_refund(payment: Payment, paise: int) -> Refund:
    return new_refund(
        payment, refund_id=public_id("rfd"), client_id="cli_1", paise=paise, destination=Destination.WALLET,
        reason="paid-twice", request_id="req_1", at=payment.created_at, pace=PACE,
    )  # fmt: skip


def answered(refund: Refund, outcome: Outcome) -> RefundChange:
    at = refund.created_at
    return RefundDecision(
        refund, Attempt.FIRST, RefundAsk.REFUND, Answer(outcome, reason="no"), PACE, at, event_id()
    ).change()


def test_a_refund_reserves_its_amount_and_is_found_as_it_was_stored(stores: Stores) -> None:
    payment = stores.paid()
    refund = stores.begun(payment, 500)

    assert sum(leg.paise for leg in refund.debits) == 500
    assert list(stores.refunds.of_payment(payment.payment_id)) == [refund]
    stands = stores.now(payment)
    assert (stands.refunding_paise, stands.refunded_paise, stands.refundable_paise) == (500, 0, TOTAL - 500)


def test_who_read_the_payment_before_another_refund_is_told_what_is_left(stores: Stores) -> None:
    payment = stores.paid()
    stores.begun(payment, 500)

    with pytest.raises(RefundableChanged) as changed:
        stores.begun(payment, TOTAL)

    assert changed.value.members["refundable"]["amount"] == TOTAL - 500
    assert len(stores.refunds.of_payment(payment.payment_id)) == 1


def test_a_wallet_that_is_not_there_gets_nothing_and_nothing_is_reserved(stores: Stores) -> None:
    payment = stores.paid()
    nowhere = replace(a_refund(payment, 500), kiosk_id="ksk_RJ99999999")

    with pytest.raises(WalletNotOpen):
        stores.refunds.begin(a_claim(new_key()), nowhere, payment)

    assert stores.refunds.get(nowhere.refund_id) is None
    assert stores.now(payment).refundable_paise == TOTAL


def test_a_key_begins_one_refund(stores: Stores) -> None:
    payment, key = stores.paid(), new_key()
    first = stores.begun(payment, 500, key)

    assert stores.begun(payment, 500, key) == first
    assert stores.refunds.find_claim(a_claim(key)) is not None
    with pytest.raises(IdempotencyKeyReused):
        stores.refunds.find_claim(a_claim(key, fingerprint="another body"))


def test_money_that_is_back_is_counted_on_the_payment_and_a_loser_changes_nothing(stores: Stores) -> None:
    payment = stores.paid()
    refund = stores.begun(payment, 500)
    change = answered(refund, Outcome.SUCCESS)

    assert stores.refunds.record(refund, change)
    assert not stores.refunds.record(refund, answered(refund, Outcome.SUCCESS))

    assert stores.refunds.get(refund.refund_id) == change.refund
    stands = stores.now(payment)
    assert (stands.refunded_paise, stands.events_told) == (500, 2)


def test_what_was_refused_can_be_refunded_again(stores: Stores) -> None:
    payment = stores.paid()
    refund = stores.begun(payment, TOTAL)

    assert stores.refunds.record(refund, answered(refund, Outcome.REFUSED))

    assert stores.now(payment).refundable_paise == TOTAL
    again = stores.begun(stores.now(payment), TOTAL)
    assert again.debits == refund.debits


@pytest.mark.parametrize(("reason", "freed"), [("paid-twice", True), ("fee-refused", False)])
def test_a_payment_lets_go_of_its_bill_when_all_is_back(stores: Stores, reason: str, freed: bool) -> None:
    payment = stores.paid()
    for paise in (500, TOTAL - 500):
        assert stores.payments.paying(payment.bill_key) is not None
        stands = stores.now(payment)
        refund = replace(a_refund(stands, paise), reason=reason)
        stores.refunds.begin(a_claim(new_key()), refund, stands)
        stored = stores.refunds.get(refund.refund_id)
        assert stored is not None
        assert stores.refunds.record(stored, answered(stored, Outcome.SUCCESS))

    assert (stores.payments.paying(payment.bill_key) is None) == freed


def test_one_who_waits_loses_against_one_who_took_it(stores: Stores) -> None:
    payment = stores.paid()
    refund = stores.begun(payment, 500)
    due = refund.created_at + PACE.grace
    waiting = answered(refund, Outcome.NOT_SENT)
    assert stores.refunds.record(refund, waiting)

    taken = stores.refunds.take_due(due, due + PACE.grace)
    while taken is not None and taken.refund_id != refund.refund_id:  # what other tests left
        taken = stores.refunds.take_due(due, due + PACE.grace)

    assert taken is not None
    assert (taken.refund_id, taken.unsent, taken.resume_at) == (refund.refund_id, True, due + PACE.grace)
    # Whoever took it may send now and die, so the store no longer says that nothing was sent.
    stored = stores.refunds.get(refund.refund_id)
    assert stored is not None
    assert not stored.unsent
    assert not stores.refunds.record(waiting.refund, answered(waiting.refund, Outcome.NOT_SENT))
    assert stores.refunds.record(taken, answered(taken, Outcome.SUCCESS))
    assert stores.refunds.get(refund.refund_id).state is RefundState.REFUNDED  # type: ignore[union-attr]
