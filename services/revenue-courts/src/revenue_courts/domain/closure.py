"""A day that falls away for one court: a holiday of its own, or its officer's leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.label import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Nothing is heard by this court on that day. `reason` is a code of adjournments; `by` the officer who said so."""

    court_code: str
    on: date
    reason: str
    by: str
    at: datetime


def without(calendar: Calendar, closures: Sequence[Closure], reasons: dict[str, Label]) -> Calendar:
    """The calendar of one court, whose own days fall away beside the state's."""
    own = {closure.on: reasons.get(closure.reason, Label(closure.reason, closure.reason)) for closure in closures}
    return replace(calendar, holidays={**own, **calendar.holidays})


def day_for(place: str, days: Sequence[date]) -> date:
    """To which of the days a case goes: by its number, so that a repeat spreads alike."""
    serial = place.rpartition("/")[2]
    return days[int(serial) % len(days)] if serial.isdigit() else days[0]
