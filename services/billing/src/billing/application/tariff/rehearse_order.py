"""Rehearse a draft order over a month of payments. Nothing is changed: past payments keep their day's fee."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.application.tariff.ports import MonthOfPayments
from billing.domain.calendar import start_of_day
from billing.domain.tariff.fees import FeeSchedule, Rate
from billing.domain.tariff.rehearsal import Rehearsal, rehearse


@dataclass(frozen=True)
class RehearseOrder:
    """The draft's rates as if in force on the whole of the month that begins on `month` (IST)."""

    rates: Sequence[Rate]
    month: date


@dataclass(frozen=True)
class RehearseOrderHandler:
    """Computes what the payments of a month would have cost and earned."""

    fees: FeeSchedule
    payments: MonthOfPayments

    def __call__(self, command: RehearseOrder) -> Rehearsal:
        """Raises NoRateInForce where no order that we hold sets what a payment was charged."""
        first = command.month
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        paid = self.payments.completed(start_of_day(first), start_of_day(following))
        return rehearse(paid, self.fees, self.fees.with_order(command.rates, first))
