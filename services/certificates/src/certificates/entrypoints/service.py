"""The service, declared; `certificates --help` lists what it can run as."""

from certificates import __version__
from certificates.bootstrap import INDEXES, PUBLISHES, Certificates, bootstrap
from certificates.entrypoints.commands import commands
from certificates.entrypoints.consumers import CONSUMERS
from certificates.entrypoints.http import BLUEPRINTS
from certificates.entrypoints.jobs import JOBS
from certificates.settings import CertificatesSettings
from servicekit import personal
from servicekit.service import Service, command_line

SERVICE = Service(
    name="certificates",
    version=__version__,
    settings=CertificatesSettings,
    bootstrap=bootstrap,
    blueprints=BLUEPRINTS,
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    indexes=INDEXES,
    jobs=JOBS,
    measure=Certificates.measure,
    commands=commands,
    ids={
        "app_": "an application",
        "att_": "an attachment",
        "blk_": "a decision of many applications at once",
        "chg_": "an officer's charge",
        "crt_": "a certificate",
        "drf_": "a draft of an application",
        "EM": "an application, on its receipt",
        "rev_": "a revocation, proposed or decided",
        "req_": "a run that ends what waited too long, as what its events follow from",
    },
    shares=personal.SHARES,
)

main = command_line(SERVICE)
