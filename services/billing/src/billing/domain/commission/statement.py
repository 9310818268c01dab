"""A month's commission, line by line, so that anybody can recompute it.

What no order states is in suspense: it is shown, and nobody's. A share is of the charge beside the bill, without tax
and without what waits for a delivery. A part that went back takes from each what its share of all that went back grew
by, so that once everything is back everybody has given back just what they got.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.domain.ledger.entries import Leg
from billing.domain.money import split

# In this order equal remainders go.
EARNERS = ("kiosk", "lsp", "society")
SUSPENSE = "suspense"
# Heads of the ledger that the charge was credited to: until November 2026 the three by shares that were assumed.
_CHARGED = frozenset(f"revenue:{head}" for head in (*EARNERS, SUSPENSE))


@dataclass(frozen=True)
class CommissionRule:
    """Shares in basis points that sum to 10,000, as an order states them from a day on; None: no order does."""

    version: str
    order: str | None
    categories: frozenset[str]
    channels: frozenset[str]
    from_day: date
    until: date | None
    shares: Mapping[str, int] | None

    def applies(self, category: str, channel: str, on: date) -> bool:
        """Whether it is in force for this on that day (IST)."""
        in_force = self.from_day <= on and (self.until is None or on <= self.until)
        return in_force and category in self.categories and channel in self.channels


NO_RULE = CommissionRule("none", None, frozenset(), frozenset(), date.min, None, None)


def rule_for(rules: Iterable[CommissionRule], category: str, channel: str, on: date) -> CommissionRule:
    """The rule in force; one without shares where there is none."""
    return next((rule for rule in rules if rule.applies(category, channel, on)), NO_RULE)


@dataclass(frozen=True)
class Earning:
    """One event by which a charge was taken, or (`refund_id`) a part of it went back.

    `charge_paise` is above zero either way; `before_paise` went back earlier of the same payment.
    """

    event_id: str | None
    payment_id: str
    refund_id: str | None
    kiosk_id: str
    at: datetime
    category: str
    channel: str
    charged_on: date
    before_paise: int
    charge_paise: int


@dataclass(frozen=True)
class CommissionLine:
    """An earning with its rule and parts, which sum to what was charged (below zero: what went back)."""

    earning: Earning
    rule: CommissionRule
    parts: Mapping[str, int]

    @property
    def charge_paise(self) -> int:
        """What the parts sum to."""
        return -self.earning.charge_paise if self.earning.refund_id else self.earning.charge_paise


def line_of(earning: Earning, rules: Iterable[CommissionRule]) -> CommissionLine:
    """The line of an earning, by the rule of the day on which it was charged."""
    rule = rule_for(rules, earning.category, earning.channel, earning.charged_on)
    if earning.refund_id is None:
        return CommissionLine(earning, rule, _parts(rule, earning.charge_paise))
    before = _parts(rule, earning.before_paise)
    after = _parts(rule, earning.before_paise + earning.charge_paise)
    return CommissionLine(earning, rule, {head: before[head] - after[head] for head in after})


def totals(lines: Iterable[CommissionLine]) -> dict[str, int]:
    """What each earned, and what is in suspense, paise."""
    sums = Counter(dict.fromkeys((*EARNERS, SUSPENSE), 0))
    for line in lines:
        sums.update(line.parts)
    return dict(sums)


def charge_in(legs: Sequence[Leg]) -> int:
    """The charge in credits of a payment, or debits of a refund, paise."""
    return sum(leg.paise for leg in legs if leg.account in _CHARGED)


def _parts(rule: CommissionRule, paise: int) -> dict[str, int]:
    nobody = dict.fromkeys((*EARNERS, SUSPENSE), 0)
    if rule.shares is None:
        return {**nobody, SUSPENSE: paise}
    return {**nobody, **split(paise, {head: rule.shares.get(head, 0) for head in EARNERS})}
