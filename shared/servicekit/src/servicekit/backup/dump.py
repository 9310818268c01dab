"""One instant of a service's database, written to files while the service goes on working."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from bson import Timestamp
from bson.raw_bson import RawBSONDocument
from pymongo.errors import OperationFailure

from servicekit.backup.places import MANIFEST, MARKS, RAW, Dump, dumps, named, write_documents, write_told
from servicekit.mongo.client import Mongo

# One answer of the server: a moment's work, and far from its 16 MB.
_BATCH = 1_000
# A collection that was made a moment ago has no past to read; a moment later it has.
_TRIES = 3
_SNAPSHOT_UNAVAILABLE = 246


def take_dump(mongo: Mongo, service: str, folder: Path) -> Dump:
    """Writes every collection as it was at one instant that a majority has, and returns what it wrote.

    It reads with `readConcern: snapshot` at one cluster time, so that the parts agree as in one transaction, and takes
    no lock. Cut off, it leaves a folder without a manifest, which counts as nothing and goes with the next dump.
    MongoDB keeps the past for `minSnapshotHistoryWindowInSeconds`, five minutes: raises `OperationFailure`
    (SnapshotTooOld) when reading takes longer than that.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for unfinished in folder.glob("dump-*"):
        if not (unfinished / MANIFEST).exists():
            shutil.rmtree(unfinished)
    for tries_left in reversed(range(_TRIES)):
        at = _majority_time(mongo)
        place = folder / named("dump", at)
        if (place / MANIFEST).exists():  # nothing was written since
            return next(dump for dump in dumps(folder, service) if dump.at == at)
        place.mkdir(mode=0o700)
        try:
            collections = {name: _collection(mongo, one, at, place) for name, one in _listed(mongo)}
        except OperationFailure as error:
            shutil.rmtree(place)
            if error.code != _SNAPSHOT_UNAVAILABLE or not tries_left:
                raise
            continue
        write_told(place / MANIFEST, {"service": service, "at": at, "collections": collections})
        break
    return Dump(place, at, service, collections)


def _majority_time(mongo: Mongo) -> Timestamp:
    at: Timestamp = mongo.client.admin.command("hello")["lastWrite"]["majorityOpTime"]["ts"]
    return at


def _listed(mongo: Mongo) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in mongo.db.list_collections():
        if one["type"] == "collection" and not one["name"].startswith("system.") and one["name"] != MARKS:
            yield one["name"], dict(one)


def _collection(mongo: Mongo, one: dict[str, Any], at: Timestamp, place: Path) -> dict[str, Any]:
    name = one["name"]
    count, sha256 = write_documents(place / f"{name}.bson.gz", _documents(mongo, name, at))
    indexes = [{**index} for index in mongo.db[name].list_indexes()]
    return {"documents": count, "sha256": sha256, "options": dict(one["options"]), "indexes": indexes}


def _documents(mongo: Mongo, name: str, at: Timestamp) -> Iterator[RawBSONDocument]:
    command = {
        "find": name,
        "batchSize": _BATCH,
        "readConcern": {"level": "snapshot", "atClusterTime": at},
    }
    yield from cast("Iterator[RawBSONDocument]", mongo.db.cursor_command(command, codec_options=RAW))
