"""The fixtures themselves, against real servers."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest
import urllib3

from servicekit import ids
from servicekit.events.envelope import NewEvent
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo
from servicekit.testing import published

pytest_plugins = ["pytester"]


@pytest.fixture
def vhosts() -> Callable[[], set[str]]:
    at = urlsplit(os.environ["RABBITMQ_MANAGEMENT_URL"])
    login = urllib3.make_headers(basic_auth=f"{at.username}:{at.password}")

    def names() -> set[str]:
        answer = urllib3.request("GET", f"http://{at.hostname}:{at.port}/api/vhosts?columns=name", headers=login)
        return {row["name"] for row in answer.json()}

    return names


def test_each_test_gets_a_database_of_its_own(mongo: Mongo) -> None:
    mongo.db.things.insert_one({"_id": 1})
    assert mongo.db.name.startswith("test_")


def test_published_reads_the_envelopes_in_order(mongo: Mongo) -> None:
    events = [
        NewEvent(
            id=ids.event_id(),
            type="payment.completed.v1",
            aggregate_type="payment",
            aggregate_id="pay_1",
            sequence=number,
            occurred_at=datetime.now(UTC),
            data={"number": number},
            request_id="req_1",
        )
        for number in (1, 2)
    ]
    mongo.transact(lambda session: Outbox(mongo.db, "billing").add(session, *events))
    assert [envelope["data"] for envelope in published(mongo)] == [{"number": 1}, {"number": 2}]
    assert published(mongo)[0]["type"] == "org.emitra.payment.completed.v1"


def test_a_virtual_host_exists_for_the_test(amqp_vhost: Any, vhosts: Any) -> None:
    assert amqp_vhost.name in vhosts()
    assert amqp_vhost.url.endswith(f"/{amqp_vhost.name}")


def test_nothing_is_left_behind(pytester: pytest.Pytester, vhosts: Any) -> None:
    pytester.makepyfile(
        """
        pytest_plugins = ["servicekit.testing.plugin"]

        def test_both(mongo, amqp_vhost):
            mongo.db.things.insert_one({})
            print("LEFT", mongo.db.name, amqp_vhost.name)
        """
    )
    result = pytester.runpytest_inprocess("-s", "-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    left = next(line for line in result.outlines if "LEFT" in line).split()
    client: pymongo.MongoClient[Any]
    with pymongo.MongoClient(os.environ["MONGODB_URI"]) as client:
        assert not set(left) & set(client.list_database_names())
    assert not set(left) & vhosts()


def test_without_a_server_a_test_says_which_variable_to_set(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URI")
    pytester.makepyfile('pytest_plugins = ["servicekit.testing.plugin"]\ndef test_it(mongo): pass')
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*set MONGODB_URI, for example*"])
