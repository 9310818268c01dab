"""The only place that names concrete classes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

from kiosk_registry.adapters.data import district_facts
from kiosk_registry.adapters.data.opening_rules_file import read_opening_rules
from kiosk_registry.adapters.data.place_facts import PlaceFacts
from kiosk_registry.adapters.data.territory_file import read_territory
from kiosk_registry.adapters.events import KIOSK_APPROVED
from kiosk_registry.adapters.mongo import lsps as mongo_lsps
from kiosk_registry.adapters.mongo import openings as mongo_openings
from kiosk_registry.adapters.mongo import register as mongo_register
from kiosk_registry.adapters.mongo.kiosk_queries import KioskQueries
from kiosk_registry.adapters.mongo.lsps import MongoLsps
from kiosk_registry.adapters.mongo.openings import MongoOpenings
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.adapters.mongo.register import MongoRegister
from kiosk_registry.application.openings.move_opening import MoveOpeningHandler
from kiosk_registry.application.openings.read_openings import OpeningReader
from kiosk_registry.application.openings.submit_opening import SubmitOpeningHandler
from kiosk_registry.application.register.load_centres import LoadCentresHandler
from kiosk_registry.domain.openings.opening import Moved, Submitted
from kiosk_registry.domain.openings.rules import Rulebook
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.territory import Territory
from kiosk_registry.settings import KioskRegistrySettings

PUBLISHES = [KIOSK_APPROVED, Submitted.type, Moved.type]
INDEXES = {**mongo_register.INDEXES, **mongo_openings.INDEXES, **mongo_lsps.INDEXES}


@dataclass(frozen=True)
class KioskRegistry:
    """The wired service: what it is asked, and what it does."""

    kiosks: KioskQueries
    places: PlaceQueries
    territory: Territory
    districts_of: Callable[[Path | None], tuple[District, ...]]
    load_centres: LoadCentresHandler
    lsps: MongoLsps
    opening_rules: Rulebook
    submit_opening: SubmitOpeningHandler
    move_opening: MoveOpeningHandler
    openings: OpeningReader


def bootstrap(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """Wires the service over one connection to its database. Raises if a file of the package contradicts itself."""
    outbox = Outbox(mongo.db, settings.service_name)
    register, lsps, openings = MongoRegister(mongo, outbox), MongoLsps(mongo), MongoOpenings(mongo, outbox)
    rules = read_opening_rules()
    submit_opening = SubmitOpeningHandler(rules, PlaceFacts(), lsps, openings)
    places = PlaceQueries(mongo)
    territory = read_territory(
        Path(settings.territory_file) if settings.territory_file else None, district_facts.districts()
    )
    return KioskRegistry(
        kiosks=KioskQueries(mongo, places, territory),
        places=places,
        territory=territory,
        districts_of=district_facts.districts,
        load_centres=LoadCentresHandler(register, lsps),
        lsps=lsps,
        opening_rules=rules,
        submit_opening=submit_opening,
        move_opening=MoveOpeningHandler(submit_opening),
        openings=OpeningReader(openings),
    )
