"""The rules that are data and not code: application types, districts, working days, reasons of refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certificates.domain.applications.application import State
from certificates.domain.applications.expire import Term
from certificates.domain.certificates.certificate import District
from certificates.domain.label import Label
from certificates.domain.officers.charge import StandIns
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.sla.desk_health import WarningRule
from certificates.domain.sla.penalty import PenaltyRule
from certificates.domain.types.application_type import ApplicationType

# The reason of a refusal that names none.
SEE_REMARKS = "see-remarks"

# How long the times of decisions are kept of which medians are made.
MOST_DAYS_KEPT = 400


@dataclass(frozen=True)
class MedianRule:
    """Of how many days before today, and from how many decisions on, an office's median is told."""

    window_days: int
    least_decisions: int


@dataclass(frozen=True)
class Rulebook:
    """The data, loaded and checked at the start: `types` by code, `districts` by LGD code.

    `refusal_reasons` by code, SEE_REMARKS among them. `terms` say how long an application waits for people in which
    state, `draft_terms` how long a draft is kept; each in order of date. `stand_ins` say, by the English name of a
    post, who stands in for its officers while they are absent. `penalties` are in order of date.
    """

    types: Mapping[str, ApplicationType]
    districts: Mapping[str, District]
    calendar: WorkingCalendar
    refusal_reasons: Mapping[str, Label]
    terms: Mapping[State, Sequence[Term]]
    draft_terms: Sequence[Term]
    medians: MedianRule
    stand_ins: StandIns
    warnings: WarningRule
    penalties: Sequence[PenaltyRule]
