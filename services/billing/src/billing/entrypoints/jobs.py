"""Billing's time-driven work."""

from billing.application.doubts.warn_doubts import WarnDoubts
from billing.application.payments.sweep_payments import SweepPayments
from billing.application.refunds.sweep_refunds import SweepRefunds
from billing.application.settlement.keep_settled import KeepSettled
from billing.application.top_ups.sweep_top_ups import SweepTopUps
from billing.application.wallets.tell_low_wallets import TellLowWallets
from billing.bootstrap import Billing
from servicekit import personal
from servicekit.service import Job

# A payment or refund whose answer is due is looked at within this.
SWEEP_EVERY_SECONDS = 1.0
# Limits are of hours.
WARN_EVERY_SECONDS = 10.0
# A file that came is read within this.
SETTLE_EVERY_SECONDS = 600.0


def sweep_payments(billing: Billing) -> None:
    """Goes on with every payment whose time has come."""
    billing.sweep_payments(SweepPayments())


def sweep_refunds(billing: Billing) -> None:
    """Goes on with every refund whose time has come."""
    billing.sweep_refunds(SweepRefunds())


def sweep_top_ups(billing: Billing) -> None:
    """Goes on with every top-up whose time has come."""
    billing.sweep_top_ups(SweepTopUps())


def tell_low_wallets(billing: Billing) -> None:
    """Tells of every wallet that fell below the limit."""
    billing.tell_low_wallets(TellLowWallets())


def warn_doubts(billing: Billing) -> None:
    """Warns of every payment in doubt that comes near its limit."""
    billing.warn_doubts(WarnDoubts())


def keep_settled(billing: Billing) -> None:
    """Compares days that are over with partners' files, and settles them when their working day has come."""
    billing.keep_settled(KeepSettled())


JOBS = [
    Job("sweep-payments", SWEEP_EVERY_SECONDS, sweep_payments),
    Job("sweep-refunds", SWEEP_EVERY_SECONDS, sweep_refunds),
    Job("sweep-top-ups", SWEEP_EVERY_SECONDS, sweep_top_ups),
    Job("tell-low-wallets", SWEEP_EVERY_SECONDS, tell_low_wallets),
    Job("warn-doubts", WARN_EVERY_SECONDS, warn_doubts),
    Job("keep-settled", SETTLE_EVERY_SECONDS, keep_settled),
    personal.JOB,
]
