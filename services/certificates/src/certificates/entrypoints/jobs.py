"""What happens by itself."""

from certificates.application.applications.escalate_applications import EscalateApplications
from certificates.application.applications.expire_applications import ExpireApplications
from certificates.application.attachments.sweep_attachments import SweepAttachments
from certificates.application.officers.decide_in_bulk import DecideInBulk
from certificates.application.standing.summarise_desk_times import SummariseDeskTimes
from certificates.application.standing.watch_desks import WatchDesks
from certificates.bootstrap import Certificates
from servicekit import personal
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.service import Job

BULK_EVERY_SECONDS = 1.0  # somebody looks at the progress
SWEPT_EVERY_SECONDS = 600.0  # a day-old upload is in nobody's way
EXPIRED_EVERY_SECONDS = 600.0  # a last day is over at midnight, and nobody waits for it
WATCHED_EVERY_SECONDS = 600.0  # a warning is of days, and it counts all that waits
SUMMARISED_EVERY_SECONDS = 3_600.0  # it reads all decisions of half a year, and a median moves slowly


def _sweep_attachments(certificates: Certificates) -> None:
    certificates.sweep_attachments(SweepAttachments(utc_now()))


def _expire_applications(certificates: Certificates) -> None:
    certificates.expire_applications(ExpireApplications(utc_now(), public_id("req")))


def _summarise_desk_times(certificates: Certificates) -> None:
    certificates.summarise_desk_times(SummariseDeskTimes(utc_now()))


def _decide_in_bulk(certificates: Certificates) -> None:
    certificates.decide_in_bulk(DecideInBulk(utc_now()))


def _escalate_applications(certificates: Certificates) -> None:
    certificates.escalate_applications(EscalateApplications(utc_now(), public_id("req")))


def _watch_desks(certificates: Certificates) -> None:
    certificates.watch_desks(WatchDesks(utc_now(), public_id("req")))


JOBS = [
    Job("escalate-applications", EXPIRED_EVERY_SECONDS, _escalate_applications),
    Job("watch-desks", WATCHED_EVERY_SECONDS, _watch_desks),
    Job("decide-in-bulk", BULK_EVERY_SECONDS, _decide_in_bulk),
    Job("sweep-attachments", SWEPT_EVERY_SECONDS, _sweep_attachments),
    Job("expire-applications", EXPIRED_EVERY_SECONDS, _expire_applications),
    Job("summarise-desk-times", SUMMARISED_EVERY_SECONDS, _summarise_desk_times),
    personal.JOB,
]
