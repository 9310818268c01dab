"""What Prometheus learns of applications and their days, from a real database."""

from datetime import date

from certificates.adapters.mongo.applications import APPLICATIONS, INDEXES, MongoApplications
from servicekit.events import Outbox
from servicekit.mongo import Mongo

TODAY = date(2026, 11, 27)


def test_what_waits_for_an_officer_and_what_should_be_decided_is_counted(mongo: Mongo) -> None:
    mongo.prepare({APPLICATIONS: INDEXES[APPLICATIONS]})
    store = MongoApplications(mongo, Outbox(mongo.db, "certificates"))
    due = {"late": "2026-11-26", "today": "2026-11-27", "unset": "", "issued": "2026-11-01"}
    mongo.db[APPLICATIONS].insert_many(
        {
            "_id": name,
            "transaction_token": name,
            "state": "ISSUED" if name == "issued" else "IN_VERIFICATION",
            "due_on": day,
        }
        for name, day in due.items()
    )
    told = {sample.name: sample.value for metric in store.measure(TODAY) for sample in metric.samples}
    assert told == {"emitra_applications_waiting": 3, "emitra_applications_overdue": 1}
