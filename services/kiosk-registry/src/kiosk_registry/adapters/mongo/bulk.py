"""Imports, exports and the register as rows, in MongoDB."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from kiosk_registry.adapters.mongo.documents import DISTRICTS, KIOSKS, Document, hours_of, point, sounds_of
from kiosk_registry.adapters.mongo.lsps import LSPS
from kiosk_registry.adapters.mongo.running import CENTRE_HISTORY, line_document
from kiosk_registry.domain.bulk.operation import KEPT, Batch, Counts, Failure, Operation, OperationKind, State
from kiosk_registry.domain.bulk.rows import CentreRow, RowProblem
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.running.centre import Act, Actor, HistoryLine, Office
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

OPERATIONS = "kiosk_operations"
PIECES = "kiosk_operation_pieces"
PROBLEMS = "kiosk_operation_problems"

_FORGET = {"expireAfterSeconds": 0}
INDEXES = {
    OPERATIONS: [
        IndexModel([("state", ASCENDING), ("begun_at", ASCENDING)], name="to_work_on"),
        IndexModel([("expires_at", ASCENDING)], name="forget_expired_operations", **_FORGET),
    ],
    PIECES: [
        IndexModel([("operation_id", ASCENDING), ("number", ASCENDING)], name="one_piece_per_number", unique=True),
        IndexModel([("expires_at", ASCENDING)], name="forget_expired_pieces", **_FORGET),
    ],
    PROBLEMS: [
        IndexModel([("operation_id", ASCENDING), ("place", ASCENDING)], name="in_order", unique=True),
        IndexModel([("expires_at", ASCENDING)], name="forget_expired_problems", **_FORGET),
    ],
}


_PLAIN = (
    "begun_at", "ended_at", "dry_run", "pieces", "rows_done", "problems_kept", "district", "status", "after",
)  # fmt: skip


class _Moved(Exception):
    """Another worker was faster, or a centre is no longer as it was read; the transaction is given up."""


class MongoOperations:
    """Implements application.bulk.ports.Operations."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._operations = mongo.db[OPERATIONS]
        self._pieces = mongo.db[PIECES]
        self._problems = mongo.db[PROBLEMS]
        self._kiosks = mongo.db[KIOSKS]
        self._history = mongo.db[CENTRE_HISTORY]
        self._idempotency = Idempotency(mongo)

    def begin(self, operation: Operation, claim: Claim | None) -> Once[str]:
        """See the port."""
        document = _to_document(operation)
        if claim is None:
            self._operations.insert_one(document)
            return Once(operation.id, replayed=False)
        return self._idempotency.once(
            claim, operation.id, lambda session: self._operations.insert_one(document, session=session)
        )

    def get(self, operation_id: str) -> Operation | None:
        """One read by _id."""
        document = self._operations.find_one({"_id": operation_id})
        return _from_document(document) if document else None

    def running(self) -> Operation | None:
        """One read by an index."""
        document = self._operations.find_one({"state": State.RUNNING.value}, sort=[("begun_at", ASCENDING)])
        return _from_document(document) if document else None

    def put_piece(self, operation: Operation, number: int, content: bytes) -> bool:
        """In one transaction with the look at the state: what is being read no longer changes."""

        def run(session: ClientSession) -> bool:
            receiving = {"_id": operation.id, "state": State.RECEIVING.value}
            if not self._operations.update_one(receiving, {"$inc": {"received": 1}}, session=session).matched_count:
                return False
            place = {"operation_id": operation.id, "number": number}
            kept = {"content": content, "expires_at": operation.begun_at + KEPT}
            self._pieces.update_one(place, {"$set": kept}, upsert=True, session=session)
            return True

        return self._mongo.transact(run)

    def piece(self, operation_id: str, number: int) -> bytes | None:
        """One read by an index."""
        document = self._pieces.find_one({"operation_id": operation_id, "number": number}, {"content": True})
        return bytes(document["content"]) if document else None

    def piece_numbers(self, operation_id: str) -> Collection[int]:
        """Read from the index alone."""
        documents = self._pieces.find({"operation_id": operation_id}, {"_id": False, "number": True})
        return {document["number"] for document in documents}

    def run(self, operation_id: str) -> bool:
        """Compare-and-set on the state."""
        receiving = {"_id": operation_id, "state": State.RECEIVING.value}
        changed = self._operations.update_one(receiving, {"$set": {"state": State.RUNNING.value}})
        return changed.matched_count == 1

    def commit(self, before: Operation, batch: Batch) -> bool:
        """See the port."""
        added = [_kiosk_document(row) for row in batch.added]
        changed = [UpdateOne({"_id": row.kiosk_id, "version": version}, _change(row)) for row, version in batch.changed]
        problems = [
            {
                "operation_id": before.id,
                "place": place,
                **asdict(problem),
                "expires_at": before.begun_at + KEPT,
            }
            for place, problem in enumerate(batch.problems, start=before.problems_kept + 1)
        ]

        def run(session: ClientSession) -> None:
            self._move(before, batch.after, session)
            if added:
                self._kiosks.insert_many(added, session=session)
            if changed:
                lines = self._lines(before.id, batch, session)
                if self._kiosks.bulk_write(changed, session=session).matched_count < len(changed):
                    raise _Moved
                self._history.insert_many(lines, session=session)
            if problems:
                # Copies, because the driver writes an _id into each and the transaction may run again.
                self._problems.insert_many([dict(problem) for problem in problems], session=session)

        return self._transacted(run)

    def give(self, before: Operation, after: Operation, piece: bytes | None) -> bool:
        """See the port."""
        kept = {"content": piece, "expires_at": before.begun_at + KEPT}

        def run(session: ClientSession) -> None:
            self._move(before, after, session)
            if piece is not None:
                place = {"operation_id": before.id, "number": before.pieces}
                self._pieces.insert_one(place | kept, session=session)

        return self._transacted(run)

    def problems(self, operation_id: str, after: int, limit: int) -> Sequence[tuple[int, RowProblem]]:
        """One read by an index."""
        behind = {"operation_id": operation_id, "place": {"$gt": after}}
        documents = self._problems.find(behind).sort("place", ASCENDING).limit(limit)
        return [
            (
                document["place"],
                RowProblem(*(document[member] for member in ("line", "column", "code", "detail", "detail_hi"))),
            )
            for document in documents
        ]

    def _lines(self, operation_id: str, batch: Batch, session: ClientSession) -> list[Document]:
        """What each changed row is in the history of its centre."""
        rows = {row.kiosk_id: (row, version) for row, version in batch.changed}
        return [
            line_document(
                HistoryLine(
                    kiosk_id=document["_id"],
                    version=rows[document["_id"]][1] + 1,
                    act=Act.IMPORT,
                    at=batch.at,
                    by=Actor(None, Office.REGISTER),
                    facts={"operation_id": operation_id},
                ),
                document,
                _members(rows[document["_id"]][0]),
            )
            for document in self._kiosks.find({"_id": {"$in": list(rows)}}, session=session)
        ]

    def _move(self, before: Operation, after: Operation, session: ClientSession) -> None:
        as_before = {
            "_id": before.id,
            "state": before.state.value,
            "rows_done": before.rows_done,
            "pieces": before.pieces,
        }
        changes = {name: value for name, value in _to_document(after).items() if name != "_id"}
        if not self._operations.update_one(as_before, {"$set": changes}, session=session).matched_count:
            raise _Moved

    def _transacted(self, run: Callable[[ClientSession], None]) -> bool:
        try:
            self._mongo.transact(run)
        except _Moved:
            return False
        except DuplicateKeyError as error:
            # A centre of that code was added between the look and the write.
            if duplicate_key(error) != ("_id",):
                raise
            return False
        return True


class MongoRegisterTable:
    """Implements application.bulk.ports.RegisterTable."""

    def __init__(self, mongo: Mongo) -> None:
        self._kiosks = mongo.db[KIOSKS]
        self._districts = mongo.db[DISTRICTS]
        self._lsps = mongo.db[LSPS]

    def rows(self, codes: Collection[str]) -> Mapping[str, tuple[CentreRow, int]]:
        """One read by _id."""
        documents = self._kiosks.find({"_id": {"$in": [f"ksk_{code}" for code in codes]}})
        return {document["code"]: (_row(document), document["version"]) for document in documents}

    def in_order(self, after: str | None, limit: int, district: str | None, status: str | None) -> Iterator[CentreRow]:
        """One read in order of the id."""
        criteria: Document = {"_id": {"$gt": f"ksk_{after}" if after else ""}}
        criteria |= {"district_code": district} if district else {}
        criteria |= {"status": status} if status else {}
        return (_row(document) for document in self._kiosks.find(criteria).sort("_id", ASCENDING).limit(limit))

    def districts(self) -> Collection[str]:
        """All of the register's."""
        return {document["_id"] for document in self._districts.find({}, {"_id": True})}

    def lsps(self) -> Collection[str]:
        """All that are registered."""
        return {document["_id"] for document in self._lsps.find({}, {"_id": True})}


def _row(document: Document) -> CentreRow:
    lon, lat = document["location"]["coordinates"]
    services = document.get("services")
    return CentreRow(
        code=document["code"],
        name_en=document["name_en"],
        name_hi=document["name_hi"],
        kind=Kind(document["kind"]),
        district_code=document["district_code"],
        lsp_id=document["lsp_id"],
        place=Place(lat=lat, lon=lon),
        status=Status(document["status"]),
        approved_at=document["approved_at"],
        pin=document.get("pin"),
        tehsil_code=document.get("tehsil_code"),
        services=None if services is None else tuple(services),
        hours=hours_of(document),
    )


def _members(row: CentreRow) -> Document:
    """What a row says beside what only a decision may; None is not known."""
    return {
        "name_en": row.name_en,
        "name_hi": row.name_hi,
        "kind": row.kind.value,
        "sounds": sounds_of(row.name_en, row.name_hi),
        "pin": row.pin,
        "tehsil_code": row.tehsil_code,
        "services": None if row.services is None else list(row.services),
        "hours": None
        if row.hours is None
        else [{"opens": interval.opens, "closes": interval.closes} for interval in row.hours],
    }


def _told(row: CentreRow) -> tuple[Document, Document]:
    """The same: what is known, and what is not."""
    told = _members(row)
    known = {member: value for member, value in told.items() if value is not None}
    return known, {member: "" for member, value in told.items() if value is None}


def _kiosk_document(row: CentreRow) -> Document:
    known, _ = _told(row)
    return {
        "_id": row.kiosk_id,
        "code": row.code,
        "district_code": row.district_code,
        "lsp_id": row.lsp_id,
        "location": point(row.place),
        "status": row.status.value,
        "approved_at": row.approved_at,
        "version": 1,
        **known,
    }


def _change(row: CentreRow) -> Document:
    known, unknown = _told(row)
    return {"$set": known, "$inc": {"version": 1}} | ({"$unset": unknown} if unknown else {})


def _to_document(operation: Operation) -> Document:
    return {
        "_id": operation.id,
        "kind": operation.kind.value,
        "state": operation.state.value,
        "begun_at": operation.begun_at,
        "ended_at": operation.ended_at,
        "dry_run": operation.dry_run,
        "pieces": operation.pieces,
        "rows_done": operation.rows_done,
        "counts": asdict(operation.counts),
        "problems_kept": operation.problems_kept,
        "failure": asdict(operation.failure) if operation.failure else None,
        "district": operation.district,
        "status": operation.status,
        "after": operation.after,
        "expires_at": operation.begun_at + KEPT,
    }


def _from_document(document: Document) -> Operation:
    failure = document["failure"]
    return Operation(
        id=document["_id"],
        kind=OperationKind(document["kind"]),
        state=State(document["state"]),
        counts=Counts(**document["counts"]),
        failure=Failure(**failure) if failure else None,
        **{member: document[member] for member in _PLAIN},
    )
