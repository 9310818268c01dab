"""One act of an opening in a process of its own, which a test kills: `opening_once.py <person> <path> <body> <key>`."""

import json
import os
import sys

from tests.support.openings import APPLICANT, LSP, Applying

from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

who, path, body, key = sys.argv[1:]
# The process that asks made the token's key; this one makes its own, and trusts that.
settings = settings_for(KioskRegistrySettings)
with Mongo(settings.mongodb_uri, os.environ["MONGODB_DATABASE"], settings.mongodb_timeout_seconds) as mongo:
    world = Applying(SERVICE.flask_app(settings, mongo).test_client())
    person = {"applicant": APPLICANT, "lsp": LSP}[who]
    world.posts(person, path, json.loads(body), key=key)
