"""What the service is told from outside: the chassis' settings are enough."""

from dataclasses import dataclass
from typing import ClassVar

from servicekit.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class KioskRegistrySettings(ServiceSettings):
    """The settings of kiosk-registry."""

    service_name: ClassVar[str] = "kiosk-registry"
