"""Keep days settled: compare those that are over, and settle those whose working day has come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.application.settlement.ports import DayBooks
from billing.application.settlement.reconcile_day import ReconcileDay, ReconcileDayHandler
from billing.application.settlement.settle_day import NotYet, SettleDay, SettleDayHandler
from billing.domain.calendar import civil_day

# A file that comes later than so is read by command.
DAYS_BACK = 7
# Where something differs the files are read again after this: a corrected one ends it.
LOOK_AGAIN = timedelta(hours=6)


@dataclass(frozen=True)
class KeepSettled:
    """Go on with what is due."""


@dataclass(frozen=True)
class KeepSettledHandler:
    """Runs under a lease, but stays right without: both steps are safe to repeat and side by side."""

    books: DayBooks
    reconcile_day: ReconcileDayHandler
    settle_day: SettleDayHandler
    clock: Callable[[], datetime]

    def __call__(self, command: KeepSettled) -> None:
        """Raises what a step raises; a repeat goes on."""
        del command
        at = self.clock()
        for back in range(DAYS_BACK, 0, -1):
            day = civil_day(at) - timedelta(days=back)
            if self._is_to_compare(day, at):
                self.reconcile_day(ReconcileDay(day, at))
            try:
                self.settle_day(SettleDay(day, at))
            except NotYet:
                continue

    def _is_to_compare(self, day: date, at: datetime) -> bool:
        """For the first time, where a file was missing or its source not known yet, and again for a corrected file."""
        known = self.books.reconciled(day)
        if known is None or not known.is_whole or not all(known.has(one) for one in self.reconcile_day.sources()):
            return True
        return not known.agrees and at >= known.done_at + LOOK_AGAIN
