"""Payments and what they need, for tests that say only what they are about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.domain.doubts.limits import DoubtLimits
from billing.domain.ledger.entries import Leg
from billing.domain.payments.pace import Pace
from billing.domain.payments.payment import Move, Payment, State
from billing.domain.tariff.billers import Exactness
from billing.domain.tariff.bills import Bill
from billing.domain.top_ups.top_up import TopUp, TopUpMove, TopUpState
from servicekit.idempotency import Claim

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
KIOSK = "ksk_RJ10200001"
PACE = Pace(
    grace=timedelta(seconds=30),
    first_inquiry=timedelta(seconds=2),
    longest_inquiry=timedelta(seconds=60),
    give_up_unsent=timedelta(minutes=15),
    deadline=timedelta(hours=24),
)

LIMITS = DoubtLimits(PACE.deadline)
# What waits for a biller that is down.
QUEUE = DoubtLimits(timedelta(hours=6))


def a_claim(key: str, **changes: Any) -> Claim:
    """A claim that the database keeps: it expires by the real clock."""
    expires_at = datetime.now(UTC) + timedelta(days=30)
    claim = Claim(
        client_id="cli_1", operation="create-payment", key=key, fingerprint="same-body", expires_at=expires_at
    )
    return replace(claim, **changes)


def a_bill(**changes: Any) -> Bill:
    """A JVVNL bill of ₹1,525.00, fetched now."""
    bill = Bill(
        bill_id="bil_1",
        biller_id="JVVNL",
        bill_ref="0-ref",
        customer_params={"k_number": "100000000001"},
        amount_paise=152_500,
        exactness=Exactness.EXACT,
        minimum_paise=None,
        multiple_paise=None,
        due_on=None,
        bill_period=None,
        fetched_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )
    return replace(bill, **changes)


def a_payment(payment_id: str = "pay_1", *, mode: str = "WALLET", at: datetime = NOW, **changes: Any) -> Payment:
    """A payment of ₹1,525.00 whose intent has just been stored: by wallet at a centre, or by card on the portal."""
    states = [State.CREATED, State.AUTH_REQUESTED]
    if mode == "WALLET":
        states += [State.AUTHORISED, State.POST_REQUESTED]
    payment = Payment(
        payment_id=payment_id,
        transaction_token=f"EM{payment_id.upper()}",
        client_id="cli_1",
        kiosk_id=KIOSK if mode == "WALLET" else None,
        channel="AGT" if mode == "WALLET" else "INT",
        mode=mode,
        instrument=None if mode == "WALLET" else "tok_sandbox_ok",
        biller_id="JVVNL",
        category="ELECTRICITY",
        bill_id=f"bil_{payment_id}",
        bill_ref="0-ref",
        bill_key=f"bil_{payment_id}",
        customer_params={"k_number": "100000000001"},
        application_id=None,
        bill_paise=152_500,
        service_charge_paise=0,
        fee_order="an order",
        fee_order_hi="एक आदेश",
        credits=(Leg("biller:JVVNL", 152_500), Leg("revenue:kiosk", 500), Leg("department:JVVNL:charges", -500)),
        request_id="req_1",
        state=states[-1],
        version=len(states),
        history=tuple(Move(state, at) for state in states),
        created_at=at,
        deadline_at=at + PACE.deadline,
        resume_at=at + PACE.grace,
    )
    return replace(payment, **changes)


def a_top_up(top_up_id: str = "top_1", *, at: datetime = NOW, **changes: Any) -> TopUp:
    """A top-up of ₹5,000.00 whose intent has just been stored."""
    top_up = TopUp(
        top_up_id=top_up_id,
        kiosk_id=KIOSK,
        client_id="cli_1",
        paise=500_000,
        mode="UPI",
        instrument="tok_sandbox_ok",
        request_id="req_1",
        state=TopUpState.REQUESTED,
        version=1,
        history=(TopUpMove(TopUpState.REQUESTED, at),),
        created_at=at,
        deadline_at=at + PACE.deadline,
        resume_at=at + PACE.grace,
    )
    return replace(top_up, **changes)
