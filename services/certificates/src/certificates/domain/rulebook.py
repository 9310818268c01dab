"""The rules that are data and not code: application types, districts, working days, reasons of refusals."""

from collections.abc import Mapping
from dataclasses import dataclass

from certificates.domain.certificates.certificate import District
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.label import Label

# The reason of a refusal that names none.
SEE_REMARKS = "see-remarks"


@dataclass(frozen=True)
class Rulebook:
    """The data, loaded and checked at the start: `types` by code, `districts` by LGD code.

    `refusal_reasons` by code, SEE_REMARKS among them.
    """

    types: Mapping[str, ApplicationType]
    districts: Mapping[str, District]
    calendar: WorkingCalendar
    refusal_reasons: Mapping[str, Label]
