"""Partners' files of days, and the ledger beside them, in MongoDB."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from bson import Int64
from pymongo import IndexModel, UpdateOne
from pymongo.client_session import ClientSession

from billing.adapters.mongo.breaks import BREAKS, MongoBreaks
from billing.adapters.mongo.documents import Document, entry_of
from billing.adapters.mongo.ledger import JOURNAL
from billing.application.settlement.ports import Reconciliation, SourceResult
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.settlement.acts import Act, acts_of
from billing.domain.settlement.day_files import MOST_PARKED, DayFile
from servicekit.mongo import Mongo

FILES, ROWS, RECONCILIATIONS = "partner_files", "partner_rows", "reconciliations"
INDEXES = {ROWS: [IndexModel([("source", 1), ("day", 1)], name="rows_of_a_day")]}
_BATCH = 1_000


class MongoDayBooks:
    """Implements application.settlement.ports.DayBooks."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._files = mongo.db[FILES]
        self._rows = mongo.db[ROWS]
        self._days = mongo.db[RECONCILIATIONS]
        self._journal = mongo.db[JOURNAL]
        self._breaks = MongoBreaks(mongo)

    def known_file(self, source: str, day: date) -> str | None:
        document = self._files.find_one({"_id": _name(source, day)}, {"sha256": 1})
        return str(document["sha256"]) if document else None

    def parked(self, source: str, day: date) -> int:
        document = self._files.find_one({"_id": _name(source, day)}, {"parked_rows": 1})
        return int(document["parked_rows"]) if document else 0

    def listed_elsewhere(self, source: str, day: date, entry_ids: Sequence[str]) -> set[str]:
        elsewhere: set[str] = set()
        for begin in range(0, len(entry_ids), _BATCH):
            names = [_row_name(source, entry_id) for entry_id in entry_ids[begin : begin + _BATCH]]
            other = {"_id": {"$in": names}, "day": {"$ne": day.isoformat()}}
            elsewhere |= {row["request_id"] for row in self._rows.find(other, {"request_id": 1})}
        return elsewhere

    def keep_file(self, source: str, day: date, sha256: str, file: DayFile, at: datetime) -> None:
        for begin in range(0, len(file.rows), _BATCH):
            kept = [
                UpdateOne(
                    {"_id": _row_name(source, row.request_id)},
                    {
                        "$set": {
                            "source": source,
                            "day": day.isoformat(),
                            "request_id": row.request_id,
                            "paise": Int64(row.paise),
                            "sha256": sha256,
                        }
                    },
                    upsert=True,
                )
                for row in file.rows[begin : begin + _BATCH]
            ]
            self._rows.bulk_write(kept, ordered=False)
        self._rows.delete_many({"source": source, "day": day.isoformat(), "sha256": {"$ne": sha256}})
        told: Document = {
            "source": source,
            "day": day.isoformat(),
            "sha256": sha256,
            "rows": len(file.rows),
            "parked_rows": len(file.parked),
            "parked": [{"line": row.line, "reason": row.reason} for row in file.parked[:MOST_PARKED]],
            "stated_rows": Int64(file.stated_rows),
            "stated_paise": Int64(file.stated_paise),
            "read_at": at,
        }
        self._files.replace_one({"_id": _name(source, day)}, told, upsert=True)

    def acts(self, source: str, begun: datetime, before: datetime) -> Iterator[Act]:
        query = {"parties": source, "at": {"$gte": begun, "$lt": before}}
        for document in self._journal.find(query).sort("at", 1):
            yield from (act for act in acts_of(entry_of(document)) if act.source == source)

    def rows_of_day(self, source: str, day: date) -> Iterator[tuple[str, int]]:
        for row in self._rows.find({"source": source, "day": day.isoformat()}, {"request_id": 1, "paise": 1}):
            yield row["request_id"], int(row["paise"])

    def listed(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, int]:
        names = [_row_name(source, entry_id) for entry_id in entry_ids]
        rows = self._rows.find({"_id": {"$in": names}}, {"request_id": 1, "paise": 1})
        return {row["request_id"]: int(row["paise"]) for row in rows}

    def in_books(self, source: str, entry_ids: Sequence[str]) -> Mapping[str, Act]:
        entries = map(entry_of, self._journal.find({"_id": {"$in": list(entry_ids)}}))
        return {act.entry_id: act for entry in entries for act in acts_of(entry) if act.source == source}

    def open_breaks(self, kinds: Iterable[BreakKind]) -> Iterator[Break]:
        for row in self._mongo.db[BREAKS].find({"status": "open", "kind": {"$in": [kind.value for kind in kinds]}}):
            yield Break(
                row["payment_id"],
                BreakKind(row["kind"]),
                row["detail"],
                row["opened_at"],
                row["due_at"],
                refund_id=row.get("refund_id"),
                source=row.get("source"),
                entry_id=row.get("entry_id"),
            )

    def open(self, breaks: Sequence[Break]) -> None:
        if not breaks:
            return

        def write(session: ClientSession) -> None:
            for one in breaks:
                self._breaks.reopen(session, one)
                self._breaks.open(session, one)

        self._mongo.transact(write)

    def resolve(self, breaks: Sequence[Break], at: datetime, by: str) -> None:
        if not breaks:
            return

        def write(session: ClientSession) -> None:
            for one in breaks:
                self._breaks.resolve(session, one.payment_id, Resolution(one.kind, at, by, one.refund_id))

        self._mongo.transact(write)

    def record(self, reconciliation: Reconciliation) -> None:
        told: Document = {
            "sources": [
                {
                    "source": one.source,
                    "sha256": one.sha256,
                    "rows": one.rows,
                    "parked": one.parked,
                    "matched": one.matched,
                    "differences": one.differences,
                }
                for one in reconciliation.sources
            ],
            "missing": list(reconciliation.missing),
            "done_at": reconciliation.done_at,
        }
        self._days.replace_one({"_id": reconciliation.day.isoformat()}, told, upsert=True)

    def reconciled(self, day: date) -> Reconciliation | None:
        document = self._days.find_one({"_id": day.isoformat()})
        if document is None:
            return None
        sources = [SourceResult(**source) for source in document["sources"]]
        return Reconciliation(day, sources, document["missing"], document["done_at"])


def _name(source: str, day: date) -> str:
    return f"{source}|{day.isoformat()}"


def _row_name(source: str, entry_id: str) -> str:
    return f"{source}|{entry_id}"
