"""The rules by which centres are opened: facts with the order that set them; what no source told is None."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is refused, in both languages."""

    code: str
    en: str
    hi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One order's rules, from its first day on.

    `field_tag_within_m` metres may lie between the geo-tag applied with and the one taken in the field; `apart_m` must
    lie between a new centre and the next one. `appeal_days` after a refusal an appeal is still heard.
    """

    begins: date
    order: str
    order_hi: str
    minimum_age_years: int
    education: tuple[str, ...]
    documents: tuple[str, ...]
    equipment: tuple[str, ...]
    field_tag_within_m: int
    field_tag_own: bool
    appeal_days: int
    apart_m: int | None = None
    deposit_paise: int | None = None


@dataclass(frozen=True)
class Rulebook:
    """All rules, the newest first, and the reasons of refusals by code."""

    rules: Sequence[Rules]
    reasons: Mapping[str, Reason]

    def on(self, day: date) -> Rules:
        """The rules of a day; before the first order was made, its rules."""
        return next((rules for rules in self.rules if rules.begins <= day), self.rules[-1])
