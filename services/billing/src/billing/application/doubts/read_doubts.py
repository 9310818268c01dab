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
    """A biller by one mode: the published limits, and the classes of how many are in doubt, and of these late.

    `biller` is None for one that is paid here no longer, with whom something is still in doubt.
    """

    biller_id: str
    biller: Biller | None
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
        """Every biller that is paid here, by each mode that any payment can have, in the order of their ids.

        With them what is in doubt with a biller that was withdrawn: it is no less in doubt.
        """
        told = {(row.biller_id, row.mode): row for row in self.doubts.in_doubt(at)}
        shown = {(biller_id, mode) for biller_id in self.billers for mode in MODES} | told.keys()
        by_place = sorted(shown, key=lambda one: (one[0], MODES.index(one[1])))
        return [self._of(biller_id, mode, told.get((biller_id, mode)), at) for biller_id, mode in by_place]

    def _of(self, biller_id: str, mode: str, row: InDoubt | None, at: datetime) -> DoubtsOfBiller:
        limit = self.limits.of(biller_id, mode, civil_day(at))
        return DoubtsOfBiller(
            biller_id,
            self.billers.get(biller_id),
            mode,
            limit,
            min(self.queue_limits.of(biller_id, mode, civil_day(at)), limit),
            size_of(row.count if row else 0),
            size_of(row.late if row else 0),
            max(at - row.oldest_at, timedelta()) // timedelta(hours=1) if row else None,
        )
