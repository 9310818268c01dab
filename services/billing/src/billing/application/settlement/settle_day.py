"""Settle a day: each biller is paid what it is owed, once, on the first working day after.

At each step, what is durable if the process dies there:

1. The settlement of biller and day is opened.                                     It, without lines.
2. Its acts are taken, batch by batch; what a break is about waits.                 As 1; a repeat takes the rest.
3. One transaction: totals and hash of its file, the ledger's entry, the event.      Everything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from billing.application.settlement.ports import DayBooks, Settlements
from billing.application.settlement.reconcile_day import SLACK
from billing.domain.calendar import civil_day, start_of_day
from billing.domain.settlement.acts import Act
from billing.domain.settlement.day_files import PROVIDER
from billing.domain.settlement.settlement import Settlement, SettlementState, totals_of
from billing.domain.settlement.working_days import BankDays
from billing.domain.tariff.billers import Biller
from servicekit.faults import crash_point

_BATCH = 500


class NotYet(ValueError):
    """The day cannot be settled yet, and why."""


@dataclass(frozen=True)
class SettleDay:
    """The day (IST) to settle, as of `at`."""

    day: date
    at: datetime


@dataclass(frozen=True)
class SettleDayHandler:
    """Safe to repeat and to stop anywhere: what is settled stays as it is, and what is not is gone on with."""

    books: DayBooks
    settlements: Settlements
    billers: Mapping[str, Biller]
    bank_days: BankDays
    new_settlement_id: Callable[[], str]
    new_event_id: Callable[[], str]

    def __call__(self, command: SettleDay) -> list[Settlement]:
        """The day's settlements. Raises NotYet. A biller whose file is missing is left for another run."""
        day, at = command.day, command.at
        if civil_day(at) < (on := self.bank_days.settled_on(day)):
            raise NotYet(f"{day} is settled on {on}")
        reconciled = self.books.reconciled(day)
        if reconciled is None or not reconciled.has(PROVIDER):
            raise NotYet(f"{day} is not compared with the provider's file yet")
        billers = [biller for biller in self.billers.values() if not biller.internal]
        settled = (self._settle(b, day, at) for b in billers if reconciled.has(b.biller_id))
        return [settlement for settlement in settled if settlement]

    def _settle(self, biller: Biller, day: date, at: datetime) -> Settlement | None:
        settlement = self.settlements.of_day(biller.biller_id, day)
        if settlement is None:
            owed = self._owed(biller.biller_id, day)
            if next(owed, None) is None:
                return None
            settlement = self.settlements.open(
                Settlement(self.new_settlement_id(), biller.biller_id, biller.department, day, SettlementState.OPEN, at)
            )
            crash_point("M1")
        if settlement.state is SettlementState.CLOSED:
            return settlement
        settlement = self._take(settlement)
        totals = totals_of(settlement, self.settlements.lines(settlement.settlement_id))
        if totals.gross_paise < totals.refunded_paise:
            settlement = self.settlements.give_up(settlement)
            totals = totals_of(settlement, iter(()))
        return self.settlements.close(settlement, totals, self.new_event_id(), at)

    def _owed(self, biller_id: str, day: date) -> Iterator[Act]:
        # From before its midnight: what was stamped then may have been stored after the day before was closed.
        return self.settlements.owed(biller_id, start_of_day(day) - SLACK, start_of_day(day + timedelta(days=1)))

    def _take(self, settlement: Settlement) -> Settlement:
        """Only what the biller lists is paid, and nothing about which a break is open: the rest waits.

        What went back of a payment that waits does too: the biller has not been paid it.
        """
        unpaid: set[str] = set()
        for acts in _batches(self._owed(settlement.biller_id, settlement.day)):
            unpaid |= self.settlements.held_back([act.payment_id for act in acts])
            listed = self.books.listed(settlement.biller_id, [act.entry_id for act in acts if act.paise > 0])
            unpaid |= {act.payment_id for act in acts if act.paise > 0 and act.entry_id not in listed}
            taken = [act for act in acts if act.payment_id not in unpaid]
            settlement = self.settlements.take(settlement, taken, [act for act in acts if act not in taken])
            crash_point("M2")
        return settlement


def _batches(acts: Iterator[Act]) -> Iterator[list[Act]]:
    while batch := list(islice(acts, _BATCH)):
        yield batch
