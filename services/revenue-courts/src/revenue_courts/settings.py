"""What the service is told from outside: no more than every service is."""

from dataclasses import dataclass
from typing import ClassVar

from servicekit.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class RevenueCourtsSettings(ServiceSettings):
    """The settings of revenue-courts."""

    service_name: ClassVar[str] = "revenue-courts"
