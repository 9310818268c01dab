"""Settings of the database's server on which promises of ours rest, and which only whoever runs it can make."""

import threading
from collections.abc import Mapping
from typing import Any

import pymongo
import structlog
from pymongo.errors import InvalidOperation, OperationFailure, PyMongoError

from servicekit.mongo.client import Mongo

log = structlog.get_logger(__name__)

LOOK_TIMEOUT_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 5.0


def wrong_settings(mongo: Mongo) -> list[str]:
    """What the server should be set to otherwise, a sentence each with the reason and the fix; empty when all is well.

    Raises OperationFailure where the service's user may not look (the role `clusterMonitor` permits it), and any other
    PyMongoError while the server does not answer.
    """
    admin = mongo.client.admin
    with pymongo.timeout(LOOK_TIMEOUT_SECONDS):
        if "setName" not in admin.command("hello"):
            return ["This server is no member of a replica set, and has no transactions: start it with --replSet."]
        lifetime = admin.command("getParameter", transactionLifetimeLimitSeconds=1)["transactionLifetimeLimitSeconds"]
        replica_set = admin.command("replSetGetConfig")["config"]
        profile = mongo.db.command("profile", -1)
    return [*_lifetime(lifetime, mongo.timeout_seconds), *_majority(replica_set), *_slow_log(profile)]


def tell_of_wrong_settings(mongo: Mongo) -> None:
    """Logs each wrong setting as a warning, from a thread of its own: no process waits at its start for that.

    While the server does not answer it is asked again, until `mongo` is closed.
    """
    threading.Thread(target=_tell, args=(mongo,), name="server-settings", daemon=True).start()


def _tell(mongo: Mongo) -> None:
    pause = threading.Event()
    while True:
        try:
            for sentence in wrong_settings(mongo):
                log.warning("database_setting_wrong", setting=sentence)
        except OperationFailure as error:
            log.warning("database_settings_not_checked", code=error.code, mend="grant the user `clusterMonitor`")
        except InvalidOperation:  # closed: the process ends
            pass
        except PyMongoError:  # away; whoever needs it says so
            pause.wait(LOOK_AGAIN_SECONDS)
            continue
        return


def _lifetime(seconds: float, longest_transaction_seconds: float) -> list[str]:
    # Twice what a transaction may take: one that is under way must not be ended by the server.
    right = round(2 * longest_transaction_seconds)
    if seconds <= right:
        return []
    return [
        f"transactionLifetimeLimitSeconds is {seconds}: what a process has locked when it is killed stays locked for "
        f"so long, and payments from the same wallet wait. Set it to {right} "
        f"(mongod --setParameter transactionLifetimeLimitSeconds={right})."
    ]


def _majority(replica_set: Mapping[str, Any]) -> list[str]:
    if replica_set.get("writeConcernMajorityJournalDefault", True):
        return []
    return [
        "writeConcernMajorityJournalDefault is false: members confirm what a power cut can still take from them. "
        "Set it to true (rs.reconfig)."
    ]


def _slow_log(profile: Mapping[str, Any]) -> list[str]:
    if profile["was"] == 0 and profile["sampleRate"] == 0:
        return []
    return [
        "Slow operations are logged or profiled, with what they look for and write: names, mobile numbers, places. "
        "Switch that off (mongod --slowOpSampleRate 0, and db.setProfilingLevel(0))."
    ]
