"""Reading breaks: what people have, since when, and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.application.breaks.errors import BreakNotFound
from billing.application.breaks.ports import StoredBreaks
from billing.application.breaks.subjects import Subjects
from billing.domain.breaks.ending import Booking, Ending, StoredBreak, booking_of, change_of, endings_of
from billing.domain.payments.breaks import Resolution
from billing.domain.payments.pace import Pace


@dataclass(frozen=True)
class BreakShown:
    """A break, the endings there are for it now, and what the proposal would book (None: there is none to book)."""

    row: StoredBreak
    endings: Sequence[Ending]
    booking: Booking | None


@dataclass(frozen=True)
class BreakReader:
    """Answers questions about breaks."""

    breaks: StoredBreaks
    subjects: Subjects
    pace: Pace

    def get(self, break_id: str, at: datetime) -> BreakShown:
        """One. Raises BreakNotFound."""
        row = self.breaks.get(break_id)
        if row is None:
            raise BreakNotFound("There is no break with this id.")
        if not row.is_open:
            return BreakShown(row, (), None)
        subject = self.subjects.of(row)
        endings = endings_of(row.kind, subject)
        proposal = row.proposal
        if proposal is None or proposal.ending not in endings or proposal.version != subject.version:
            return BreakShown(row, endings, None)
        nobody = Resolution(row.kind, at, "")
        return BreakShown(
            row, endings, booking_of(change_of(row.kind, subject, proposal, self.pace, at, "evt", nobody))
        )

    def page(self, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[StoredBreak]:
        """Those that are due first in front."""
        return self.breaks.page(is_open=is_open, after=after, limit=limit)
