"""Everything the service decides by that is data: types, districts, working days."""

from collections.abc import Mapping
from dataclasses import dataclass

from certificates.domain.certificates.certificate import District
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType


@dataclass(frozen=True)
class Rulebook:
    """The data as loaded at start, checked as a whole: `types` by code, `districts` by LGD code."""

    types: Mapping[str, ApplicationType]
    districts: Mapping[str, District]
    calendar: WorkingCalendar
