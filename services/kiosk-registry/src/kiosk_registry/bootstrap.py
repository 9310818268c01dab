"""The only place that names concrete classes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

from kiosk_registry.adapters.data import district_facts
from kiosk_registry.adapters.data.territory_file import read_territory
from kiosk_registry.adapters.mongo import register as mongo_register
from kiosk_registry.adapters.mongo.kiosk_queries import KioskQueries
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.adapters.mongo.register import KIOSK_APPROVED, MongoRegister
from kiosk_registry.application.register.load_centres import LoadCentresHandler
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.territory import Territory
from kiosk_registry.settings import KioskRegistrySettings

PUBLISHES = [KIOSK_APPROVED]
INDEXES = {**mongo_register.INDEXES}


@dataclass(frozen=True)
class KioskRegistry:
    """The wired service: what it is asked, and the one thing it does."""

    kiosks: KioskQueries
    places: PlaceQueries
    territory: Territory
    districts_of: Callable[[Path | None], tuple[District, ...]]
    load_centres: LoadCentresHandler


def bootstrap(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """Wires the service over one connection to its database. Raises if a file of the package contradicts itself."""
    register = MongoRegister(mongo, Outbox(mongo.db, settings.service_name))
    places = PlaceQueries(mongo)
    territory = read_territory(
        Path(settings.territory_file) if settings.territory_file else None, district_facts.districts()
    )
    return KioskRegistry(
        kiosks=KioskQueries(mongo, places, territory),
        places=places,
        territory=territory,
        districts_of=district_facts.districts,
        load_centres=LoadCentresHandler(register),
    )
