"""A case is decided in a process of its own, which a test kills: `decision_once.py <case id> <key>`."""

import os
import sys

from tests.support.cases import FINE, SECOND

from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, settings_for

case_id, key = sys.argv[1:]
settings = settings_for(KioskRegistrySettings)
with Mongo(settings.mongodb_uri, os.environ["MONGODB_DATABASE"], settings.mongodb_timeout_seconds) as mongo:
    headers = internal_headers("kiosk-registry", client_id="cli_app", scopes=["kiosks:change"], person=SECOND)
    SERVICE.flask_app(settings, mongo).test_client().post(
        f"/v1/centre-cases/{case_id}/moves",
        json={**FINE, "slab": "overcharging-1000-15-days"},
        headers={**headers, "Idempotency-Key": key},
    )
