"""The only place that names concrete classes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk_registry.adapters import district_facts
from kiosk_registry.adapters.kiosk_queries import KioskQueries
from kiosk_registry.adapters.mongo_register import INDEXES, KIOSK_APPROVED, MongoRegister
from kiosk_registry.adapters.place_queries import PlaceQueries
from kiosk_registry.application.load_centres import LoadCentresHandler
from kiosk_registry.domain.districts import District
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "KIOSK_APPROVED", "KioskRegistry", "bootstrap"]


@dataclass(frozen=True)
class KioskRegistry:
    """The wired service: what it is asked, and the one thing it does."""

    kiosks: KioskQueries
    places: PlaceQueries
    districts_of: Callable[[Path | None], tuple[District, ...]]
    load_centres: LoadCentresHandler


def bootstrap(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """Wires the service over one connection to its database. Raises if a file of the package contradicts itself."""
    register = MongoRegister(mongo, Outbox(mongo.db, settings.service_name))
    kiosks = KioskQueries(mongo)
    return KioskRegistry(
        kiosks=kiosks,
        places=PlaceQueries(kiosks),
        districts_of=district_facts.districts,
        load_centres=LoadCentresHandler(register),
    )
