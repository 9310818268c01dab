"""The service, declared; `revenue-courts --help` lists what it can run as."""

from revenue_courts import __version__
from revenue_courts.bootstrap import INDEXES, PUBLISHES, bootstrap
from revenue_courts.entrypoints.commands import commands
from revenue_courts.entrypoints.http import BLUEPRINTS
from revenue_courts.settings import RevenueCourtsSettings
from servicekit.service import Service, command_line

SERVICE = Service(
    name="revenue-courts",
    version=__version__,
    settings=RevenueCourtsSettings,
    bootstrap=bootstrap,
    blueprints=BLUEPRINTS,
    publishes=PUBLISHES,
    indexes=INDEXES,
    commands=commands,
    prefix="/v1/revenue-courts",
    ids={"EM": "a case of a revenue court, on its receipt", "rcs_": "a case of a revenue court"},
)
main = command_line(SERVICE)
