"""The one place that names concrete classes."""

from collections.abc import Mapping
from dataclasses import dataclass

from revenue_courts.adapters.data.courts_file import read_courts
from revenue_courts.adapters.data.facts import read_calendar, read_codes, read_kinds, shipped_text
from revenue_courts.adapters.mongo import cases as mongo_cases
from revenue_courts.adapters.mongo import courts as mongo_courts
from revenue_courts.adapters.mongo.cases import MongoCases
from revenue_courts.adapters.mongo.closures import MongoClosures
from revenue_courts.adapters.mongo.courts import MongoCourts
from revenue_courts.adapters.mongo.pendency import MongoPendency
from revenue_courts.application.begin_case import BeginCaseHandler
from revenue_courts.application.check_filing import FilingCheck
from revenue_courts.application.close_day import CloseDayHandler
from revenue_courts.application.join_case import JoinCaseHandler
from revenue_courts.application.load_courts import LoadCourtsHandler
from revenue_courts.application.move_case import MoveCaseHandler
from revenue_courts.application.ports import Closures, Courts, PendencyCounts
from revenue_courts.application.read_cases import CaseReader
from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.case import DISPOSED, FILED, PASSED, REGISTERED, SCHEDULED
from revenue_courts.domain.case_kinds import CaseKind, Codes
from revenue_courts.domain.courts import Court
from revenue_courts.settings import RevenueCourtsSettings
from servicekit.events import Outbox
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "PUBLISHES", "RevenueCourts", "bootstrap", "courts_of"]

PUBLISHES = [FILED, REGISTERED, SCHEDULED, PASSED, DISPOSED]
INDEXES = {**mongo_courts.INDEXES, **mongo_cases.INDEXES}


@dataclass(frozen=True)
class RevenueCourts:
    """The application object that routes and commands use."""

    courts: Courts
    kinds: Mapping[str, CaseKind]
    codes: Codes
    calendar: Calendar
    begin_case: BeginCaseHandler
    move_case: MoveCaseHandler
    close_day: CloseDayHandler
    closures: Closures
    pendency: PendencyCounts
    join_case: JoinCaseHandler
    cases: CaseReader
    load_courts: LoadCourtsHandler


def bootstrap(settings: RevenueCourtsSettings, mongo: Mongo) -> RevenueCourts:
    """Reads the facts that ship and wires the service. Raises ValueError for a file of facts that is wrong."""
    kinds = read_kinds()
    shipped = _shipped("courts.csv", kinds, sandbox=False)
    if settings.environment == "sandbox":
        shipped += _shipped("sandbox_courts.csv", kinds, sandbox=True)
    courts = MongoCourts(mongo, shipped)
    cases = MongoCases(mongo, Outbox(mongo.db, settings.service_name))
    check = FilingCheck(courts, kinds)
    calendar, codes = read_calendar(), read_codes()
    closures = MongoClosures(mongo)
    move_case = MoveCaseHandler(cases, check, calendar, codes, closures)
    return RevenueCourts(
        courts=courts,
        kinds=kinds,
        codes=codes,
        calendar=calendar,
        closures=closures,
        pendency=MongoPendency(mongo),
        begin_case=BeginCaseHandler(cases, check),
        move_case=move_case,
        close_day=CloseDayHandler(cases, courts, closures, move_case, calendar, dict(codes.adjournments)),
        join_case=JoinCaseHandler(cases, calendar),
        cases=CaseReader(cases, courts),
        load_courts=LoadCourtsHandler(courts),
    )


def courts_of(text: str) -> tuple[list[Court], list[str]]:
    """The courts in a file's text, and everything that is wrong with it, each with its line."""
    return read_courts(text, read_kinds())


def _shipped(name: str, kinds: Mapping[str, CaseKind], *, sandbox: bool) -> list[Court]:
    courts, problems = read_courts(shipped_text(name), kinds, sandbox=sandbox)
    if problems:
        raise ValueError(f"{name}: {'; '.join(problems)}")
    return courts
