"""What Prometheus learns of payments: how they end, how long nobody knew, and what is open now."""

from datetime import UTC, datetime

from prometheus_client import Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily

from billing.adapters.mongo.breaks import BREAKS
from billing.adapters.mongo.documents import PAYMENTS
from billing.domain.payments.payment import ENDED, Payment, State
from servicekit.mongo import Mongo

BREAKS_BY_DUE_TIME = "open_breaks_by_due_time"
_UNKNOWN = (State.AUTH_UNKNOWN, State.POST_UNKNOWN)
_DOUBT = (*_UNKNOWN, State.MANUAL)
_PAYMENTS = Counter(
    "emitra_payments",
    "Payments that came to an end: completed, manual (people look), or the reason why they failed.",
    ["outcome", "biller_id", "mode"],
)
_SECONDS_IN_DOUBT = Histogram(
    "emitra_payment_doubt_seconds",
    "Of payments whose outcome was not known for a time: how long.",
    ["mode"],
    buckets=(1, 5, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 72 * 3600),
)


def moved(before: Payment, after: Payment) -> None:
    """Counts what was just stored: a move is stored once, whoever makes it."""
    if after.version == before.version:
        return
    if after.state in ENDED:
        reason = after.failure.code if after.failure else after.state.value.lower()
        _PAYMENTS.labels(reason, after.biller_id, after.mode).inc()
    if before.state in _DOUBT and after.state not in _DOUBT:
        began = before.history[-1].at
        for move in reversed(before.history):
            if move.state not in _DOUBT:
                break
            began = move.at
        doubt = after.history[len(before.history)].at - began
        _SECONDS_IN_DOUBT.labels(after.mode).observe(doubt.total_seconds())


def measure(mongo: Mongo) -> list[Metric]:
    """What is open now. Raises PyMongoError."""
    count = GaugeMetricFamily("emitra_payments_in_doubt", "Payments whose outcome is not known now.")
    oldest = GaugeMetricFamily("emitra_payments_in_doubt_oldest_seconds", "How long the first of them is in doubt.")
    breaks = GaugeMetricFamily("emitra_payment_breaks_open", "Payments in the hands of people.")
    overdue = GaugeMetricFamily("emitra_payment_breaks_overdue", "Those that should have been decided by now.")
    now = datetime.now(UTC)
    # Looked for among those that the sweeper has in hand: the partial index holds no other.
    in_hand = {"next_action_at": {"$type": "date"}, "state": {"$in": [state.value for state in _UNKNOWN]}}
    payments = mongo.db[PAYMENTS].find(in_hand, {"history": {"$slice": -1}}, hint="due_for_the_sweeper")
    since = [payment["history"][-1]["at"] for payment in payments]
    count.add_metric([], len(since))
    oldest.add_metric([], max(((now - at).total_seconds() for at in since), default=0.0))
    for metric, when in ((breaks, {}), (overdue, {"due_at": {"$lt": now}})):
        metric.add_metric([], mongo.db[BREAKS].count_documents({"status": "open", **when}, hint=BREAKS_BY_DUE_TIME))
    return [count, oldest, breaks, overdue]
