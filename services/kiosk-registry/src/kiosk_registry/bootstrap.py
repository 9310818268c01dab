"""The only place that names concrete classes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk_registry.adapters.data import district_facts
from kiosk_registry.adapters.data.pin_facts import pin_areas
from kiosk_registry.adapters.mongo import bulk as mongo_bulk
from kiosk_registry.adapters.mongo import register as mongo_register
from kiosk_registry.adapters.mongo.bulk import MongoOperations, MongoRegisterTable
from kiosk_registry.adapters.mongo.kiosk_queries import KioskQueries, Nearest, Search
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.adapters.mongo.register import KIOSK_APPROVED, MongoRegister
from kiosk_registry.application.bulk.begin_export import BeginExportHandler
from kiosk_registry.application.bulk.begin_import import BeginImportHandler
from kiosk_registry.application.bulk.read_operations import OperationReader
from kiosk_registry.application.bulk.receive_piece import ReceivePieceHandler
from kiosk_registry.application.bulk.run_import import RunImportHandler
from kiosk_registry.application.bulk.work_operations import WorkOperationsHandler
from kiosk_registry.application.register.load_centres import LoadCentresHandler
from kiosk_registry.domain.places.districts import District
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "PUBLISHES", "KioskRegistry", "Nearest", "Search", "bootstrap"]

PUBLISHES = [KIOSK_APPROVED]
INDEXES = {**mongo_register.INDEXES, **mongo_bulk.INDEXES}


@dataclass(frozen=True)
class KioskRegistry:
    """The wired service: what it is asked, and what it does."""

    kiosks: KioskQueries
    places: PlaceQueries
    districts_of: Callable[[Path | None], tuple[District, ...]]
    load_centres: LoadCentresHandler
    migrate: Callable[[], int]
    begin_import: BeginImportHandler
    receive_piece: ReceivePieceHandler
    run_import: RunImportHandler
    begin_export: BeginExportHandler
    operations: OperationReader
    work_operations: WorkOperationsHandler


def bootstrap(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """Wires the service over one connection to its database. Raises if a file of the package contradicts itself."""
    register = MongoRegister(mongo, Outbox(mongo.db, settings.service_name))
    places = PlaceQueries(mongo)
    operations = MongoOperations(mongo)
    pin_districts = {area.pin: area.district_codes for area in pin_areas().values()}
    return KioskRegistry(
        kiosks=KioskQueries(mongo, places),
        places=places,
        districts_of=district_facts.districts,
        load_centres=LoadCentresHandler(register),
        migrate=register.migrate,
        begin_import=BeginImportHandler(operations),
        receive_piece=ReceivePieceHandler(operations),
        run_import=RunImportHandler(operations),
        begin_export=BeginExportHandler(operations),
        operations=OperationReader(operations),
        work_operations=WorkOperationsHandler(operations, MongoRegisterTable(mongo), pin_districts, lsps=None),
    )
