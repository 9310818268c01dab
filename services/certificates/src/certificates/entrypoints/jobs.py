"""What happens by itself."""

from certificates.application.applications.expire_applications import ExpireApplications
from certificates.application.attachments.sweep_attachments import SweepAttachments
from certificates.bootstrap import Certificates
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.service import Job

SWEPT_EVERY_SECONDS = 600.0  # a day-old upload is in nobody's way
EXPIRED_EVERY_SECONDS = 600.0  # a last day is over at midnight, and nobody waits for it


def _sweep_attachments(certificates: Certificates) -> None:
    certificates.sweep_attachments(SweepAttachments(utc_now()))


def _expire_applications(certificates: Certificates) -> None:
    certificates.expire_applications(ExpireApplications(utc_now(), public_id("req")))


JOBS = [
    Job("sweep-attachments", SWEPT_EVERY_SECONDS, _sweep_attachments),
    Job("expire-applications", EXPIRED_EVERY_SECONDS, _expire_applications),
]
