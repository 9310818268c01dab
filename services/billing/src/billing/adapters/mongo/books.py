"""Streams the records that the books are checked from, on snapshots of the database, and keeps how far that is."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from bson import Int64
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from billing.adapters.events import COMPLETED, FAILED_EVENT
from billing.adapters.mongo.documents import PAYMENTS, Document, events_told
from billing.adapters.mongo.ledger import JOURNAL, WALLETS
from billing.adapters.mongo.refunds import REFUNDS
from billing.adapters.mongo.settlements import LINES, SETTLEMENTS
from billing.adapters.mongo.top_ups import TOP_UPS
from billing.application.books.ports import Mark
from billing.domain.books import (
    MOST_EXAMPLES,
    EntryFacts,
    PaymentFacts,
    RefundFacts,
    SettlementFacts,
    TopUpFacts,
    WalletFacts,
)
from billing.domain.ledger.accounts import PSP_CLEARING, wallet_account
from billing.domain.ledger.entries import Kind
from billing.domain.payments.payment import State
from billing.domain.refunds.refund import Destination, RefundState, refund_entry_id
from billing.domain.settlement.settlement import settlement_entry_id
from billing.domain.top_ups.top_up import TopUpState, top_up_entry_id
from servicekit.events.outbox import COLLECTION as OUTBOX
from servicekit.events.outbox import SENT_ROWS_KEPT_SECONDS
from servicekit.mongo import Mongo

# Sent events are forgotten after a while; a payment this close to it may have lost its event to time, not to a fault.
_EVENTS_SURELY_KEPT = timedelta(seconds=SENT_ROWS_KEPT_SECONDS) - timedelta(hours=1)


# As many entries as one snapshot bears: read within half a minute or so, where it lasts for five.
MOST_ENTRIES = 20_000
_BATCH = 500
MARKS, BALANCES = "book_marks", "book_balances"
_BOOKS = "books"


class MongoRecords:
    """Implements application.books.ports.Records."""

    def __init__(self, mongo: Mongo, most_entries: int = MOST_ENTRIES) -> None:
        self._mongo = mongo
        self._most_entries = most_entries

    def window_end(self, since: datetime | None, before: datetime) -> datetime | None:
        query = {"at": {"$lte": before, **({"$gt": since} if since else {})}}
        rows = self._mongo.db[JOURNAL].find(query, {"at": 1}).sort("at", 1).skip(self._most_entries - 1).limit(1)
        last = next(rows, None)
        return last["at"] if last else None

    @contextmanager
    def snapshot(self, mark: Mark, until: datetime | None = None) -> Iterator["MongoSnapshot"]:
        with self._mongo.client.start_session(snapshot=True) as session:
            yield MongoSnapshot(self._mongo, session, mark, until)


class MongoSnapshot:
    """Implements application.books.ports.Snapshot."""

    def __init__(self, mongo: Mongo, session: ClientSession, mark: Mark, until: datetime | None) -> None:
        self._db = mongo.db
        self._session = session
        self._mark = mark
        self._until = until
        self._is_whole = mark.until is None and until is None
        self._strays: tuple[list[str], list[str], list[str]] = ([], [], [])
        self._strays_of_top_ups: tuple[list[str], list[str]] = ([], [])

    def balances(self) -> dict[str, int]:
        pipeline: list[Document] = [
            {"$match": self._in_time("at")},
            {"$unwind": "$legs"},
            {"$group": {"_id": "$legs.account", "paise": {"$sum": "$legs.paise"}}},
            {"$sort": {"_id": 1}},
        ]
        rows = self._db[JOURNAL].aggregate(pipeline, session=self._session, allowDiskUse=True)
        return {row["_id"]: int(row["paise"]) for row in rows}

    def unbalanced_entries(self) -> list[str]:
        unbalanced = {**self._in_time("at"), "$expr": {"$ne": [{"$sum": "$legs.paise"}, 0]}}
        rows = self._db[JOURNAL].find(unbalanced, {"_id": 1}, session=self._session, limit=MOST_EXAMPLES)
        return [str(row["_id"]) for row in rows]

    def repeated_receipts(self) -> dict[str, int]:
        if not self._is_whole:
            return {}  # A number is its token's, of which an index sees to it that it is there once.
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

    def settlements(self) -> Iterator[SettlementFacts]:
        closed = {"state": "CLOSED", **self._in_time("closed_at")}
        for settlement in self._db[SETTLEMENTS].find(closed, session=self._session):
            settlement_id = settlement["_id"]
            lines = self._db[LINES].aggregate(
                [
                    {"$match": {"settlement_id": settlement_id}},
                    {"$group": {"_id": None, "count": {"$sum": 1}, "paise": {"$sum": "$paise"}}},
                ],
                session=self._session,
            )
            kept: Document = next(lines, {"count": 0, "paise": 0})
            entry = self._db[JOURNAL].find_one({"_id": settlement_entry_id(settlement_id)}, session=self._session)
            yield SettlementFacts(
                settlement_id,
                int(settlement["gross_paise"]) - int(settlement["refunded_paise"]),
                settlement["lines"],
                kept["count"],
                int(kept["paise"]),
                sum(int(leg["paise"]) for leg in entry["legs"] if leg["paise"] > 0) if entry else 0,
            )

    def payments(self, at: datetime) -> Iterator[PaymentFacts]:
        if self._is_whole:
            yield from self._walk(at, {}, {"payment_id": {"$exists": True}}, {}, {})
            return
        touched = iter(sorted(self._touched() | set(self._mark.open)))
        while ids := list(islice(touched, _BATCH)):
            these = {"$in": ids}
            yield from self._walk(
                at, {"_id": these}, {"payment_id": these}, {"aggregate.id": these}, {"payment_id": these}
            )

    def _touched(self) -> set[str]:
        """Payments that were made, or that an entry, an event or a refund of the time speaks of."""
        in_time = self._in_time("at")
        touched = set(self._db[JOURNAL].distinct("payment_id", in_time, session=self._session)) - {None}
        touched |= self._made(PAYMENTS, "pay_", "_id")
        touched |= self._made(REFUNDS, "rfd_", "payment_id")
        return touched

    def _touched_top_ups(self) -> set[str]:
        """Top-ups that were made, that an entry of the time speaks of, or that go on."""
        touched = set(self._db[JOURNAL].distinct("top_up_id", self._in_time("at"), session=self._session)) - {None}
        goes_on = {"resume_at": {"$type": "date"}}
        touched |= {str(row["_id"]) for row in self._db[TOP_UPS].find(goes_on, {"_id": 1}, session=self._session)}
        return touched | self._made(TOP_UPS, "top_", "_id")

    def _made(self, collection: str, prefix: str, member: str) -> set[str]:
        # Ids begin with the millisecond they were made in (UUIDv7).
        ids: Document = {}
        if self._mark.until:
            ids["$gte"] = _first_id(prefix, self._mark.until)
        if self._until:
            ids["$lt"] = _first_id(prefix, self._until + timedelta(milliseconds=1))
        rows = self._db[collection].find({"_id": ids} if ids else {}, {member: 1}, session=self._session)
        return {str(row[member]) for row in rows}

    def _in_time(self, member: str) -> Document:
        bounds = {"$gt": self._mark.until, "$lte": self._until}
        bounds = {operator: instant for operator, instant in bounds.items() if instant}
        return {member: bounds} if bounds else {}

    def _walk(
        self, at: datetime, of_payments: Document, of_entries: Document, of_events: Document, of_refunds: Document
    ) -> Iterator[PaymentFacts]:
        """Walks four collections in the order of the payments' ids."""
        entries = _Grouped(
            self._db[JOURNAL].find(of_entries, session=self._session).sort("payment_id", 1),
            lambda entry: str(entry["payment_id"]),
        )
        events = _Grouped(
            self._db[OUTBOX]
            .find({"aggregate.type": "payment", **of_events}, {"aggregate": 1, "routing_key": 1}, session=self._session)
            .sort([("aggregate.type", 1), ("aggregate.id", 1)]),
            lambda row: str(row["aggregate"]["id"]),
        )
        refunds = _Grouped(
            self._db[REFUNDS]
            .find(of_refunds, {"history": 0}, session=self._session)
            .sort([("payment_id", 1), ("created_at", 1)]),
            lambda row: str(row["payment_id"]),
        )
        for payment in self._db[PAYMENTS].find(of_payments, session=self._session).sort("_id", 1):
            types = Counter(str(row["routing_key"]) for row in events.of(payment["_id"]))
            facts = _facts(payment, entries.of(payment["_id"]), types, kept_since=at - _EVENTS_SURELY_KEPT)
            yield replace(facts, refunds=[_refund_facts(row) for row in refunds.of(payment["_id"])])
        for strays, grouped in zip(self._strays, (entries, events, refunds), strict=True):
            strays.extend(grouped.finish())

    def strays(self) -> tuple[list[str], list[str], list[str]]:
        return self._strays

    def top_ups(self, at: datetime) -> Iterator[TopUpFacts]:
        """Walks three collections in the order of the top-ups' ids."""
        of_records: Document = {}
        of_entries: Document = {"top_up_id": {"$exists": True}}
        of_events: Document = {}
        if not self._is_whole:
            these = {"$in": sorted(self._touched_top_ups())}
            of_records, of_entries, of_events = {"_id": these}, {"top_up_id": these}, {"aggregate.id": these}
        entries = _Grouped(
            self._db[JOURNAL].find(of_entries, session=self._session).sort("top_up_id", 1),
            lambda entry: str(entry["top_up_id"]),
        )
        events = _Grouped(
            self._db[OUTBOX]
            .find({"aggregate.type": "top_up", **of_events}, {"aggregate": 1}, session=self._session)
            .sort([("aggregate.type", 1), ("aggregate.id", 1)]),
            lambda row: str(row["aggregate"]["id"]),
        )
        for row in self._db[TOP_UPS].find(of_records, session=self._session).sort("_id", 1):
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


def _first_id(prefix: str, at: datetime) -> str:
    return f"{prefix}{int(at.timestamp() * 1000):012x}"


class MongoMarks:
    """Implements application.books.ports.Marks.

    The balances go first, each with the one before; the mark, which says which of the two counts, goes last.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._marks = mongo.db[MARKS]
        self._balances = mongo.db[BALANCES]

    def read(self) -> Mark:
        document = self._marks.find_one({"_id": _BOOKS})
        if document is None:
            return Mark()
        balances: dict[str, int] = {}
        for row in self._balances.find():
            counts = row if row["until"] <= document["until"] else row["was"]
            if counts.get("paise") is not None:
                balances[row["_id"]] = int(counts["paise"])
        return Mark(document["until"], balances, frozenset(document["open"]))

    def advance(self, before: Mark, after: Mark) -> None:
        earlier = {"$cond": [{"$gt": ["$until", before.until]}, "$was", {"paise": "$paise", "until": "$until"}]}
        changed = [
            UpdateOne(
                {"_id": account},
                [{"$set": {"was": earlier, "paise": Int64(paise), "until": after.until}}],
                upsert=True,
            )
            for account, paise in after.balances.items()
            if before.balances.get(account) != paise
        ]
        if changed:
            self._balances.bulk_write(changed, ordered=False)
        told = {"until": after.until, "open": sorted(after.open)}
        self._marks.replace_one({"_id": _BOOKS}, told, upsert=True)

    def keep_open(self, mark: Mark, still: Set[str]) -> None:
        self._marks.update_one({"_id": _BOOKS, "until": mark.until}, {"$set": {"open": sorted(still)}})

    def forget(self) -> None:
        self._marks.delete_one({"_id": _BOOKS})
        self._balances.delete_many({})


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
