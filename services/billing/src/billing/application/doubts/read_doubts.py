"""What is in doubt now: a public number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.application.doubts.ports import Doubts, InDoubt
from billing.domain.calendar import civil_day
from billing.domain.doubts.limits import DoubtLimits, SizeClass, size_of
from billing.domain.tariff.billers import Biller

MODES = ("WALLET", "CARD", "UPI")


@dataclass(frozen=True)
class DoubtsOfBiller:
    """A biller by one mode: the published limits, and the classes of how many are in doubt, and of these late."""

    biller: Biller
    mode: str
    limit: timedelta
    queue_limit: timedelta
    count: SizeClass
    late: SizeClass
    oldest_hours: int | None


@dataclass(frozen=True)
class DoubtReader:
    """Answers anybody's question what is in doubt."""

    billers: Mapping[str, Biller]
    limits: DoubtLimits
    queue_limits: DoubtLimits
    doubts: Doubts

    def in_doubt(self, at: datetime) -> Sequence[DoubtsOfBiller]:
        """Every biller that is paid here, by each mode that any payment can have, in the order of their ids."""
        told = {(row.biller_id, row.mode): row for row in self.doubts.in_doubt(at)}
        return [
            self._of(self.billers[biller_id], mode, told.get((biller_id, mode)), at)
            for biller_id in sorted(self.billers)
            for mode in MODES
        ]

    def _of(self, biller: Biller, mode: str, row: InDoubt | None, at: datetime) -> DoubtsOfBiller:
        limit = self.limits.of(biller.biller_id, mode, civil_day(at))
        return DoubtsOfBiller(
            biller,
            mode,
            limit,
            min(self.queue_limits.of(biller.biller_id, mode, civil_day(at)), limit),
            size_of(row.count if row else 0),
            size_of(row.late if row else 0),
            max(at - row.oldest_at, timedelta()) // timedelta(hours=1) if row else None,
        )
