"""The only place that names concrete classes."""

from dataclasses import dataclass
from pathlib import Path

from portal.adapters.gateway_client import GatewayClient, sandbox_credentials
from portal.adapters.qr_pictures import ZxingQrPictures
from portal.adapters.remembered import RememberedPlatform
from portal.application.ports import Platform, QrPictures
from portal.settings import PortalSettings
from servicekit.mongo import Mongo


@dataclass(frozen=True)
class Portal:
    """The wired portal: whom its pages ask, what reads pictures for them, and whether nothing on them is real."""

    platform: Platform
    qr_pictures: QrPictures
    sandbox: bool


def bootstrap(settings: PortalSettings, mongo: Mongo) -> Portal:
    """Wires the portal. Its pages are the same for everybody: nothing is kept in the database."""
    del mongo
    file, known = Path(settings.sandbox_file), (settings.gateway_client_id, settings.gateway_client_secret)
    client = GatewayClient(
        settings.gateway_url,
        (lambda: sandbox_credentials(file)) if settings.sandbox_file else lambda: known,
        settings.gateway_timeout_seconds,
    )
    return Portal(
        platform=RememberedPlatform(client), qr_pictures=ZxingQrPictures(), sandbox=settings.environment == "sandbox"
    )
