"""A service's database as it was at an earlier minute: from the dump before it, and the changes since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bson import Timestamp, decode, encode
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import DeleteOne, ReplaceOne
from pymongo.database import Database

from servicekit.backup.changes import BREAKS, DATA, after
from servicekit.backup.places import (
    MARKS,
    RAW,
    BackupRefused,
    ChangeLog,
    Dump,
    change_logs,
    dumps,
    read_documents,
    shown,
)
from servicekit.mongo.client import Mongo

T = TypeVar("T")

_BATCH = 1_000
# Every value comes back as it was, an instant that Python cannot name too.
_EXACT: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_VALIDATION = ("validator", "validationLevel", "validationAction")


@dataclass(frozen=True)
class Restored:
    """What was brought back: `dump` alone, or with `changes` of its log up to the instant."""

    dump: Dump
    changes: int
    documents: int


@dataclass(frozen=True)
class Plan:
    """The dump to begin from, and the log to read up to `until`, where one is needed."""

    dump: Dump
    log: ChangeLog | None
    until: Timestamp


def plan(folder: Path, service: str, until: Timestamp | None) -> Plan:
    """How to get the state before `until`, by default the newest dump. Raises BackupRefused, with what there is."""
    known = dumps(folder, service)
    if not known:
        raise BackupRefused(f"there is no dump of {service} in {folder}")
    if until is None:
        return Plan(known[-1], None, known[-1].at)
    earlier = [dump for dump in known if dump.at < until]
    if not earlier:
        raise BackupRefused(f"the first dump is of {shown(known[0].at)}; nothing before it can be brought back")
    dump = earlier[-1]
    logs = [log for log in change_logs(folder, service) if log.begins <= dump.at]
    covering = [log for log in logs if log.ends >= until]
    if not covering:
        end = max((log.ends for log in logs), default=dump.at)
        raise BackupRefused(
            f"from the dump of {shown(dump.at)} on changes are known until {shown(end)} and no longer; name an instant "
            "before that, or run `backup log` if the database still has them"
        )
    return Plan(dump, covering[-1], until)


def restore(mongo: Mongo, chosen: Plan, *, replace: bool) -> Restored:
    """Makes the database what it was. Nothing else may write to it meanwhile; cut off, it is run again from the start.

    Raises BackupRefused when the database has documents and `replace` is not asked for, when a file is not what was
    written, and when a collection was dropped or renamed between the dump and the instant.
    """
    db = mongo.client.get_database(mongo.db.name, codec_options=_EXACT)
    there = [name for name in db.list_collection_names() if not name.startswith("system.")]
    if not replace and any(db[name].find_one({}, {"_id": 1}) for name in there if name != MARKS):
        raise BackupRefused(f"{db.name} has documents; dump it first, then repeat this with --replace")
    for name in there:
        db[name].drop()
    for name, kept in chosen.dump.collections.items():
        _bring_back(db, chosen.dump, name, kept)
    changes = sum(_apply(db, batch) for batch in _batches(_changes(chosen)))
    for name, kept in chosen.dump.collections.items():
        _finish(db, name, kept)
    names = [name for name in db.list_collection_names() if not name.startswith("system.")]
    return Restored(chosen.dump, changes, sum(db[name].count_documents({}) for name in names))


def _bring_back(db: Database[dict[str, Any]], dump: Dump, name: str, kept: dict[str, Any]) -> None:
    options = {option: value for option, value in kept["options"].items() if option not in _VALIDATION}
    db.command({"create": name, **options})
    collection = db.get_collection(name, codec_options=RAW)
    documents = read_documents(dump.folder / f"{name}.bson.gz", kept["sha256"])
    count = 0
    for batch in _batches(documents):
        collection.insert_many(batch, ordered=False)
        count += len(batch)
    if count != kept["documents"]:
        raise BackupRefused(f"{name} has {count} documents in its file and had {kept['documents']}")


def _finish(db: Database[dict[str, Any]], name: str, kept: dict[str, Any]) -> None:
    """Indexes and validators last: neither looks at each document on its way, and nothing expires meanwhile."""
    indexes = [{key: value for key, value in index.items() if key not in {"v", "ns"}} for index in kept["indexes"]]
    others = [index for index in indexes if index["name"] != "_id_"]
    if others:
        db.command({"createIndexes": name, "indexes": others})
    rules = {option: value for option, value in kept["options"].items() if option in _VALIDATION}
    if rules:
        db.command({"collMod": name, **rules})


def _changes(chosen: Plan) -> Iterator[dict[str, Any]]:
    """Those behind the dump and before the instant."""
    for name, sha256 in chosen.log.segments.items() if chosen.log else ():
        for raw in read_documents(chosen.log.folder / name, sha256):  # type: ignore[union-attr]
            at = raw["clusterTime"]
            if at >= chosen.until:
                return
            if at <= chosen.dump.at:
                continue
            change = decode(raw.raw, _EXACT)
            if change["operationType"] in BREAKS:
                what = f"{change.get('ns', {}).get('coll', 'the database')}: {change['operationType']}"
                raise BackupRefused(f"at {shown(at)} a collection went ({what}); name an instant before that")
            if change["operationType"] in DATA:
                yield change


def _apply(db: Database[dict[str, Any]], changes: list[dict[str, Any]]) -> int:
    """Some changes in their order, with one read and one write of each collection."""
    touched: dict[str, dict[bytes, tuple[Any, dict[str, Any] | None]]] = {}
    for change in changes:
        touched.setdefault(change["ns"]["coll"], {})[_key(change)] = (change["documentKey"]["_id"], None)
    for name, documents in touched.items():
        for there in db[name].find({"_id": {"$in": [key for key, _ in documents.values()]}}):
            documents[_key_of(there["_id"])] = (there["_id"], there)
    for change in changes:
        documents = touched[change["ns"]["coll"]]
        key, document = documents[_key(change)]
        documents[_key(change)] = (key, after(document, change))
    for name, documents in touched.items():
        writes: list[ReplaceOne[dict[str, Any]] | DeleteOne] = [
            DeleteOne({"_id": key}) if document is None else ReplaceOne({"_id": key}, document, upsert=True)
            for key, document in documents.values()
        ]
        db[name].bulk_write(writes, ordered=False)
    return len(changes)


def _key(change: dict[str, Any]) -> bytes:
    return _key_of(change["documentKey"]["_id"])


def _key_of(value: Any) -> bytes:
    # Not the value itself: it may be a document, which has no hash.
    return encode({"_id": value})


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch
