"""The service over a test's own database: filled, and as a command finds it."""

import os

from kiosk_registry.application.register.load_centres import LoadCentres
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing.tokens import JWKS


def prepared(settings: KioskRegistrySettings, mongo: Mongo, centres: int) -> KioskRegistry:
    """The service over a prepared database with the districts and so many centres of the opening register."""
    registry: KioskRegistry = bootstrap(settings, mongo)
    if centres:
        districts = registry.districts_of(None)
        registry.load_centres(LoadCentres(districts, centres, "req_test", lambda _district, _part: None))
    else:
        registry.load_centres.register.put_districts(registry.districts_of(None))
    return registry


def environment(settings: KioskRegistrySettings, mongo: Mongo) -> dict[str, str]:
    """What a command runs with."""
    return {
        **os.environ,
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "CURSOR_SECRET": settings.cursor_secret,
        "INTERNAL_TOKEN_JWKS": JWKS,
    }
