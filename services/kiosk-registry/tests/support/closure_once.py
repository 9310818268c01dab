"""The district confirms a closure in a process of its own, which a test kills: `closure_once.py <kiosk id> <key>`."""

import os
import sys

from tests.support.openings import DISTRICT

from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, settings_for

kiosk_id, key = sys.argv[1:]
settings = settings_for(KioskRegistrySettings)
with Mongo(settings.mongodb_uri, os.environ["MONGODB_DATABASE"], settings.mongodb_timeout_seconds) as mongo:
    headers = internal_headers("kiosk-registry", client_id="cli_app", scopes=["kiosks:change"], person=DISTRICT)
    SERVICE.flask_app(settings, mongo).test_client().post(
        f"/v1/kiosks/{kiosk_id}/changes", json={"act": "approve"}, headers={**headers, "Idempotency-Key": key}
    )
