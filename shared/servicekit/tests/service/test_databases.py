"""Prepared databases that tests borrow: what one test did there, the next one does not see."""

import os
from collections.abc import Callable, Iterator

import pytest
from pymongo import IndexModel, MongoClient

from servicekit.mongo import Mongo
from servicekit.testing.databases import PreparedDatabases

INDEXES = {"things": [IndexModel([("owner", 1)], name="by_owner")]}


def prepare(mongo: Mongo) -> None:
    mongo.db.create_collection("things", validator={"owner": {"$exists": True}})
    mongo.prepare(INDEXES)


@pytest.fixture
def databases() -> Iterator[PreparedDatabases]:
    with PreparedDatabases(os.environ["MONGODB_URI"]) as made:
        yield made


def test_a_database_comes_back_prepared_and_without_what_the_last_one_left(databases: PreparedDatabases) -> None:
    with databases.lend(prepare) as first:
        first.db.things.insert_one({"owner": "a"})
        first.db.others.insert_one({})
    with databases.lend(prepare) as again:
        assert again.db.name == first.db.name
        assert again.db.list_collection_names() == ["things"]
        assert again.db.things.count_documents({}) == 0
        assert "by_owner" in again.db.things.index_information()


def test_nobody_else_has_it_meanwhile(databases: PreparedDatabases) -> None:
    with databases.lend(prepare) as one, databases.lend(prepare) as another:
        assert one.db.name != another.db.name


def test_a_database_that_was_prepared_otherwise_is_another_one(databases: PreparedDatabases) -> None:
    with databases.lend(prepare) as one:
        pass
    with databases.lend(lambda mongo: mongo.prepare(INDEXES)) as another:
        assert one.db.name != another.db.name


CHANGES: dict[str, Callable[[Mongo], object]] = {
    "an index more": lambda mongo: mongo.db.things.create_index("name"),
    "an index fewer": lambda mongo: mongo.db.things.drop_index("by_owner"),
    "another validator": lambda mongo: mongo.db.command("collMod", "things", validator={}),
    "no collection": lambda mongo: mongo.db.things.drop(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_one_that_was_changed_is_dropped(databases: PreparedDatabases, change: Callable[[Mongo], object]) -> None:
    with databases.lend(prepare) as changed:
        change(changed)
    with databases.lend(prepare) as another:
        assert another.db.name != changed.db.name
        assert changed.db.name not in another.client.list_database_names()


def test_one_whose_borrower_failed_is_dropped(databases: PreparedDatabases) -> None:
    with pytest.raises(ZeroDivisionError), databases.lend(prepare) as failed:
        _ = 1 / 0
    with databases.lend(prepare) as another:
        assert another.db.name != failed.db.name


def test_nothing_is_left_of_a_run() -> None:
    with PreparedDatabases(os.environ["MONGODB_URI"]) as databases, databases.lend(prepare) as mongo:
        pass
    with MongoClient[dict[str, object]](os.environ["MONGODB_URI"]) as client:
        assert mongo.db.name not in client.list_database_names()
