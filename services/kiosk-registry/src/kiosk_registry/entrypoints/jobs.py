"""What happens by itself."""

from kiosk_registry.application.bulk.work_operations import WorkOperations
from kiosk_registry.application.coverage.summarise_coverage import SummariseCoverage
from kiosk_registry.application.discipline.end_overdue import EndOverdue
from kiosk_registry.application.live.watch_districts import WatchDistricts
from kiosk_registry.bootstrap import KioskRegistry
from servicekit import personal
from servicekit.instants import utc_now
from servicekit.service import Job

# Who waits for an import or an export asks every second.
LOOKED_EVERY_SECONDS = 0.5
# Some three seconds of work: a run is shorter than its lease, and a stop waits for none.
BATCHES_AT_ONCE = 20
# Dark is ten minutes of silence: half a minute more is soon enough.
WATCHED_EVERY_SECONDS = 30.0
# Seconds of work where the register changed, and where it did not a count of it.
SUMMARISED_EVERY_SECONDS = 120.0

# Suspensions and days of appeal are counted in days: whoever may trade again waits half a minute at most.
ENDED_EVERY_SECONDS = 30.0


def _work_operations(registry: KioskRegistry) -> None:
    registry.work_operations(WorkOperations(BATCHES_AT_ONCE, utc_now()))


def _watch_districts(registry: KioskRegistry) -> None:
    registry.watch_districts(WatchDistricts(utc_now()))


def _summarise_coverage(registry: KioskRegistry) -> None:
    registry.summarise_coverage(SummariseCoverage(utc_now()))


def _end_overdue(registry: KioskRegistry) -> None:
    registry.end_overdue(EndOverdue(utc_now()))


JOBS = [
    Job("work-kiosk-operations", LOOKED_EVERY_SECONDS, _work_operations),
    Job("watch-districts", WATCHED_EVERY_SECONDS, _watch_districts),
    Job("summarise-coverage", SUMMARISED_EVERY_SECONDS, _summarise_coverage),
    Job("end-overdue", ENDED_EVERY_SECONDS, _end_overdue),
    personal.JOB,
]
