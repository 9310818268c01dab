"""Asks for one thing of money in a process of its own, which CRASH_POINT kills on the way.

Settings come from the environment. Usage: ask_once.py PATH BODY KEY AUTHORIZATION
"""

import json
import os
import sys

from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.mongo import Mongo


def main() -> None:
    """Exits 0 when it was answered, is killed otherwise."""
    path, body, key, authorization = sys.argv[1:]
    settings = Settings.load(os.environ)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        http = SERVICE.flask_app(settings, mongo).test_client()
        headers = {"Authorization": authorization, "Idempotency-Key": key}
        answer = http.post(path, json=json.loads(body), headers=headers)
        sys.exit(0 if answer.status_code in (201, 202) else 1)


main()
