"""One suite for both stores of disputes: the real one and the fake that the unit tests trust."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.service.test_refunds_store import TOTAL, Stores, a_refund
from tests.support.builders import NOW, a_claim
from tests.support.fakes import FakeDisputes, FakePayments, FakeRefunds
from tests.support.world import World, new_key

from billing.adapters.mongo.disputes import MongoDisputes
from billing.application.disputes.errors import AlreadyDisputed, DisputeEnded, TooMuchEvidence
from billing.application.disputes.ports import Disputes
from billing.application.refunds.errors import RefundableChanged
from billing.domain.disputes.dispute import (
    MOST_EVIDENCE,
    Dispute,
    DisputeMove,
    DisputeState,
    Evidence,
    EvidenceKind,
)
from billing.domain.payments.payment import Payment
from servicekit.access import EVERYTHING, NOTHING, Reach
from servicekit.errors import IdempotencyKeyReused
from servicekit.ids import public_id
from servicekit.mongo import Idempotency

FAR = NOW + timedelta(days=9_000)


@dataclass(frozen=True)
class Both:
    money: Stores
    disputes: Disputes


@pytest.fixture(params=["mongo", "fake"])
def both(request: pytest.FixtureRequest) -> Both:
    if request.param == "fake":
        payments = FakePayments(wallets={"fake": 5 * TOTAL})
        refunds = FakeRefunds(payments)
        return Both(Stores(payments, refunds, "fake"), FakeDisputes(refunds))
    world: World = request.getfixturevalue("world")
    kiosk_id = world.centre(5 * TOTAL).kiosk_id
    assert kiosk_id
    disputes = MongoDisputes(world.mongo, world.billing._refunds, Idempotency(world.mongo))
    return Both(Stores(world.billing.payments.payments, world.billing._refunds, kiosk_id), disputes)


def a_dispute(payment: Payment) -> Dispute:
    opened = DisputeMove(DisputeState.OPEN, FAR, "per_1", "paid-twice")
    return Dispute(
        public_id("dsp"), payment.payment_id, "paid-twice", payment.client_id, payment.kiosk_id, payment.person_id,
        payment.district_code, DisputeState.OPEN, 1, (opened,), (), None,
    )  # fmt: skip


def opened(both: Both) -> tuple[Payment, Dispute]:
    payment = both.money.paid()
    dispute = a_dispute(payment)
    both.disputes.open(a_claim(new_key()), dispute)
    assert both.disputes.get(dispute.dispute_id) == dispute
    return payment, dispute


def upheld(dispute: Dispute, refund_id: str | None = None) -> Dispute:
    return dispute.decided(DisputeState.UPHELD, at=FAR, by="per_2", reason="paid-twice", refund_id=refund_id)


def test_a_claim_opens_once_and_a_payment_has_one_open_dispute(both: Both) -> None:
    payment = both.money.paid()
    first, claim = a_dispute(payment), a_claim(new_key())
    assert not both.disputes.open(claim, first).replayed
    again = both.disputes.open(claim, a_dispute(payment))
    assert (again.value, again.replayed) == (first.dispute_id, True)
    with pytest.raises(IdempotencyKeyReused):
        both.disputes.open(replace(claim, fingerprint="another"), a_dispute(payment))
    with pytest.raises(AlreadyDisputed):
        both.disputes.open(a_claim(new_key()), a_dispute(payment))
    both.disputes.decide(a_claim(new_key()), upheld(first), None, payment)
    both.disputes.open(a_claim(new_key()), a_dispute(payment))
    assert [each.state for each in both.disputes.of_payment(payment.payment_id)].count(DisputeState.OPEN) == 1


def test_evidence_is_added_once_and_not_without_end(both: Both) -> None:
    payment, dispute = opened(both)
    pieces = [Evidence(EvidenceKind.SHA256, f"{n:064x}", "per_1", FAR) for n in range(MOST_EVIDENCE + 1)]
    for _ in range(2):
        both.disputes.add(dispute.dispute_id, pieces[:2])
    stands = both.disputes.get(dispute.dispute_id)
    assert stands is not None
    assert list(stands.evidence) == pieces[:2]
    with pytest.raises(TooMuchEvidence):
        both.disputes.add(dispute.dispute_id, pieces)
    both.disputes.decide(a_claim(new_key()), upheld(dispute), None, payment)
    with pytest.raises(DisputeEnded):
        both.disputes.add(dispute.dispute_id, pieces[2:3])


def test_a_decision_is_stored_with_its_refund_once_or_neither_is(both: Both) -> None:
    payment, dispute = opened(both)
    refund = replace(a_refund(payment, TOTAL), cause=dispute.refund_cause)
    claim = a_claim(new_key())
    both.disputes.decide(claim, upheld(dispute, refund.refund_id), refund, payment)
    assert both.disputes.decide(claim, upheld(dispute, "rfd_other"), None, payment).replayed
    with pytest.raises(DisputeEnded):
        both.disputes.decide(a_claim(new_key()), upheld(dispute), None, payment)
    stands = both.disputes.get(dispute.dispute_id)
    assert stands == upheld(dispute, refund.refund_id)
    assert [each.refund_id for each in both.money.refunds.of_payment(payment.payment_id)] == [refund.refund_id]

    second = a_dispute(payment)
    both.disputes.open(a_claim(new_key()), second)
    with pytest.raises(RefundableChanged):  # `payment` is as it was before the first refund
        both.disputes.decide(
            a_claim(new_key()), upheld(second, "rfd_2"), replace(refund, refund_id="rfd_2", cause="dispute:2"), payment
        )
    assert both.disputes.get(second.dispute_id) == second


def test_disputes_are_found_by_reach_the_oldest_in_front(both: Both) -> None:
    made = sorted(opened(both)[1].dispute_id for _ in range(3))
    at_the_centre = Reach({"kiosk_id": frozenset({both.money.kiosk_id})})
    own = both.disputes.page(at_the_centre, is_open=True, after=None, limit=10)
    assert [each.dispute_id for each in own] == made
    rest = both.disputes.page(at_the_centre, is_open=True, after=(own[0].opened.at, own[0].dispute_id), limit=1)
    assert [each.dispute_id for each in rest] == made[1:2]
    assert both.disputes.page(at_the_centre, is_open=False, after=None, limit=10) == []
    assert both.disputes.page(NOTHING, is_open=True, after=None, limit=10) == []
    assert {each.dispute_id for each in both.disputes.page(EVERYTHING, is_open=True, after=None, limit=500)} >= set(
        made
    )
