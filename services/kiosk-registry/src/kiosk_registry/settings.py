"""What the service is told from outside."""

from dataclasses import dataclass
from typing import ClassVar

from marshmallow import fields

from servicekit.settings import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class KioskRegistrySettings(ServiceSettings):
    """The settings of kiosk-registry."""

    service_name: ClassVar[str] = "kiosk-registry"

    territory_file: str = setting(
        "TERRITORY_FILE",
        fields.String(),
        "TOML file of how the state was divided, and when; empty: the one shipped with the service",
        default="",
    )
