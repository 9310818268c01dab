"""What a transaction costs beyond the bill: the service charge, who bears it, and the heads it is shared between.

Rates come from orders with an effective date (`adapters/data/orders.yaml` names each); none is a constant in code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from billing.domain.money import WHOLE, half_up, split

# The head that the tax in a charge goes to.
TAX = "tax"


class NoRateInForce(LookupError):
    """The fee data has no rate for this category on this day: the data is incomplete, not the request wrong."""


@dataclass(frozen=True)
class Slab:
    """Bills up to and including `up_to_paise` (None: any size) are charged `charge_paise`."""

    up_to_paise: int | None
    charge_paise: int


@dataclass(frozen=True)
class Slabs:
    """A charge by the size of the bill; slabs are in rising order and the last has no upper end."""

    slabs: tuple[Slab, ...]

    def charge(self, bill_paise: int) -> int:
        """The charge on a bill of this size, paise."""
        return next(
            slab.charge_paise for slab in self.slabs if slab.up_to_paise is None or bill_paise <= slab.up_to_paise
        )


@dataclass(frozen=True)
class PerStarted:
    """`first_paise` on a bill up to `up_to_paise`; above, `step_charge_paise` more for each started `step_paise`."""

    up_to_paise: int
    first_paise: int
    step_paise: int
    step_charge_paise: int

    def charge(self, bill_paise: int) -> int:
        """The charge on a bill of this size, paise."""
        started = -(-max(0, bill_paise - self.up_to_paise) // self.step_paise)
        return self.first_paise + started * self.step_charge_paise


@dataclass(frozen=True)
class Percent:
    """A share of the bill in basis points, to the nearest paisa (a half goes up), within bounds."""

    basis_points: int
    least_paise: int = 0
    most_paise: int | None = None

    def charge(self, bill_paise: int) -> int:
        """The charge on a bill of this size, paise."""
        charge = max(self.least_paise, half_up(bill_paise * self.basis_points, WHOLE))
        return charge if self.most_paise is None else min(charge, self.most_paise)


@dataclass(frozen=True)
class Unset:
    """No order that we hold sets a charge: none is asked, and that it is unset is shown."""

    def charge(self, bill_paise: int) -> int:
        """Nothing: what no order sets may not be asked."""
        del bill_paise
        return 0


Rule = Slabs | PerStarted | Percent | Unset


@dataclass(frozen=True)
class Tax:
    """A tax on the charge, in basis points of the charge without it. `included`: the order's figure has it already."""

    basis_points: int
    included: bool

    def parts(self, charge_paise: int) -> tuple[int, int]:
        """The charge without the tax, and the tax, paise."""
        if self.included:
            tax = half_up(charge_paise * self.basis_points, WHOLE + self.basis_points)
            return charge_paise - tax, tax
        return charge_paise, half_up(charge_paise * self.basis_points, WHOLE)


@dataclass(frozen=True)
class Rate:
    """One line of an order. `until` is the last day it applies (None: still in force).

    `borne_by_department`: the citizen pays nothing and the department owes the charge (order of 2020-09-01).
    `from_year_only`: the order's day of effect is not published, and `from_day` is the first of its year.
    `tax` is None where no order that we hold tells it: it is then in the charge, and not a head of its own.
    """

    category: str
    from_day: date
    until: date | None
    order: str
    order_hi: str
    rule: Rule
    borne_by_department: bool
    from_year_only: bool = False
    tax: Tax | None = None

    @property
    def is_set(self) -> bool:
        """Whether an order sets the charge."""
        return not isinstance(self.rule, Unset)

    def parts(self, bill_paise: int) -> tuple[int, int]:
        """The charge for a bill of this size without tax, and the tax, paise."""
        charge_paise = self.rule.charge(bill_paise)
        return self.tax.parts(charge_paise) if self.tax else (charge_paise, 0)


@dataclass(frozen=True)
class CounterFee:
    """What an order lets a centre ask for a paper or a form beside every bill, tax included; in force as a Rate is.

    `from_day` is None where its day of effect is not published at all.
    """

    code: str
    name: str
    name_hi: str
    paise: int
    from_day: date | None
    until: date | None
    order: str
    order_hi: str
    from_year_only: bool = False


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
    """What one bill costs, tax included.

    `heads` divides citizen_paise + department_paise exactly; `order` is printed.
    """

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
    counter_fees: Sequence[CounterFee] = ()

    def charge(self, *, category: str, channel: str, bill_paise: int, on: date) -> Charge:
        """The charge on a bill of `bill_paise` quoted `on` that day (IST). Raises NoRateInForce."""
        rate = self._rate(category, on)
        net_paise, tax_paise = rate.parts(bill_paise)
        charge_paise = net_paise + tax_paise
        citizen_paise = 0 if rate.borne_by_department else charge_paise
        heads = split(net_paise, self._sharing(category, channel, on).shares)
        return Charge(
            citizen_paise=citizen_paise,
            department_paise=charge_paise - citizen_paise,
            heads=heads | {TAX: tax_paise} if rate.tax else heads,
            order=rate.order,
            order_hi=rate.order_hi,
        )

    def share_fee(self, *, category: str, channel: str, fee_paise: int, on: date) -> dict[str, int]:
        """A fee that is itself revenue (an application's), divided into heads. Raises NoRateInForce."""
        return split(fee_paise, self._sharing(category, channel, on).shares)

    def rates_on(self, on: date) -> dict[str, Rate | None]:
        """Each category with the rate in force on that day (IST); None where no order that we hold sets one."""
        in_force = {rate.category: self._find_rate(rate.category, on) for rate in self.rates}
        return {category: rate if rate and rate.is_set else None for category, rate in in_force.items()}

    def counter_fees_on(self, on: date) -> list[CounterFee]:
        """What a centre may ask on that day (IST)."""
        return [f for f in self.counter_fees if (not f.from_day or f.from_day <= on) and (not f.until or on <= f.until)]

    def with_order(self, rates: Sequence[Rate], from_day: date) -> "FeeSchedule":
        """The schedule if these rates replaced, from that day on, those of their categories."""
        replaced = {rate.category for rate in rates}
        before = from_day - timedelta(days=1)
        kept = [
            replace(r, until=min(r.until or before, before)) if r.category in replaced else r
            for r in self.rates
            if r.category not in replaced or r.from_day < from_day
        ]
        begun = [replace(r, from_day=from_day, until=None) for r in rates]
        return FeeSchedule([*kept, *begun], self.sharings, self.counter_fees)

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
