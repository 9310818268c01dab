"""A process that is killed (SIGKILL) at a crash point."""

import os
import signal
from pathlib import Path
from typing import Any

from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import programs

NAME_OF_THE_KILLED = "kiosk-registry-to-be-killed"


def killed_at(point: str, mongo: Mongo, settings: KioskRegistrySettings, script: str, *arguments: str) -> None:
    """Runs a script of this folder until it is killed at the point; what it held open is ended, as MongoDB does after a
    minute.
    """
    env = {
        **os.environ,
        "CRASH_POINT": point,
        "MONGODB_DATABASE": mongo.db.name,
        "MONGODB_URI": f"{settings.mongodb_uri}&appName={NAME_OF_THE_KILLED}",
    }
    status, said = programs.run(Path(__file__).with_name(script).read_text(), arguments, env, 60)
    assert status == -signal.SIGKILL, said
    operations: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True, "idleSessions": True}},
        {"$match": {"appName": NAME_OF_THE_KILLED, "transaction": {"$exists": True}}},
    ]
    left_open = [{"id": session["lsid"]["id"]} for session in mongo.client.admin.aggregate(operations)]
    if left_open:
        mongo.client.admin.command({"killSessions": left_open})
