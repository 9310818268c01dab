"""A setting of the tests' MongoDB server, made for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from servicekit.mongo import Mongo


@contextmanager
def lifetime(mongo: Mongo, seconds: int) -> Iterator[None]:
    name = "transactionLifetimeLimitSeconds"
    before = mongo.client.admin.command({"getParameter": 1, name: 1})[name]
    mongo.client.admin.command({"setParameter": 1, name: seconds})
    try:
        yield
    finally:
        mongo.client.admin.command({"setParameter": 1, name: before})
