"""What happens by itself."""

from certificates.application.attachments.sweep_attachments import SweepAttachments
from certificates.bootstrap import Certificates
from servicekit.instants import utc_now
from servicekit.service import Job

SWEPT_EVERY_SECONDS = 600.0  # a day-old upload is in nobody's way


def _sweep_attachments(certificates: Certificates) -> None:
    certificates.sweep_attachments(SweepAttachments(utc_now()))


JOBS = [Job("sweep-attachments", SWEPT_EVERY_SECONDS, _sweep_attachments)]
