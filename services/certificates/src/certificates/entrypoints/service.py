"""The service as it is deployed."""

from certificates import __version__
from certificates.bootstrap import INDEXES, bootstrap
from certificates.entrypoints.consumers import CONSUMERS
from certificates.entrypoints.http.applications.routes import blueprint
from certificates.settings import CertificatesSettings
from servicekit.service import Service, command_line

SERVICE = Service(
    name="certificates",
    version=__version__,
    settings=CertificatesSettings,
    bootstrap=bootstrap,
    blueprints=[blueprint],
    publishes=["application.submitted.v1", "application.decided.v1", "certificate.issued.v1", "fee.refused.v1"],
    consumes=CONSUMERS,
    indexes=INDEXES,
)

main = command_line(SERVICE)
