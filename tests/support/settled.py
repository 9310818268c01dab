"""What must be true once a fault is over: nothing promised is lost, nothing is done twice, and the books are right."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo
import urllib3
from pymongo.database import Database

from emitra_local.stack import Stack
from tests.support.invariants import assert_invariants
from tests.support.platform import eventually
from tests.support.traffic import Promised

# The slowest way to an end: the sweeper waits out a dead one's lease and grace, then asks the biller (12 s, 15 s, 8 s).
SETTLED_WITHIN_SECONDS = 75
# More payments than any fault test makes; the biller's answer is one page.
MOST_PAYMENTS = 100_000


@contextmanager
def database(stack: Stack, service: str) -> Iterator[Database[dict[str, Any]]]:
    """A service's database, to look into."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri, tz_aware=True) as client:
        yield client[stack.infrastructure.database_of(service)]


def assert_each_paid_once(
    stack: Stack, promised: Sequence[Promised], *, within: float = SETTLED_WITHIN_SECONDS
) -> None:
    """Every promised payment is completed: once at the biller, with one receipt, one event, one effect of it; every
    key has one payment; and the invariants hold."""
    assert promised, "there was no traffic"
    tokens = {promise.payment["payment_id"]: promise.payment["transaction_token"] for promise in promised}
    ids = list(tokens)
    with database(stack, "billing") as billing, database(stack, "gateway") as gateway:

        def completed() -> list[dict[str, Any]]:
            payments = list(billing.payments.find({"_id": {"$in": ids}}))
            return payments if all(payment["state"] == "COMPLETED" for payment in payments) else []

        payments = eventually(completed, within, "every promised payment is completed")
        # One per key: none is missing, and no bill has a payment that nobody was told of.
        bills = [promise.bill_id for promise in promised]
        of_bills = [payment["_id"] for payment in billing.payments.find({"bill_id": {"$in": bills}})]
        assert sorted(of_bills) == sorted(ids)
        claims = billing.idempotency.find({"operation": "create-payment", "key": {"$in": [p.key for p in promised]}})
        assert {c["key"]: c["resource_id"] for c in claims} == {p.key: p.payment["payment_id"] for p in promised}
        assert len({payment["receipt"]["number"] for payment in payments}) == len(ids)
        events = billing.outbox.find({"routing_key": "payment.completed.v1", "aggregate.id": {"$in": ids}})
        assert Counter(event["aggregate"]["id"] for event in events) == Counter(ids)

        def events_by_token() -> dict[str, list[str]]:
            seen = gateway.transactions.find({"_id": {"$in": list(tokens.values())}})
            types_by_token = {
                transaction["_id"]: [event["type"] for event in transaction["events"]] for transaction in seen
            }
            return types_by_token if len(types_by_token) == len(ids) else {}

        effects = eventually(events_by_token, within, "every completion reached the gateway's view")
        assert effects == {token: ["payment.completed"] for token in tokens.values()}
        # A fee is ours already and goes to no biller; that its application has left FEE_DUE is I6.
        references = Counter(payment["bill_ref"] for payment in payments if payment["application_id"] is None)
    biller = stack.simulator_urls["biller-simulator"]
    audit = urllib3.request("GET", f"{biller}/control/payments?limit={MOST_PAYMENTS}", timeout=10).json()["payments"]
    # By the bill and not by our request: a second posting under another request id would be one too.
    posted = Counter(posting["bill_ref"] for posting in audit if posting["bill_ref"] in references)
    assert posted == references
    assert all(posting["status"] == "SUCCESS" for posting in audit if posting["bill_ref"] in references)
    assert_invariants(stack)
