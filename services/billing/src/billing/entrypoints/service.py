"""The service, declared; `billing --help` lists what it can run as."""

from billing import __version__
from billing.bootstrap import INDEXES, PUBLISHES, Billing, bootstrap, prepare
from billing.entrypoints.commands import commands
from billing.entrypoints.consumers import CONSUMERS
from billing.entrypoints.http.payments.routes import billers, internal, payments
from billing.settings import Settings
from servicekit.service import Job, Service, command_line

# A payment whose answer is due is looked at within this.
SWEEP_EVERY_SECONDS = 1.0


def _sweep(billing: Billing) -> None:
    billing.sweep_payments()


SERVICE = Service(
    name="billing",
    version=__version__,
    settings=Settings,
    bootstrap=bootstrap,
    blueprints=[billers, payments, internal],
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    jobs=[Job("sweep-payments", SWEEP_EVERY_SECONDS, _sweep)],
    indexes=INDEXES,
    prepare=prepare,
    commands=commands,
)

main = command_line(SERVICE)
