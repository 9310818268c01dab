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

    found: StoredBreak
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
        found = self.breaks.get(break_id)
        if found is None:
            raise BreakNotFound("There is no break with this id.")
        if not found.is_open:
            return BreakShown(found, (), None)
        subject = self.subjects.of(found)
        endings = endings_of(found.kind, subject)
        proposal = found.proposal
        if proposal is None or proposal.ending not in endings or proposal.version != subject.version:
            return BreakShown(found, endings, None)
        nobody = Resolution(found.kind, at, "")
        return BreakShown(
            found, endings, booking_of(change_of(found.kind, subject, proposal, self.pace, at, "evt", nobody))
        )

    def page(self, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[StoredBreak]:
        """Those that are due first in front."""
        return self.breaks.page(is_open=is_open, after=after, limit=limit)
