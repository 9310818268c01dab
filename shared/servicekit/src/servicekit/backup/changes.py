"""Every change of a service's database from a dump on, read from MongoDB's change stream and kept beside it.

A change stream and not the oplog: it is of this database alone, the service's own user may read it, and its form is
documented and the same in every version; a transaction's changes share their cluster time, so that any instant between
two of them is one that the database was in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from bson import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

from servicekit.backup.places import (
    MARKS,
    RAW,
    STATE,
    BackupRefused,
    ChangeLog,
    Dump,
    change_logs,
    dumps,
    named,
    write_documents,
    write_told,
)
from servicekit.mongo.client import Mongo

# Changes in one file: some MB, and what a restore reads at once.
_SEGMENT, _SEGMENT_BYTES = 20_000, 64 * 2**20
# InvalidResumeToken (the database was dropped), ChangeStreamFatalError, ChangeStreamHistoryLost
_LOST = (260, 280, 286)
_WAIT_MS = 1_000
# What a change is, and what it is of. Others (an index was made) are `prepare`'s to make again.
DATA = ("insert", "update", "replace", "delete")
BREAKS = ("drop", "rename", "dropDatabase", "invalidate")


def extend_log(mongo: Mongo, service: str, folder: Path) -> tuple[ChangeLog, int]:
    """Writes what has changed since it ran last, or since the first dump; returns the log, and how many changes.

    Run it as often as minutes may be lost, and more often than the oplog is long. Cut off, it is run again and goes on
    from the last whole file. Raises BackupRefused without a dump, and when MongoDB does not remember as far back: then
    a dump begins another log.
    """
    known = dumps(folder, service)
    if not known:
        raise BackupRefused("there is no dump to begin from; take one first (backup dump)")
    logs = change_logs(folder, service)
    going_on = logs[-1] if logs else _begun_at(known[0])
    anew = _begun_at(known[-1])
    try:
        return _extend(mongo, service, going_on)
    except OperationFailure as error:
        if error.code not in _LOST:
            raise
        if anew.begins <= going_on.ends:
            raise BackupRefused(
                "MongoDB does not remember as far back as this log ends; take a dump, which begins another"
            ) from error
    return _extend(mongo, service, anew)


def _begun_at(dump: Dump) -> ChangeLog:
    return ChangeLog(dump.folder.with_name(named("log", dump.at)), dump.at, dump.at, {}, {})


def _extend(mongo: Mongo, service: str, log: ChangeLog) -> tuple[ChangeLog, int]:
    mark = ObjectId()
    mongo.db[MARKS].replace_one({"_id": "log"}, {"_id": "log", "mark": mark}, upsert=True)
    log.folder.mkdir(mode=0o700, exist_ok=True)
    total = 0
    longer = log
    for changes, longer in _segments(mongo, log, mark):
        total += changes
        told = {"service": service, "begins": longer.begins, "ends": longer.ends, "token": longer.token}
        write_told(longer.folder / STATE, {**told, "segments": longer.segments})
    return longer, total


def _segments(mongo: Mongo, log: ChangeLog, mark: ObjectId) -> Iterator[tuple[int, ChangeLog]]:
    """The log with one more file after the other, until the mark, or until the database was dropped."""
    begin: dict[str, Any] = {"resume_after": log.token} if log.token else {"start_at_operation_time": log.begins}
    database = cast("Database[RawBSONDocument]", mongo.client.get_database(mongo.db.name, codec_options=RAW))
    with database.watch(show_expanded_events=True, max_await_time_ms=_WAIT_MS, **begin) as stream:
        ended = False
        while not ended:
            kept: list[RawBSONDocument] = []
            size = 0
            while not ended and len(kept) < _SEGMENT and size < _SEGMENT_BYTES:
                change = stream.try_next()
                if change is None:
                    continue
                last = change
                ended = change["operationType"] == "invalidate" or _is(mark, change)
                if change.get("ns", {}).get("coll") != MARKS and log.begins < change["clusterTime"]:
                    kept.append(change)
                    size += len(change.raw)
            segments = dict(log.segments)
            if kept:
                name = f"{len(segments) + 1:08}.bson.gz"
                _, segments[name] = write_documents(log.folder / name, kept)
            log = replace(log, ends=last["clusterTime"], token=dict(last["_id"]), segments=segments)
            yield len(kept), log


def _is(mark: ObjectId, change: Mapping[str, Any]) -> bool:
    return bool(change.get("ns", {}).get("coll") == MARKS and change.get("fullDocument", {}).get("mark") == mark)


def after(document: dict[str, Any] | None, change: Mapping[str, Any]) -> dict[str, Any] | None:
    """A document after one change of it; None when it is not there. `document` itself may be changed.

    Raises BackupRefused when the change is of a document that is not there: the log does not belong to the dump.
    """
    kind = change["operationType"]
    if kind == "delete":
        return None
    if kind in {"insert", "replace"}:
        return dict(change["fullDocument"])
    if document is None:
        raise BackupRefused("the log changes a document that is not there; it does not belong to this dump")
    described = change["updateDescription"]
    for cut in described.get("truncatedArrays", ()):
        array = _at(document, cut["field"].split("."))
        del array[cut["newSize"] :]
    exact = described.get("disambiguatedPaths", {})
    for path, value in described.get("updatedFields", {}).items():
        *way, last = exact.get(path) or path.split(".")
        _put(_at(document, way), last, value)
    for path in described.get("removedFields", ()):
        *way, last = exact.get(path) or path.split(".")
        _at(document, way).pop(last, None)
    return document


def _at(inside: Any, way: list[Any]) -> Any:
    for step in way:
        inside = inside[int(step)] if isinstance(inside, list) else inside[step]
    return inside


def _put(inside: Any, last: Any, value: Any) -> None:
    if not isinstance(inside, list):
        inside[str(last)] = value
        return
    index = int(last)
    inside.extend([None] * (index + 1 - len(inside)))
    inside[index] = value
