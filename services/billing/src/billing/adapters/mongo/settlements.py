"""Settlements, their lines, and what waits for a later one, in MongoDB."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

from bson import Int64
from pymongo import DeleteOne, IndexModel, UpdateOne
from pymongo.client_session import ClientSession

from billing.adapters.events import settled_event
from billing.adapters.mongo.breaks import BREAKS
from billing.adapters.mongo.documents import Document, entry_of
from billing.adapters.mongo.ledger import JOURNAL, MongoLedger
from billing.application.settlement.ports import Contended
from billing.domain.settlement.acts import Act, owed_by
from billing.domain.settlement.settlement import Line, Settlement, SettlementState, Totals
from billing.domain.timeline.hops import Settled
from servicekit.events import Outbox
from servicekit.faults import crash_point
from servicekit.mongo import Mongo

SETTLEMENTS, LINES, WAITING = "settlements", "settlement_lines", "settlement_waiting"
INDEXES = {
    SETTLEMENTS: [
        IndexModel([("biller_id", 1), ("day", 1)], name="one_settlement_of_a_biller_and_day", unique=True),
        IndexModel([("day", 1)], name="settlements_of_a_day"),
        IndexModel([("department", 1), ("day", -1), ("_id", -1)], name="settlements_of_a_department"),
    ],
    LINES: [
        IndexModel([("settlement_id", 1), ("_id", 1)], name="lines_of_a_settlement"),
        IndexModel([("payment_id", 1)], name="settled_of_a_payment"),
    ],
    WAITING: [IndexModel([("biller_id", 1)], name="waiting_of_a_biller")],
}
_BATCH = 500


class MongoSettlements:
    """Implements application.settlement.ports.Settlements. A line is named by biller and entry: it is there once."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._settlements = mongo.db[SETTLEMENTS]
        self._lines = mongo.db[LINES]
        self._waiting = mongo.db[WAITING]
        self._journal = mongo.db[JOURNAL]

    def of_day(self, biller_id: str, day: date) -> Settlement | None:
        document = self._settlements.find_one({"biller_id": biller_id, "day": day.isoformat()})
        return _settlement_of(document) if document else None

    def get(self, settlement_id: str) -> Settlement | None:
        document = self._settlements.find_one({"_id": settlement_id})
        return _settlement_of(document) if document else None

    def in_range(self, first: date, last: date) -> Iterator[Settlement]:
        days = {"day": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
        yield from map(_settlement_of, self._settlements.find(days).sort([("day", 1), ("biller_id", 1)]))

    def page(self, department: str | None, *, before: tuple[date, str] | None, limit: int) -> list[Settlement]:
        query: Document = {"state": SettlementState.CLOSED.value}
        if department is not None:
            query["department"] = department
        if before:
            day, settlement_id = before[0].isoformat(), before[1]
            query["$or"] = [{"day": {"$lt": day}}, {"day": day, "_id": {"$lt": settlement_id}}]
        rows = self._settlements.find(query).sort([("day", -1), ("_id", -1)]).limit(limit)
        return [_settlement_of(row) for row in rows]

    def open(self, settlement: Settlement) -> Settlement:
        key = {"biller_id": settlement.biller_id, "day": settlement.day.isoformat()}
        new: Document = {
            "_id": settlement.settlement_id,
            "department": settlement.department,
            "state": settlement.state.value,
            "opened_at": settlement.opened_at,
            "version": 0,
        }
        self._settlements.update_one(key, {"$setOnInsert": new}, upsert=True)
        opened = self.of_day(settlement.biller_id, settlement.day)
        assert opened is not None, f"{key} is gone"
        return opened

    def owed(self, biller_id: str, begun: datetime, before: datetime) -> Iterator[Act]:
        # All that waits is read first: what is taken is put among it again. What came later is of no earlier day.
        waiting = {"biller_id": biller_id, "at": {"$lt": before}}
        waited = [_act_of(row, biller_id) for row in self._waiting.find(waiting).sort("_id", 1)]
        entries = self._journal.find({"parties": biller_id, "at": {"$gte": begun, "$lt": before}}).sort("at", 1)
        named = {act.entry_id for act in waited}
        of_entries = (
            act
            for document in entries
            for act in owed_by(entry_of(document))
            if act.source == biller_id and act.entry_id not in named
        )
        yield from waited
        while batch := list(islice(of_entries, _BATCH)):
            names = [_line_name(act) for act in batch]
            settled = {row["_id"] for row in self._lines.find({"_id": {"$in": names}}, {"_id": 1})}
            yield from (act for act, name in zip(batch, names, strict=True) if name not in settled)

    def held_back(self, payment_ids: Sequence[str]) -> set[str]:
        about = {"payment_id": {"$in": list(payment_ids)}, "status": "open"}
        return {row["payment_id"] for row in self._mongo.db[BREAKS].find(about, {"payment_id": 1})}

    def take(self, settlement: Settlement, acts: Sequence[Act], waiting: Sequence[Act]) -> Settlement:
        def write(session: ClientSession) -> None:
            self._advance(session, settlement)
            if acts:
                lines = [
                    UpdateOne(
                        {"_id": _line_name(act)},
                        {"$setOnInsert": {"settlement_id": settlement.settlement_id, **_act_members(act)}},
                        upsert=True,
                    )
                    for act in acts
                ]
                self._lines.bulk_write(lines, session=session)
                self._waiting.bulk_write([DeleteOne({"_id": _line_name(act)}) for act in acts], session=session)
            if waiting:
                kept = [
                    UpdateOne(
                        {"_id": _line_name(act)},
                        {"$setOnInsert": {"biller_id": act.source, **_act_members(act)}},
                        upsert=True,
                    )
                    for act in waiting
                ]
                self._waiting.bulk_write(kept, session=session)

        self._mongo.transact(write)
        return replace(settlement, version=settlement.version + 1)

    def lines(self, settlement_id: str) -> Iterator[Line]:
        for row in self._lines.find({"settlement_id": settlement_id}).sort("_id", 1):
            yield Line(row["entry_id"], row["payment_id"], int(row["paise"]), row["at"])

    def close(self, settlement: Settlement, totals: Totals, event_id: str, at: datetime) -> Settlement:
        closed = replace(
            settlement,
            state=SettlementState.CLOSED,
            version=settlement.version + 1,
            lines=totals.lines,
            gross_paise=totals.gross_paise,
            refunded_paise=totals.refunded_paise,
            held_back=self._waiting.count_documents({"biller_id": settlement.biller_id}),
            file_sha256=totals.sha256,
            closed_at=at,
        )

        def write(session: ClientSession) -> None:
            self._advance(session, settlement, _closing(closed))
            if closed.net_paise:
                self._ledger.write(session, [closed.entry(at)])
            if closed.lines:
                self._outbox.add(session, settled_event(closed, event_id))
            crash_point("M3")

        self._mongo.transact(write)
        return self.get(settlement.settlement_id) or closed  # As it is kept: instants to the millisecond.

    def give_up(self, settlement: Settlement) -> Settlement:
        def write(session: ClientSession) -> None:
            rows = list(self._lines.find({"settlement_id": settlement.settlement_id}, session=session))
            self._advance(session, settlement)
            self._lines.delete_many({"settlement_id": settlement.settlement_id}, session=session)
            kept = [{**row, "biller_id": settlement.biller_id} for row in rows]
            for row in kept:
                del row["settlement_id"]
            if kept:
                self._waiting.insert_many(kept, session=session)

        self._mongo.transact(write)
        return replace(settlement, version=settlement.version + 1)

    def settled_of(self, payment_id: str) -> list[Settled]:
        """Which settlements paid out what of a payment, for its timeline."""
        rows = list(self._lines.find({"payment_id": payment_id}))
        ids = list({row["settlement_id"] for row in rows})
        closed = {
            row["_id"]: row["closed_at"] for row in self._settlements.find({"_id": {"$in": ids}, "state": "CLOSED"})
        }
        return [
            Settled(row["entry_id"], row["settlement_id"], int(row["paise"]), closed[row["settlement_id"]])
            for row in rows
            if row["settlement_id"] in closed
        ]

    def _advance(self, session: ClientSession, settlement: Settlement, changes: Document | None = None) -> None:
        """Changes the settlement, if it is as it was read."""
        same = {"_id": settlement.settlement_id, "state": "OPEN", "version": settlement.version}
        update: Document = {"$inc": {"version": 1}}
        if changes:
            update["$set"] = changes
        if self._settlements.update_one(same, update, session=session).matched_count != 1:
            raise Contended(settlement.settlement_id)


def _line_name(act: Act) -> str:
    return f"{act.source}|{act.entry_id}"


def _act_members(act: Act) -> Document:
    return {"entry_id": act.entry_id, "payment_id": act.payment_id, "paise": Int64(act.paise), "at": act.at}


def _act_of(row: Document, biller_id: str) -> Act:
    return Act(row["entry_id"], biller_id, int(row["paise"]), row["payment_id"], row["at"])


def _closing(settlement: Settlement) -> Document:
    return {
        "state": settlement.state.value,
        "lines": settlement.lines,
        "gross_paise": Int64(settlement.gross_paise),
        "refunded_paise": Int64(settlement.refunded_paise),
        "held_back": settlement.held_back,
        "file_sha256": settlement.file_sha256,
        "closed_at": settlement.closed_at,
    }


def _settlement_of(document: Document) -> Settlement:
    return Settlement(
        settlement_id=document["_id"],
        biller_id=document["biller_id"],
        department=document["department"],
        day=date.fromisoformat(document["day"]),
        state=SettlementState(document["state"]),
        opened_at=document["opened_at"],
        version=document["version"],
        lines=document.get("lines", 0),
        gross_paise=int(document.get("gross_paise", 0)),
        refunded_paise=int(document.get("refunded_paise", 0)),
        held_back=document.get("held_back", 0),
        file_sha256=document.get("file_sha256"),
        closed_at=document.get("closed_at"),
    )
