"""What a transaction costs beyond the bill: the service charge, who bears it, and the heads it is shared between.

Rates come from orders with an effective date (`adapters/data/fees.json` names each); none is a constant in code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.domain.money import split


class NoRateInForce(LookupError):
    """The fee data has no rate for this category on this day: the data is incomplete, not the request wrong."""


@dataclass(frozen=True)
class Slab:
    """Bills up to and including `up_to_paise` (None: any size) are charged `charge_paise`."""

    up_to_paise: int | None
    charge_paise: int


@dataclass(frozen=True)
class Rate:
    """One line of an order. `until` is the last day it applies (None: still in force).

    `borne_by_department`: the citizen pays nothing and the department owes the charge (order of 2020-09-01).
    `from_year_only`: the order's day of effect is not published, and `from_day` is the first of its year.
    """

    category: str
    from_day: date
    until: date | None
    order: str
    order_hi: str
    slabs: tuple[Slab, ...]
    borne_by_department: bool
    from_year_only: bool = False

    @property
    def citizen_slabs(self) -> tuple[Slab, ...]:
        """What the citizen pays, by the size of the bill."""
        return (Slab(None, 0),) if self.borne_by_department else self.slabs

    def charge_for(self, bill_paise: int) -> int:
        """The charge for a bill of this size; slabs are in rising order and the last has no upper end."""
        return next(
            slab.charge_paise for slab in self.slabs if slab.up_to_paise is None or bill_paise <= slab.up_to_paise
        )


@dataclass(frozen=True)
class Sharing:
    """How revenue of one category on one channel is divided into heads, in basis points that sum to 10,000."""

    category: str
    channel: str
    from_day: date
    until: date | None
    shares: Mapping[str, int]


@dataclass(frozen=True)
class Charge:
    """What one bill costs. `heads` divides citizen_paise + department_paise exactly; `order` is printed."""

    citizen_paise: int
    department_paise: int
    heads: Mapping[str, int]
    order: str
    order_hi: str


@dataclass(frozen=True)
class FeeSchedule:
    """Every rate and sharing ever in force, so that an old payment can be recomputed for its own day."""

    rates: Sequence[Rate]
    sharings: Sequence[Sharing]

    def charge(self, *, category: str, channel: str, bill_paise: int, on: date) -> Charge:
        """The charge on a bill of `bill_paise` quoted `on` that day (IST). Raises NoRateInForce."""
        rate = self._rate(category, on)
        charge_paise = rate.charge_for(bill_paise)
        citizen_paise = 0 if rate.borne_by_department else charge_paise
        return Charge(
            citizen_paise=citizen_paise,
            department_paise=charge_paise - citizen_paise,
            heads=split(charge_paise, self._sharing(category, channel, on).shares),
            order=rate.order,
            order_hi=rate.order_hi,
        )

    def share_fee(self, *, category: str, channel: str, fee_paise: int, on: date) -> dict[str, int]:
        """A fee that is itself revenue (an application's), divided into heads. Raises NoRateInForce."""
        return split(fee_paise, self._sharing(category, channel, on).shares)

    def rates_on(self, on: date) -> dict[str, Rate | None]:
        """Each category with the rate in force on that day (IST); None where no order that we hold sets one."""
        return {rate.category: self._find_rate(rate.category, on) for rate in self.rates}

    def _find_rate(self, category: str, on: date) -> Rate | None:
        return next((rate for rate in self.rates if rate.category == category and _in_force(rate, on)), None)

    def _rate(self, category: str, on: date) -> Rate:
        rate = self._find_rate(category, on)
        if rate is None:
            raise NoRateInForce(f"no rate for {category} on {on}")
        return rate

    def _sharing(self, category: str, channel: str, on: date) -> Sharing:
        for sharing in self.sharings:
            if (sharing.category, sharing.channel) == (category, channel) and _in_force(sharing, on):
                return sharing
        raise NoRateInForce(f"no sharing for {category} on channel {channel} on {on}")


def _in_force(line: Rate | Sharing, on: date) -> bool:
    return line.from_day <= on and (line.until is None or on <= line.until)
