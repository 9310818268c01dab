"""The service, declared; `billing --help` lists what it can run as."""

from billing import __version__
from billing.bootstrap import INDEXES, PUBLISHES, Billing, bootstrap, prepare
from billing.entrypoints.commands import commands
from billing.entrypoints.consumers import CONSUMERS
from billing.entrypoints.http import BLUEPRINTS
from billing.entrypoints.jobs import JOBS
from billing.settings import Settings
from servicekit import personal
from servicekit.service import Service, command_line

SERVICE = Service(
    name="billing",
    version=__version__,
    settings=Settings,
    bootstrap=bootstrap,
    blueprints=BLUEPRINTS,
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    jobs=JOBS,
    indexes=INDEXES,
    prepare=prepare,
    measure=Billing.measure,
    commands=commands,
    ids={
        "bfe_": "a fetch of bills",
        "bil_": "a bill",
        "pay_": "a payment",
        "prp_": "a proposal how a break ends",
        "req_": "a run of the notices of low wallets, as what its events follow from",
        "rfd_": "a refund",
        "dsp_": "a dispute of a payment",
        "top_": "a top-up of a centre's wallet",
        "stl_": "a settlement with a biller",
        "rcp_": "a print of a receipt",
        "ovr_": "a report of overcharging",
        "EM": "a payment, on its receipt",
    },
    shares=personal.SHARES,
)

main = command_line(SERVICE)
