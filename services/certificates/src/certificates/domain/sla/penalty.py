"""What a late decision costs whoever is late, by the Guaranteed Delivery Act 2011, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from certificates.domain.label import Label


@dataclass(frozen=True)
class PenaltyRule:
    """From `effective_from` on: so much a day of delay, within bounds; all in paise."""

    effective_from: date
    paise_a_day: int
    least_paise: int
    most_paise: int
    order: Label


@dataclass(frozen=True)
class Penalty:
    """`days` of delay, and the paise that the rule makes of it; the appellate authority imposes, and this computes."""

    days: int
    paise: int
    rule: PenaltyRule


def penalty_of(due_on: date, until: date, rules: Sequence[PenaltyRule]) -> Penalty | None:
    """Of what was due on `due_on` and was done on `until`, or is not done then; None in time, or without a rule.

    Days of delay are those of the calendar after the due one: the Act says days, and not working days. The rule is that
    of the first day of delay. `rules` are in order of date.
    """
    days = (until - due_on).days
    rule = next((rule for rule in reversed(rules) if rule.effective_from <= due_on + timedelta(days=1)), None)
    if days <= 0 or rule is None:
        return None
    return Penalty(days, min(max(days * rule.paise_a_day, rule.least_paise), rule.most_paise), rule)
