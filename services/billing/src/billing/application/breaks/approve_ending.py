"""A second person approves how a break ends: it is booked with that, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.breaks.errors import BreakEnded, ProposalChanged, SamePerson
from billing.application.breaks.ports import StoredBreaks
from billing.application.breaks.read_breaks import BreakReader, BreakShown
from billing.domain.breaks.ending import change_of, endings_of
from billing.domain.payments.breaks import Resolution


@dataclass(frozen=True)
class ApproveEnding:
    """`proposal_id` is the proposal that the person, `by`, has seen."""

    break_id: str
    proposal_id: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ApproveEndingHandler:
    """What it books and the end of the break are one transaction, compared with how both were read."""

    breaks: StoredBreaks
    reader: BreakReader
    new_event_id: Callable[[], str]

    def __call__(self, command: ApproveEnding) -> BreakShown:
        """The break, ended. A repeat of an approval that was made changes nothing.

        Raises BreakNotFound, BreakEnded, SamePerson, and ProposalChanged when the proposal or what it is about is not
        as it was when it was proposed.
        """
        row = self.reader.get(command.break_id, command.at).row
        proposal = row.proposal
        if not row.is_open:
            if proposal and (proposal.proposal_id, row.approved_by) == (command.proposal_id, command.by):
                return self.reader.get(command.break_id, command.at)
            raise BreakEnded("This break has ended; nothing is left to do.")
        if proposal is None or proposal.proposal_id != command.proposal_id:
            raise ProposalChanged("Another proposal stands by now, or none: look at it, then approve that one.")
        if proposal.proposed_by == command.by:
            raise SamePerson("You proposed this; somebody else has to approve it.")
        subject = self.reader.subjects.of(row)
        if proposal.version != subject.version or proposal.ending not in endings_of(row.kind, subject):
            raise ProposalChanged("What this is about has moved since it was proposed: look again, then propose again.")
        resolution = Resolution(
            row.kind,
            command.at,
            f"two people: {proposal.ending}",
            refund_id=row.refund_id,
            top_up_id=row.top_up_id,
            proposal_id=proposal.proposal_id,
            approved_by=command.by,
        )
        change = change_of(row.kind, subject, proposal, self.reader.pace, command.at, self.new_event_id(), resolution)
        ended = (
            self.breaks.close(row.break_id, resolution)
            if change is None
            else self.reader.subjects.record(subject, change)
        )
        if not ended:
            raise ProposalChanged("Somebody or an answer was quicker: look again.")
        return self.reader.get(command.break_id, command.at)
