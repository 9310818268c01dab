"""Pays one bill in a process of its own, which CRASH_POINT kills on the way. Settings come from the environment.

Usage: pay_once.py BILL_ID AMOUNT_PAISE KEY AUTHORIZATION
"""

import os
import sys

from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.mongo import Mongo


def main() -> None:
    """Exits 0 when the payment was answered, is killed otherwise."""
    bill_id, paise, key, authorization = sys.argv[1:]
    settings = Settings.load(os.environ)
    with Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds) as mongo:
        http = SERVICE.flask_app(settings, mongo).test_client()
        body = {"bill_id": bill_id, "amount": {"amount": int(paise), "currency": "INR"}, "mode": "WALLET"}
        headers = {"Authorization": authorization, "Idempotency-Key": key}
        answer = http.post("/v1/payments", json=body, headers=headers)
        sys.exit(0 if answer.status_code in (201, 202) else 1)


main()
