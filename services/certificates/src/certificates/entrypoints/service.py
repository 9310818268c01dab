"""The service as it is deployed."""

from certificates import __version__
from certificates.bootstrap import INDEXES, PUBLISHES, bootstrap
from certificates.entrypoints import http as _routes  # noqa: F401 - hangs the routes on the blueprint
from certificates.entrypoints.consumers import CONSUMERS
from certificates.entrypoints.http.blueprint import blueprint
from certificates.settings import CertificatesSettings
from servicekit.service import Service, command_line

SERVICE = Service(
    name="certificates",
    version=__version__,
    settings=CertificatesSettings,
    bootstrap=bootstrap,
    blueprints=[blueprint],
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    indexes=INDEXES,
)

main = command_line(SERVICE)
