"""Streams the records that the books are checked from, on one snapshot of the database."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from pymongo.client_session import ClientSession

from billing.adapters.events import COMPLETED, FAILED_EVENT
from billing.adapters.mongo.documents import PAYMENTS, Document, events_told
from billing.adapters.mongo.ledger import JOURNAL, WALLETS
from billing.adapters.mongo.refunds import REFUNDS
from billing.adapters.mongo.top_ups import TOP_UPS
from billing.domain.books import MOST_EXAMPLES, EntryFacts, PaymentFacts, RefundFacts, TopUpFacts, WalletFacts
from billing.domain.ledger.accounts import PSP_CLEARING, wallet_account
from billing.domain.ledger.entries import Kind
from billing.domain.payments.payment import State
from billing.domain.refunds.refund import Destination, RefundState, refund_entry_id
from billing.domain.top_ups.top_up import TopUpState, top_up_entry_id
from servicekit.events.outbox import COLLECTION as OUTBOX
from servicekit.events.outbox import SENT_ROWS_KEPT_SECONDS
from servicekit.mongo import Mongo

# Sent events are forgotten after a while; a payment this close to it may have lost its event to time, not to a fault.
_EVENTS_SURELY_KEPT = timedelta(seconds=SENT_ROWS_KEPT_SECONDS) - timedelta(hours=1)


class MongoRecords:
    """Implements application.books.ports.Records."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    @contextmanager
    def snapshot(self) -> Iterator["MongoSnapshot"]:
        with self._mongo.client.start_session(snapshot=True) as session:
            yield MongoSnapshot(self._mongo, session)


class MongoSnapshot:
    """Implements application.books.ports.Snapshot."""

    def __init__(self, mongo: Mongo, session: ClientSession) -> None:
        self._db = mongo.db
        self._session = session
        self._strays: tuple[list[str], list[str], list[str]] = ([], [], [])
        self._strays_of_top_ups: tuple[list[str], list[str]] = ([], [])

    def balances(self) -> dict[str, int]:
        pipeline: list[Document] = [
            {"$unwind": "$legs"},
            {"$group": {"_id": "$legs.account", "paise": {"$sum": "$legs.paise"}}},
            {"$sort": {"_id": 1}},
        ]
        rows = self._db[JOURNAL].aggregate(pipeline, session=self._session, allowDiskUse=True)
        return {row["_id"]: int(row["paise"]) for row in rows}

    def unbalanced_entries(self) -> list[str]:
        unbalanced = {"$expr": {"$ne": [{"$sum": "$legs.paise"}, 0]}}
        rows = self._db[JOURNAL].find(unbalanced, {"_id": 1}, session=self._session, limit=MOST_EXAMPLES)
        return [str(row["_id"]) for row in rows]

    def repeated_receipts(self) -> dict[str, int]:
        pipeline: list[Document] = [
            {"$match": {"receipt.number": {"$type": "string"}}},
            {"$group": {"_id": "$receipt.number", "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$limit": MOST_EXAMPLES},
        ]
        rows = self._db[PAYMENTS].aggregate(pipeline, session=self._session, allowDiskUse=True)
        return {row["_id"]: int(row["count"]) for row in rows}

    def wallets(self) -> Iterator[WalletFacts]:
        for wallet in self._db[WALLETS].find({}, session=self._session):
            yield WalletFacts(wallet["_id"], int(wallet["available_paise"]), int(wallet["credit_limit_paise"]))

    def payments(self, at: datetime) -> Iterator[PaymentFacts]:
        """Walks four collections in the order of the payments' ids."""
        entries = _Grouped(
            self._db[JOURNAL].find({"payment_id": {"$exists": True}}, session=self._session).sort("payment_id", 1),
            lambda entry: str(entry["payment_id"]),
        )
        events = _Grouped(
            self._db[OUTBOX]
            .find({"aggregate.type": "payment"}, {"aggregate": 1, "routing_key": 1}, session=self._session)
            .sort([("aggregate.type", 1), ("aggregate.id", 1)]),
            lambda row: str(row["aggregate"]["id"]),
        )
        refunds = _Grouped(
            self._db[REFUNDS]
            .find({}, {"history": 0}, session=self._session)
            .sort([("payment_id", 1), ("created_at", 1)]),
            lambda row: str(row["payment_id"]),
        )
        for payment in self._db[PAYMENTS].find({}, session=self._session).sort("_id", 1):
            types = Counter(str(row["routing_key"]) for row in events.of(payment["_id"]))
            facts = _facts(payment, entries.of(payment["_id"]), types, kept_since=at - _EVENTS_SURELY_KEPT)
            yield replace(facts, refunds=[_refund_facts(row) for row in refunds.of(payment["_id"])])
        self._strays = (entries.finish(), events.finish(), refunds.finish())

    def strays(self) -> tuple[list[str], list[str], list[str]]:
        return self._strays

    def top_ups(self, at: datetime) -> Iterator[TopUpFacts]:
        """Walks three collections in the order of the top-ups' ids."""
        entries = _Grouped(
            self._db[JOURNAL].find({"top_up_id": {"$exists": True}}, session=self._session).sort("top_up_id", 1),
            lambda entry: str(entry["top_up_id"]),
        )
        events = _Grouped(
            self._db[OUTBOX]
            .find({"aggregate.type": "top_up"}, {"aggregate": 1}, session=self._session)
            .sort([("aggregate.type", 1), ("aggregate.id", 1)]),
            lambda row: str(row["aggregate"]["id"]),
        )
        for row in self._db[TOP_UPS].find({}, session=self._session).sort("_id", 1):
            top_up_id = str(row["_id"])
            yield TopUpFacts(
                top_up_id=top_up_id,
                kiosk_id=row["kiosk_id"],
                state=TopUpState(row["state"]),
                paise=int(row["paise"]),
                entry_id=top_up_entry_id(top_up_id),
                entries=[_entry_facts(entry) for entry in entries.of(top_up_id)],
                events=len(events.of(top_up_id)),
                events_may_be_forgotten=row["history"][-1]["at"] < at - _EVENTS_SURELY_KEPT,
            )
        self._strays_of_top_ups = (entries.finish(), events.finish())

    def strays_of_top_ups(self) -> tuple[list[str], list[str]]:
        return self._strays_of_top_ups


def _facts(payment: Document, entries: list[Document], types: Counter[str], *, kept_since: datetime) -> PaymentFacts:
    ended_at: datetime = payment["history"][-1]["at"]
    return PaymentFacts(
        payment_id=payment["_id"],
        state=State(payment["state"]),
        mode=payment["mode"],
        kiosk_id=payment["kiosk_id"],
        total_paise=int(payment["bill_paise"]) + int(payment["service_charge_paise"]),
        has_receipt=payment["receipt"] is not None,
        events_told=events_told(payment),
        events_may_be_forgotten=ended_at < kept_since,
        entries=[_entry_facts(entry) for entry in entries],
        completed=types[COMPLETED],
        failed=types[FAILED_EVENT],
        refunding_paise=int(payment.get("refunding_paise", 0)),
        refunded_paise=int(payment.get("refunded_paise", 0)),
        other_events=types.total() - types[COMPLETED] - types[FAILED_EVENT],
    )


def _entry_facts(entry: Document) -> EntryFacts:
    return EntryFacts(entry["_id"], Kind(entry["kind"]), [(leg["account"], int(leg["paise"])) for leg in entry["legs"]])


def _refund_facts(refund: Document) -> RefundFacts:
    refund_id, kiosk_id, paise = str(refund["_id"]), refund["kiosk_id"], int(refund["paise"])
    to_wallet = refund["destination"] == Destination.WALLET and kiosk_id
    legs = [(leg["account"], -int(leg["paise"])) for leg in refund["debits"]]
    legs.append((wallet_account(kiosk_id) if to_wallet else PSP_CLEARING, paise))
    return RefundFacts(refund_id, RefundState(refund["state"]), paise, refund_entry_id(refund_id), legs)


class _Grouped:
    """A cursor in the order of a key, read group by group beside another in the same order.

    `strays` are keys nobody asked for: rows of a payment that does not exist.
    """

    def __init__(self, rows: Iterable[Document], key: Callable[[dict[str, Any]], str]) -> None:
        self._groups = groupby(rows, key)
        self._next: tuple[str, list[Document]] | None = None
        self.strays: list[str] = []

    def of(self, key: str) -> list[Document]:
        """The rows of `key`; keys asked for must rise."""
        while self._next is None or self._next[0] < key:
            self._pass_over()
            group = next(self._groups, None)
            if group is None:
                return []
            self._next = (group[0], list(group[1]))
        if self._next[0] != key:
            return []
        rows = self._next[1]
        self._next = (key, [])
        return rows

    def finish(self) -> list[str]:
        """The strays, with those after the last key that was asked for."""
        self._pass_over()
        for key, _ in self._groups:
            self.strays.append(key)
            if len(self.strays) >= MOST_EXAMPLES:
                break
        return self.strays

    def _pass_over(self) -> None:
        if self._next and self._next[1]:
            self.strays.append(self._next[0])
