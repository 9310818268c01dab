"""What Prometheus learns of a payment's moves, each once."""

from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from tests.support.builders import NOW, a_payment

from billing.adapters.mongo.payment_metrics import moved
from billing.domain.payments.payment import Failure, Payment, State

S = State


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def ended(outcome: str, payment: Payment) -> float:
    labels = {"outcome": outcome, "biller_id": payment.biller_id, "mode": payment.mode}
    return REGISTRY.get_sample_value("emitra_payments_total", labels) or 0.0


def in_doubt(payment: Payment) -> tuple[float, float]:
    """(how many doubts ended, their seconds together)."""
    name, labels = "emitra_payment_doubt_seconds", {"mode": payment.mode}
    values = (REGISTRY.get_sample_value(f"{name}_{part}", labels) for part in ("count", "sum"))
    count, seconds = (value or 0.0 for value in values)
    return count, seconds


@pytest.fixture
def asked() -> Payment:
    """A payment of which the biller was just asked."""
    payment = a_payment()
    assert payment.state is S.POST_REQUESTED
    return payment


def test_a_payment_that_completes_is_counted_once_and_was_never_in_doubt(asked: Payment) -> None:
    completed = asked.move(at(1), S.POSTED, S.COMPLETED)
    before, doubts = ended("completed", asked), in_doubt(asked)
    moved(asked, completed)
    moved(completed, completed)  # only looked at again
    assert ended("completed", asked) == before + 1
    assert in_doubt(asked) == doubts


def test_a_failure_is_counted_by_its_reason(asked: Payment) -> None:
    failure = Failure("biller-refused", "no such bill", money_returned=True)
    refused = asked.move(at(1), S.POST_FAILED, S.VOIDED, failure=failure)
    before = ended("biller-refused", asked)
    moved(asked, refused)
    assert ended("biller-refused", asked) == before + 1


def test_a_doubt_lasts_from_its_beginning_through_the_hands_of_people(asked: Payment) -> None:
    doubtful = asked.move(at(1), S.POST_UNKNOWN)
    given = doubtful.move(at(60), S.MANUAL)
    known = given.move(at(121), S.POSTED, S.COMPLETED)
    count, seconds = in_doubt(asked)
    manual = ended("manual", asked)
    moved(asked, doubtful)
    moved(doubtful, given)
    assert in_doubt(asked) == (count, seconds), "nobody knows yet"
    assert ended("manual", asked) == manual + 1
    moved(given, known)
    assert in_doubt(asked) == (count + 1, seconds + 120 * 60)
