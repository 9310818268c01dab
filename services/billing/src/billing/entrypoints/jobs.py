"""Billing's time-driven work."""

from billing.application.payments.sweep_payments import SweepPayments
from billing.bootstrap import Billing
from servicekit.service import Job

# A payment whose answer is due is looked at within this.
SWEEP_EVERY_SECONDS = 1.0


def sweep_payments(billing: Billing) -> None:
    """Goes on with every payment whose time has come."""
    billing.sweep_payments(SweepPayments())


JOBS = [Job("sweep-payments", SWEEP_EVERY_SECONDS, sweep_payments)]
