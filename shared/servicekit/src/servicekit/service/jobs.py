"""Time-driven work of a service: sweepers and clocks, each run by one worker process at a time, under a lease."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from servicekit.mongo import Lease, Mongo

log = structlog.get_logger(__name__)

# A holder that dies is followed within this time; a holder that lives renews before every run.
LEASE_TTL_SECONDS = 15.0
# At a stop, for the runs in progress; they are safe to cut off. With the consumer's own limit it stays below 30 s.
STOP_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Job:
    """`run(application)` about every `every_seconds`. It may be cut off anywhere and must be safe to repeat."""

    name: str
    every_seconds: float
    run: Callable[[Any], None]


def start_jobs(
    jobs: Sequence[Job], mongo: Mongo, application: object, holder: str, stopping: threading.Event
) -> list[threading.Thread]:
    """Starts a thread per job that ends when `stopping` is set. A failing run is logged and tried again in time."""
    threads = [
        threading.Thread(target=_repeat, args=(job, mongo, application, holder, stopping), name=job.name, daemon=True)
        for job in jobs
    ]
    for thread in threads:
        thread.start()
    return threads


def join_jobs(threads: Sequence[threading.Thread]) -> None:
    """Waits, not for ever, until the threads gave their leases up, so that the next holder need not wait for them."""
    give_up_at = time.monotonic() + STOP_TIMEOUT_SECONDS
    for thread in threads:
        thread.join(max(0.0, give_up_at - time.monotonic()))


def _repeat(job: Job, mongo: Mongo, application: object, holder: str, stopping: threading.Event) -> None:
    lease = Lease(mongo.db, f"job:{job.name}", holder, LEASE_TTL_SECONDS)
    while not stopping.wait(job.every_seconds):
        try:
            if lease.acquire():
                job.run(application)
        except Exception as error:
            log.error("job_failed", job=job.name, exc_info=error)
    try:
        lease.release()
    except Exception as error:  # noqa: BLE001 it runs out by itself
        log.info("lease_not_released", job=job.name, reason=type(error).__name__)
