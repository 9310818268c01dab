"""A private MongoDB replica set, of one member as a rule: transactions need a replica set, even on a laptop."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from emitra_local.environments import Environments
from emitra_local.problems import CannotStart
from emitra_local.supervision import INFRASTRUCTURE, Program

REPLICA_SET = "rs0"
# WiredTiger takes half of the memory by default; the whole platform's data fits in this many gigabytes.
CACHE_GIGABYTES = "0.25"
OPLOG_MEGABYTES = "256"
# Two seconds as a rule; thirty when its former port is held by somebody who takes a connection and says nothing.
START_TIMEOUT_SECONDS = 60
# A primary that is told to stop waits 15 s by default for clients to find another one; here there is no other.
QUIESCE_MS = 100
# The locks of a process that is killed inside a transaction stay for this long, a minute by default, and whoever takes
# its work over waits. Twice what a transaction of ours may take (MONGODB_TIMEOUT_SECONDS).
TRANSACTION_LIFETIME_SECONDS = 10
# Each test has a database of its own. What is dropped stays on disk and open as long as a snapshot may be asked for,
# five minutes by default. Suites drop a hundred files a second, and a process may have some 20,000 open.
SNAPSHOTS_OF_TESTS_SECONDS = 30
_NOT_YET_INITIALIZED = 94


def mongod_binary(environments: Environments) -> str:
    """A mongod on PATH, else the one packaged for local development. Raises CannotStart where neither is to be had."""
    if on_path := shutil.which("mongod"):
        return on_path
    try:
        folder = environments.ensure("mongod")
    except CannotStart as error:
        raise CannotStart(
            f"There is no mongod on PATH and none could be installed for {platform.machine()}.\n{error}\n"
            "Start one yourself and name it:\n"
            "  docker run -d -p 27017:27017 --name mongo mongo:7 --replSet rs0\n"
            '  docker exec mongo mongosh --eval "rs.initiate()"\n'
            "  export MONGODB_URI='mongodb://127.0.0.1:27017/?directConnection=true'"
        ) from error
    return str(next(folder.glob("lib/python3*/site-packages/fiftyone/db/bin/mongod")))


def member_names(members: int) -> list[str]:
    """The programs of a set, which are also the names of their ports: mongod, mongod-2, mongod-3 …"""
    return ["mongod", *(f"mongod-{number}" for number in range(2, members + 1))]


def uri(ports: Sequence[int]) -> str:
    """One member is connected to directly; of several the driver finds the primary."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"mongodb://{hosts}/?" + ("directConnection=true" if len(ports) == 1 else f"replicaSet={REPLICA_SET}")


def mongod_program(name: str, binary: str, data: Path, port: int, *, failpoints: bool) -> Program:
    """A member on loopback with its data under `data`; with `failpoints`, tests may make its commands fail."""
    data.mkdir(parents=True, exist_ok=True)
    settings = ["diagnosticDataCollectionEnabled=false", f"shutdownTimeoutMillisForSignaledShutdown={QUIESCE_MS}"]
    settings += [f"transactionLifetimeLimitSeconds={TRANSACTION_LIFETIME_SECONDS}"]
    if failpoints:
        settings += ["enableTestCommands=1", f"minSnapshotHistoryWindowInSeconds={SNAPSHOTS_OF_TESTS_SECONDS}"]
    argv = [binary, "--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
    argv += ["--replSet", REPLICA_SET, "--oplogSize", OPLOG_MEGABYTES, "--wiredTigerCacheSizeGB", CACHE_GIGABYTES]
    # A slow operation would be logged with what it looks for: names, mobile numbers, where somebody stands.
    argv += ["--slowOpSampleRate", "0"]
    argv += [part for setting in settings for part in ("--setParameter", setting)]
    return Program(name, INFRASTRUCTURE, argv, {"LC_ALL": "C"}, stop_seconds=30, autostart=True)


def await_primary(ports: Sequence[int]) -> None:
    """Wait until the set takes writes, making it one first where it is none and telling it its ports where they have
    changed since the data was written. Repeatable. Raises CannotStart after START_TIMEOUT_SECONDS."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    problem: PyMongoError | None = None
    first: MongoClient[dict[str, object]] = MongoClient(uri(ports[:1]), serverSelectionTimeoutMS=500)
    client: MongoClient[dict[str, object]] = MongoClient(uri(ports), serverSelectionTimeoutMS=500)
    with first, client:
        while time.monotonic() < deadline:
            try:
                _configure(first, [f"127.0.0.1:{port}" for port in ports])
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
            except PyMongoError as error:
                problem = error
            time.sleep(0.05)
    raise CannotStart(f"MongoDB did not become ready in {START_TIMEOUT_SECONDS} s: {problem}")


def _configure(client: MongoClient[dict[str, object]], hosts: Sequence[str]) -> None:
    members = [{"_id": number, "host": host} for number, host in enumerate(hosts)]
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if [member["host"] for member in config["members"]] != list(hosts):
        for member, host in zip(config["members"], hosts, strict=True):
            member["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
