"""What Prometheus learns of payments that are open now, from a real database."""

from datetime import UTC, datetime, timedelta

from billing.adapters.mongo.breaks import BREAKS
from billing.adapters.mongo.documents import PAYMENTS
from billing.adapters.mongo.payment_metrics import measure
from billing.bootstrap import INDEXES
from servicekit.mongo import Mongo


def measured(mongo: Mongo) -> dict[str, float]:
    return {sample.name: sample.value for metric in measure(mongo) for sample in metric.samples}


def test_what_is_in_doubt_and_in_the_hands_of_people_is_counted(mongo: Mongo) -> None:
    mongo.prepare(INDEXES)
    assert set(measured(mongo).values()) == {0.0}
    now = datetime.now(UTC)
    hour, tomorrow = now - timedelta(hours=1), now + timedelta(days=1)
    states = {"POST_UNKNOWN": hour, "AUTH_UNKNOWN": now, "AUTHORISED": hour, "COMPLETED": hour}
    mongo.db[PAYMENTS].insert_many(
        {
            "_id": f"pay_{state}",
            "token": state,
            "state": state,
            "history": [{"state": "CREATED", "at": hour - timedelta(days=9)}, {"state": state, "at": at}],
            "next_action_at": None if state == "COMPLETED" else tomorrow,
        }
        for state, at in states.items()
    )
    mongo.db[BREAKS].insert_many(
        [
            {"_id": "late", "status": "open", "due_at": hour},
            {"_id": "not yet", "status": "open", "due_at": tomorrow},
            {"_id": "over", "status": "resolved", "due_at": hour},
        ]
    )
    told = measured(mongo)
    assert told["emitra_payments_in_doubt"] == 2
    assert 3600 <= told["emitra_payments_in_doubt_oldest_seconds"] < 3700
    assert (told["emitra_payment_breaks_open"], told["emitra_payment_breaks_overdue"]) == (2, 1)
