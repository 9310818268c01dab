"""The only place that names concrete classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pymongo.client_session import ClientSession

from kiosk_registry.adapters.data import district_facts
from kiosk_registry.adapters.data.discipline_file import read_discipline
from kiosk_registry.adapters.data.inspections_file import read_checklists
from kiosk_registry.adapters.data.opening_rules_file import read_opening_rules
from kiosk_registry.adapters.data.pin_facts import pin_areas
from kiosk_registry.adapters.data.place_facts import PlaceFacts
from kiosk_registry.adapters.data.territory_file import read_territory
from kiosk_registry.adapters.events import KIOSK_APPROVED, KIOSK_REINSTATED, KIOSK_SUSPENDED, PENALTY_IMPOSED
from kiosk_registry.adapters.mongo import bulk as mongo_bulk
from kiosk_registry.adapters.mongo import cases as mongo_cases
from kiosk_registry.adapters.mongo import inspections as mongo_inspections
from kiosk_registry.adapters.mongo import lives as mongo_lives
from kiosk_registry.adapters.mongo import lsps as mongo_lsps
from kiosk_registry.adapters.mongo import openings as mongo_openings
from kiosk_registry.adapters.mongo import personal as mongo_personal
from kiosk_registry.adapters.mongo import register as mongo_register
from kiosk_registry.adapters.mongo import running as mongo_running
from kiosk_registry.adapters.mongo.bulk import MongoOperations, MongoRegisterTable
from kiosk_registry.adapters.mongo.cases import MongoCases, ReportedCasesWithin
from kiosk_registry.adapters.mongo.coverage import MongoCoverage
from kiosk_registry.adapters.mongo.inspections import MongoInspections
from kiosk_registry.adapters.mongo.kiosk_queries import KioskQueries, Nearest, Search
from kiosk_registry.adapters.mongo.live_queries import LiveQueries, outdated_members
from kiosk_registry.adapters.mongo.lives import MongoLives
from kiosk_registry.adapters.mongo.lsps import MongoLsps
from kiosk_registry.adapters.mongo.openings import MongoOpenings
from kiosk_registry.adapters.mongo.place_queries import PlaceQueries
from kiosk_registry.adapters.mongo.register import MongoRegister
from kiosk_registry.adapters.mongo.running import MongoRunningCentres
from kiosk_registry.application.bulk.begin_export import BeginExportHandler
from kiosk_registry.application.bulk.begin_import import BeginImportHandler
from kiosk_registry.application.bulk.read_operations import OperationReader
from kiosk_registry.application.bulk.receive_piece import ReceivePieceHandler
from kiosk_registry.application.bulk.run_import import RunImportHandler
from kiosk_registry.application.bulk.work_operations import WorkOperationsHandler
from kiosk_registry.application.coverage.summarise_coverage import SummariseCoverageHandler
from kiosk_registry.application.discipline.end_overdue import EndOverdueHandler
from kiosk_registry.application.discipline.move_case import MoveCaseHandler
from kiosk_registry.application.discipline.open_case import OpenCaseHandler
from kiosk_registry.application.discipline.ports import EventIds
from kiosk_registry.application.discipline.read_cases import CaseReader
from kiosk_registry.application.discipline.take_report import TakeReportHandler
from kiosk_registry.application.inspections.read_inspections import InspectionReader
from kiosk_registry.application.inspections.record_inspection import RecordInspectionHandler
from kiosk_registry.application.live.bind_machine import BindMachineHandler
from kiosk_registry.application.live.record_heartbeat import RecordHeartbeatHandler
from kiosk_registry.application.live.watch_districts import WatchDistrictsHandler
from kiosk_registry.application.openings.move_opening import MoveOpeningHandler
from kiosk_registry.application.openings.read_openings import OpeningReader
from kiosk_registry.application.openings.submit_opening import SubmitOpeningHandler
from kiosk_registry.application.register.load_centres import LoadCentresHandler
from kiosk_registry.application.running.change_centre import ChangeCentreHandler
from kiosk_registry.application.running.read_changes import CentreChangeReader
from kiosk_registry.domain.discipline.rules import DisciplineBook
from kiosk_registry.domain.inspections.inspection import Checklist
from kiosk_registry.domain.live.components import Floor
from kiosk_registry.domain.openings.opening import Moved, Submitted
from kiosk_registry.domain.openings.rules import Rulebook
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.territory import Territory
from kiosk_registry.domain.running.centre import Surrendered
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id
from servicekit.mongo import Mongo
from servicekit.personal import Erasures

__all__ = ["INDEXES", "PUBLISHES", "KioskRegistry", "Nearest", "Search", "bootstrap", "outdated_members"]

PUBLISHES = [
    KIOSK_APPROVED,
    Submitted.type,
    Moved.type,
    Surrendered.type,
    KIOSK_SUSPENDED,
    KIOSK_REINSTATED,
    PENALTY_IMPOSED,
    *mongo_lives.PUBLISHES,
    mongo_personal.ANSWERED,
]
INDEXES = {
    **mongo_register.INDEXES,
    **mongo_openings.INDEXES,
    **mongo_lsps.INDEXES,
    **mongo_bulk.INDEXES,
    **mongo_lives.INDEXES,
    **mongo_running.INDEXES,
    **mongo_cases.INDEXES,
    **mongo_inspections.INDEXES,
}


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
    change_centre: ChangeCentreHandler
    centre_changes: CentreChangeReader
    discipline: DisciplineBook
    cases: CaseReader
    open_case: OpenCaseHandler
    move_case: MoveCaseHandler
    end_overdue: EndOverdueHandler
    take_report_within: Callable[[ClientSession], TakeReportHandler]
    checklists: Sequence[Checklist]
    inspections: InspectionReader
    record_inspection: RecordInspectionHandler
    migrate: Callable[[], int]
    begin_import: BeginImportHandler
    receive_piece: ReceivePieceHandler
    run_import: RunImportHandler
    begin_export: BeginExportHandler
    operations: OperationReader
    work_operations: WorkOperationsHandler
    live: LiveQueries
    record_heartbeat: RecordHeartbeatHandler
    bind_machine: BindMachineHandler
    watch_districts: WatchDistrictsHandler
    require_component: Callable[[Floor], None]
    coverage: MongoCoverage
    summarise_coverage: SummariseCoverageHandler
    erasures: Erasures


def bootstrap(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """Wires the service over one connection to its database. Raises if a file of the package contradicts itself."""
    outbox = Outbox(mongo.db, settings.service_name)
    register, lsps, openings = MongoRegister(mongo, outbox), MongoLsps(mongo), MongoOpenings(mongo, outbox)
    rules = read_opening_rules()
    submit_opening = SubmitOpeningHandler(rules, PlaceFacts(), lsps, openings)
    running = MongoRunningCentres(mongo, outbox)
    centre_changes = CentreChangeReader(running)
    cases, book = MongoCases(mongo, outbox), read_discipline()
    case_reader = CaseReader(cases)
    inspections, checklists = MongoInspections(mongo, outbox), read_checklists()
    places = PlaceQueries(mongo)
    territory = read_territory(
        Path(settings.territory_file) if settings.territory_file else None, district_facts.districts()
    )
    lives = MongoLives(mongo, outbox)
    operations = MongoOperations(mongo)
    coverage = MongoCoverage(mongo)
    areas = pin_areas().values()
    pin_districts = {area.pin: area.district_codes for area in areas}
    # Of an area that lies in two districts it is not known in which its people live: it is in the first that is named.
    inhabited = [(area.pin, area.district_codes[0], area.position) for area in areas if area.position]
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
        change_centre=ChangeCentreHandler(running, centre_changes, rules, PlaceFacts()),
        centre_changes=centre_changes,
        discipline=book,
        cases=case_reader,
        open_case=OpenCaseHandler(cases, centre_changes, book),
        move_case=MoveCaseHandler(cases, case_reader, book),
        end_overdue=EndOverdueHandler(
            cases, book, lambda: public_id("pen"), lambda: EventIds(event_id(), event_id(), public_id("req"))
        ),
        take_report_within=lambda session: TakeReportHandler(ReportedCasesWithin(mongo, outbox, session)),
        checklists=checklists,
        inspections=InspectionReader(inspections, centre_changes),
        record_inspection=RecordInspectionHandler(
            inspections, cases, centre_changes, checklists, lambda: public_id("ccs")
        ),
        migrate=register.migrate,
        begin_import=BeginImportHandler(operations),
        receive_piece=ReceivePieceHandler(operations),
        run_import=RunImportHandler(operations),
        begin_export=BeginExportHandler(operations),
        operations=OperationReader(operations),
        work_operations=WorkOperationsHandler(operations, MongoRegisterTable(mongo), pin_districts),
        live=LiveQueries(mongo, places),
        record_heartbeat=RecordHeartbeatHandler(lives),
        bind_machine=BindMachineHandler(lives),
        watch_districts=WatchDistrictsHandler(lives),
        require_component=lives.require,
        coverage=coverage,
        summarise_coverage=SummariseCoverageHandler(coverage, inhabited),
        erasures=Erasures(mongo, outbox, mongo_personal.MongoPersonal(mongo), mongo_personal.ANSWERED),
    )
