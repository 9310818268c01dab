"""Databases that are prepared once and lent to many tests: to make a service's collections takes longer than a test."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database

from servicekit.mongo import Mongo

TIMEOUT_SECONDS = 5
Prepare = Callable[[Mongo], None]
Shape = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


class PreparedDatabases:
    """Lends each database to one test at a time, without a document.

    One whose collections, validators or indexes come back otherwise than they were made is dropped, and so is all that
    a run left. A test that leaves something running that writes there needs a database of its own.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._client: MongoClient[dict[str, Any]] = MongoClient(uri, w="majority")
        self._free: dict[Prepare, list[tuple[str, Shape]]] = {}

    @contextmanager
    def lend(self, prepare: Prepare) -> Iterator[Mongo]:
        """A connection of the borrower's own to a database that `prepare` prepared, and nobody else uses meanwhile."""
        free = self._free.setdefault(prepare, [])
        name, made = free.pop() if free else self._make(prepare)
        try:
            with Mongo(self._uri, name, TIMEOUT_SECONDS) as mongo:
                yield mongo
            self._empty(self._client[name], made)
            clean = _shape(self._client[name]) == made
        except BaseException:
            self._client.drop_database(name)
            raise
        if clean:
            free.append((name, made))
        else:
            self._client.drop_database(name)

    def _make(self, prepare: Prepare) -> tuple[str, Shape]:
        name = new_name()
        with Mongo(self._uri, name, TIMEOUT_SECONDS) as mongo:
            prepare(mongo)
        return name, _shape(self._client[name])

    def _empty(self, db: Database[dict[str, Any]], made: Shape) -> None:
        for name in db.list_collection_names():
            if name in made:
                db[name].delete_many({})
            else:
                db.drop_collection(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for free in self._free.values():
            for name, _made in free:
                self._client.drop_database(name)
        self._client.close()


def new_name() -> str:
    """The name of a database that nobody has."""
    return f"test_{secrets.token_hex(8)}"


def _shape(db: Database[dict[str, Any]]) -> Shape:
    return {
        collection["name"]: (collection["options"], [dict(index) for index in db[collection["name"]].list_indexes()])
        for collection in db.list_collections()
    }
