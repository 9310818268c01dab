"""The rules that are data and not code: application types, districts, working days."""

from collections.abc import Mapping
from dataclasses import dataclass

from certificates.domain.certificates.certificate import District
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType


@dataclass(frozen=True)
class Rulebook:
    """The data, loaded and checked at the start: `types` by code, `districts` by LGD code."""

    types: Mapping[str, ApplicationType]
    districts: Mapping[str, District]
    calendar: WorkingCalendar
