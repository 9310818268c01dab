"""The portal, declared, and its command line."""

from portal import __version__
from portal.bootstrap import bootstrap
from portal.entrypoints import catalogue, centres, frame, guidance, rates, start, track, verify
from portal.settings import PortalSettings
from servicekit.service import Service, command_line

SERVICE = Service(
    name="portal",
    version=__version__,
    settings=PortalSettings,
    bootstrap=bootstrap,
    blueprints=[module.blueprint for module in (frame, start, catalogue, rates, centres, track, verify, guidance)],
)
main = command_line(SERVICE)
