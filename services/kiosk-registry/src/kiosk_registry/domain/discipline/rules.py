"""What orders set for cases against centres: offences, days, slabs; what no source told is None."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Offence:
    """What a centre may be accused of, in both languages."""

    code: str
    en: str
    hi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """What an order sets for an offence.

    `begins` None: the order's day is not known. `districts` None: which it is for is not known, or all. `first_time` to
    `last_time` are for which time it is; None has no end. `suspends` without `suspension_days`: for how long, no source
    tells, and the decision says. `penalty_paise` None: none, or its figure is not known (`figure_unset`).
    `lsp_share_percent` None: not known; then the centre bears all of it.
    """

    id: str
    offence: str
    order: str
    order_hi: str
    begins: date | None = None
    ends: date | None = None
    districts: tuple[str, ...] | None = None
    first_time: int = 1
    last_time: int | None = None
    penalty_paise: int | None = None
    figure_unset: bool = False
    suspends: bool = False
    suspension_days: int | None = None
    lsp_share_percent: int | None = None

    def covers(self, offence: str, district_code: str, day: date, times: int) -> bool:
        """Whether it is for this offence, there, on that day, for the so many-th time."""
        return (
            self.offence == offence
            and (self.begins is None or self.begins <= day)
            and (self.ends is None or day < self.ends)
            and (self.districts is None or district_code in self.districts)
            and self.first_time <= times <= (self.last_time or times)
        )

    def lsp_paise(self) -> int:
        """The provider's part of the penalty, rounded down."""
        return (self.penalty_paise or 0) * (self.lsp_share_percent or 0) // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRules:
    """How long each step takes; all are this platform's own choice where `own` says so.

    `confirm_days`: a suspension at once ends unless it was confirmed by then; a confirmed one ends `interim_days` after
    it began, if nothing was decided. `longest_suspension_days` is the most that a decision sets where its order tells
    no length.
    """

    reply_days: int
    appeal_days: int
    confirm_days: int
    interim_days: int
    longest_suspension_days: int
    own: bool


@dataclass(frozen=True)
class DisciplineBook:
    """All of it."""

    rules: CaseRules
    offences: Mapping[str, Offence]
    slabs: Sequence[Slab]

    def fitting(self, offence: str, district_code: str, day: date, times: int) -> list[Slab]:
        """The slabs of which a decision may name one."""
        return [slab for slab in self.slabs if slab.covers(offence, district_code, day, times)]
