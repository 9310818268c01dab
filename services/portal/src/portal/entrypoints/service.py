"""The portal, declared, and its command line."""

from portal import __version__
from portal.bootstrap import bootstrap
from portal.entrypoints import catalogue, centres, frame, rates, start
from portal.settings import PortalSettings
from servicekit.service import Service, command_line

SERVICE = Service(
    name="portal",
    version=__version__,
    settings=PortalSettings,
    bootstrap=bootstrap,
    blueprints=[frame.blueprint, start.blueprint, catalogue.blueprint, rates.blueprint, centres.blueprint],
)
main = command_line(SERVICE)
