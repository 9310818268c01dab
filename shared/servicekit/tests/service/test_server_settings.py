"""What a service relies on in the server's settings is looked at, and what is wrong is told with its fix."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from servicekit.mongo import Mongo, tell_of_wrong_settings, wrong_settings
from servicekit.testing import eventually

from .server import lifetime

Logged = Callable[[], list[dict[str, Any]]]
CLUSTER_MONITOR_MISSING = 13  # Unauthorized


@contextmanager
def slow_operations_logged(mongo: Mongo, share: float) -> Iterator[None]:
    before = mongo.db.command("profile", -1)["sampleRate"]
    mongo.db.command("profile", 0, sampleRate=share)
    try:
        yield
    finally:
        mongo.db.command("profile", 0, sampleRate=before)


@contextmanager
def majority_without_a_journal(mongo: Mongo) -> Iterator[None]:
    def reconfigure(safe: bool) -> None:
        config = mongo.client.admin.command("replSetGetConfig")["config"]
        config |= {"writeConcernMajorityJournalDefault": safe, "version": config["version"] + 1}
        mongo.client.admin.command("replSetReconfig", config)

    reconfigure(False)
    try:
        yield
    finally:
        reconfigure(True)


@contextmanager
def refused(mongo: Mongo, command: str, code: int) -> Iterator[None]:
    point: Mapping[str, Any] = {"failCommands": [command], "errorCode": code}
    mongo.client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=point)
    try:
        yield
    finally:
        mongo.client.admin.command("configureFailPoint", "failCommand", mode="off")


@pytest.fixture
def rightly_set(mongo: Mongo) -> Iterator[Mongo]:
    """A server of whoever runs the tests may be set otherwise."""
    with lifetime(mongo, 10), slow_operations_logged(mongo, 0):
        yield mongo


def test_a_server_that_is_set_rightly_has_nothing_wrong(rightly_set: Mongo) -> None:
    assert wrong_settings(rightly_set) == []


def test_locks_that_outlive_their_process_for_a_minute_are_told_with_the_right_number(rightly_set: Mongo) -> None:
    with lifetime(rightly_set, 60):
        [sentence] = wrong_settings(rightly_set)

    assert "transactionLifetimeLimitSeconds is 60" in sentence
    assert "--setParameter transactionLifetimeLimitSeconds=10" in sentence


def test_a_log_that_gets_what_slow_operations_look_for_is_told(rightly_set: Mongo) -> None:
    with slow_operations_logged(rightly_set, 1.0):
        [sentence] = wrong_settings(rightly_set)

    assert "--slowOpSampleRate 0" in sentence


def test_a_majority_that_keeps_nothing_through_a_power_cut_is_told(rightly_set: Mongo) -> None:
    with majority_without_a_journal(rightly_set):
        [sentence] = wrong_settings(rightly_set)

    assert re.match("writeConcernMajorityJournalDefault is false", sentence)


def test_wrong_settings_are_warnings_in_the_log(logged: Logged, rightly_set: Mongo) -> None:
    with lifetime(rightly_set, 60):
        tell_of_wrong_settings(rightly_set)
        [line] = eventually(logged)

    assert (line["event"], line["level"]) == ("database_setting_wrong", "warning")
    assert "transactionLifetimeLimitSeconds" in line["setting"]


def test_a_user_who_may_not_look_is_told_what_to_grant(logged: Logged, rightly_set: Mongo) -> None:
    with refused(rightly_set, "getParameter", CLUSTER_MONITOR_MISSING):
        with pytest.raises(OperationFailure):
            wrong_settings(rightly_set)
        tell_of_wrong_settings(rightly_set)
        [line] = eventually(logged)

    assert (line["event"], line["level"]) == ("database_settings_not_checked", "warning")
    assert "clusterMonitor" in line["mend"]
