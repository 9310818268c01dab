"""The worker's look at what is over, in a process of its own, which a test kills: `end_overdue_once.py`."""

import os

from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.entrypoints.jobs import JOBS
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

settings = settings_for(KioskRegistrySettings)
(look,) = [job for job in JOBS if job.name == "end-overdue"]
with Mongo(settings.mongodb_uri, os.environ["MONGODB_DATABASE"], settings.mongodb_timeout_seconds) as mongo:
    look.run(bootstrap(settings, mongo))
