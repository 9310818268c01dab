"""A database is kept, and brought back to any instant between a dump and the last change that was written."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import ObjectId, Timestamp
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from servicekit.backup import changes, dump
from servicekit.backup.changes import extend_log
from servicekit.backup.dump import take_dump
from servicekit.backup.places import MARKS, BackupRefused, change_logs, dumps, write_documents
from servicekit.backup.restore import plan, restore
from servicekit.mongo import Mongo

SERVICE = "keeper"
VALIDATOR = {"$jsonSchema": {"bsonType": "object", "required": ["n"]}}


def content(mongo: Mongo) -> dict[str, list[bytes]]:
    """Every document, byte by byte, whatever the order of its members is."""
    names = sorted(set(mongo.db.list_collection_names()) - {MARKS})
    kept = {}
    for name in names:
        documents = mongo.db[name].find({}, sort=[("_id", 1)])
        kept[name] = [bson.encode(_ordered(document)) for document in documents]
    return {name: documents for name, documents in kept.items() if documents}


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def now(mongo: Mongo) -> Timestamp:
    """The instant just behind everything that was written."""
    at: Timestamp = mongo.client.admin.command("hello")["lastWrite"]["majorityOpTime"]["ts"]
    return Timestamp(at.time, at.inc + 1)


@pytest.fixture
def kept(mongo: Mongo) -> Mongo:
    """A database with a validator, indexes and documents of two collections."""
    mongo.db.create_collection("things", validator=VALIDATOR)
    mongo.prepare({"things": [IndexModel([("n", 1)], name="by_number", unique=True)]})
    mongo.db.things.insert_many([{"_id": f"t{n}", "n": n, "list": [], "in": {"a": [{"b": n}]}} for n in range(50)])
    mongo.db.odd.insert_many([{"_id": {"a": 1, "b": 2}}, {"_id": 7}, {"_id": ObjectId(), "at": None}])
    return mongo


Act = Callable[[Mongo], object]


def acts(seed: int) -> Iterator[Act]:
    """Changes of every form that a service makes, by a seed."""
    choose = random.Random(seed)

    def update(change: Any) -> Act:
        which = f"t{choose.randrange(60)}"
        return lambda mongo: mongo.db.things.update_one({"_id": which}, change)

    def together(first: str, second: str, value: int) -> Act:
        def act(mongo: Mongo) -> None:
            def both(session: ClientSession) -> None:
                mongo.db.things.update_one({"_id": first}, {"$inc": {"sum": value}}, session=session)
                mongo.db.things.update_one({"_id": second}, {"$inc": {"sum": -value}}, session=session)

            mongo.transact(both)

        return act

    while True:
        value = choose.randrange(10**6)
        low = value % 60

        def replace(mongo: Mongo, value: int = value, low: int = low) -> object:
            return mongo.db.things.replace_one({"n": low}, {"n": low, "v": value})

        def delete(mongo: Mongo, low: int = low) -> object:
            return mongo.db.things.delete_one({"n": low})

        def upsert(mongo: Mongo, low: int = low) -> object:
            new = {"$setOnInsert": {"_id": f"t{low}", "list": []}}
            return mongo.db.things.update_one({"n": low}, new, upsert=True)

        def insert(mongo: Mongo, value: int = value) -> object:
            return mongo.db[f"new{value % 2}"].insert_one({"_id": value, "n": 1.5})

        yield choose.choice(
            [
                update({"$set": {"in.a.0.b": value, "note": "x" * choose.randrange(50)}}),
                update({"$unset": {"note": ""}, "$set": {f"by.{choose.randrange(3)}": value}}),
                update({"$push": {"list": {"$each": [value, {"v": value}], "$slice": -5}}}),
                update({"$pop": {"list": choose.choice([1, -1])}}),
                update({"$push": {"in.a": {"b": value}}}),
                update([{"$set": {"list": {"$slice": ["$list", 2]}, "computed": {"$add": ["$n", 1]}}}]),
                update({"$set": {"list.7": value}}),
                replace,
                delete,
                upsert,
                insert,
                together(f"t{choose.randrange(60)}", f"t{choose.randrange(60)}", value),
            ]
        )


@pytest.mark.parametrize("seed", range(3))
def test_any_instant_comes_back_exactly(kept: Mongo, tmp_path: Path, seed: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(changes, "_SEGMENT", 40)
    take_dump(kept, SERVICE, tmp_path)
    states = []
    for number, act in zip(range(300), acts(seed), strict=False):
        try:
            act(kept)
        except OperationFailure:
            continue  # it was refused: `list` was not a list any more, and nothing changed
        if number % 60 == 0:
            states.append((now(kept), content(kept)))
        if number % 100 == 50:
            extend_log(kept, SERVICE, tmp_path)
    extend_log(kept, SERVICE, tmp_path)
    for until, expected in reversed(states):
        restore(kept, plan(tmp_path, SERVICE, until), replace=True)
        assert content(kept) == expected
    assert len(change_logs(tmp_path, SERVICE)[0].segments) > 3


def test_a_dump_is_one_instant_whatever_happens_meanwhile(kept: Mongo, tmp_path: Path, monkeypatch: Any) -> None:
    """Between its reading of two collections a transaction changes both: it has neither."""

    def interrupted(file: Path, documents: Any) -> Any:
        written = write_documents(file, documents)

        def both(session: ClientSession) -> None:
            kept.db.things.insert_one({"_id": file.name, "n": -time.monotonic_ns()}, session=session)
            kept.db.odd.insert_one({"_id": file.name}, session=session)

        kept.transact(both)
        return written

    before = content(kept)
    monkeypatch.setattr(dump, "write_documents", interrupted)
    taken = take_dump(kept, SERVICE, tmp_path)
    assert taken.documents == sum(map(len, before.values()))
    assert content(kept) != before
    restore(kept, plan(tmp_path, SERVICE, None), replace=True)
    assert content(kept) == before


def test_indexes_and_validators_come_back(kept: Mongo, tmp_path: Path) -> None:
    take_dump(kept, SERVICE, tmp_path)
    kept.db.things.drop()
    restore(kept, plan(tmp_path, SERVICE, None), replace=True)
    assert kept.db.things.index_information()["by_number"]["unique"]
    assert kept.db.get_collection("things").options()["validator"] == VALIDATOR


def test_a_database_with_documents_is_not_replaced_unasked(kept: Mongo, tmp_path: Path) -> None:
    take_dump(kept, SERVICE, tmp_path)
    before = content(kept)
    with pytest.raises(BackupRefused, match="has documents"):
        restore(kept, plan(tmp_path, SERVICE, None), replace=False)
    assert content(kept) == before


def test_what_is_not_known_any_more_is_refused_and_says_what_is(kept: Mongo, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="take one first"):
        extend_log(kept, SERVICE, tmp_path)
    first = take_dump(kept, SERVICE, tmp_path)
    with pytest.raises(BackupRefused, match="nothing before it"):
        plan(tmp_path, SERVICE, first.at)
    kept.db.things.insert_one({"n": 1000})
    with pytest.raises(BackupRefused, match="known until"):
        plan(tmp_path, SERVICE, now(kept))
    extend_log(kept, SERVICE, tmp_path)
    with pytest.raises(BackupRefused, match="known until"):
        plan(tmp_path, SERVICE, Timestamp(now(kept).time + 60, 0))
    with pytest.raises(BackupRefused, match="is of keeper"):
        dumps(tmp_path, "another")


def test_a_log_does_not_end_because_another_dump_is_taken(kept: Mongo, tmp_path: Path) -> None:
    take_dump(kept, SERVICE, tmp_path)
    kept.db.things.insert_one({"_id": "between", "n": 1001})
    between, expected = now(kept), content(kept)
    kept.db.things.insert_one({"_id": "later", "n": 1002})
    take_dump(kept, SERVICE, tmp_path)
    extend_log(kept, SERVICE, tmp_path)
    restore(kept, plan(tmp_path, SERVICE, between), replace=True)
    assert content(kept) == expected


def test_an_instant_behind_a_dropped_collection_is_refused_and_one_before_it_is_not(
    kept: Mongo, tmp_path: Path
) -> None:
    take_dump(kept, SERVICE, tmp_path)
    kept.db.things.insert_one({"n": 1000})
    before, expected = now(kept), content(kept)
    kept.db.things.drop()
    kept.db.odd.insert_one({"n": 1})
    behind = now(kept)
    extend_log(kept, SERVICE, tmp_path)
    with pytest.raises(BackupRefused, match="a collection went"):
        restore(kept, plan(tmp_path, SERVICE, behind), replace=True)
    restore(kept, plan(tmp_path, SERVICE, before), replace=True)
    assert content(kept) == expected


@pytest.mark.parametrize("broken", ["cut", "gone"])
def test_a_file_that_is_not_what_was_written_is_told(kept: Mongo, tmp_path: Path, broken: str) -> None:
    taken = take_dump(kept, SERVICE, tmp_path)
    file = taken.folder / "things.bson.gz"
    if broken == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    else:
        file.unlink()
    with pytest.raises(BackupRefused, match="things"):
        restore(kept, plan(tmp_path, SERVICE, None), replace=True)


def test_a_dump_that_was_cut_off_counts_as_none(kept: Mongo, tmp_path: Path) -> None:
    taken = take_dump(kept, SERVICE, tmp_path)
    (taken.folder / "manifest.json").unlink()
    assert dumps(tmp_path, SERVICE) == []
    kept.db.things.insert_one({"n": 1000})
    again = take_dump(kept, SERVICE, tmp_path)
    assert [dump.at for dump in dumps(tmp_path, SERVICE)] == [again.at]
    assert not taken.folder.exists()


def test_files_are_for_nobody_else(kept: Mongo, tmp_path: Path) -> None:
    taken = take_dump(kept, SERVICE, tmp_path / "made")
    assert taken.folder.stat().st_mode & 0o077 == 0
