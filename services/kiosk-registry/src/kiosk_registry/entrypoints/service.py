"""The service, declared; `kiosk-registry --help` lists what it can run as."""

from kiosk_registry import __version__
from kiosk_registry.bootstrap import INDEXES, PUBLISHES, bootstrap
from kiosk_registry.entrypoints.commands import commands
from kiosk_registry.entrypoints.consumers import CONSUMERS
from kiosk_registry.entrypoints.http import BLUEPRINTS
from kiosk_registry.entrypoints.jobs import JOBS
from kiosk_registry.settings import KioskRegistrySettings
from servicekit import personal
from servicekit.service import Service, command_line

SERVICE = Service(
    name="kiosk-registry",
    version=__version__,
    settings=KioskRegistrySettings,
    bootstrap=bootstrap,
    blueprints=BLUEPRINTS,
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    indexes=INDEXES,
    jobs=JOBS,
    commands=commands,
    ids={
        "ccs_": "a case against a centre",
        "cap_": "an application for a centre",
        "EM": "an application for a centre, on its receipt",
        "ins_": "an inspection of a centre",
        "kop_": "an import or an export of the register",
        "ksk_": "a centre",
        "lsp_": "a local service provider",
        "pen_": "a penalty",
        "req_": "a run of load-centres, a look at the districts or an end of what is over, as what events follow from",
    },
    shares=personal.SHARES,
)
main = command_line(SERVICE)
