"""One person proposes how a break ends. Nothing is booked by that."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.breaks.errors import BreakEnded, ending_refused
from billing.application.breaks.ports import StoredBreaks
from billing.application.breaks.read_breaks import BreakReader, BreakShown
from billing.domain.breaks.ending import Ending, Proposal


@dataclass(frozen=True)
class ProposeEnding:
    """`proposal_id` and `at` are minted by the caller; `by` is the person. `reference` goes with DONE alone."""

    break_id: str
    proposal_id: str
    ending: Ending
    reference: str | None
    evidence: str
    by: str
    at: datetime


@dataclass(frozen=True)
class ProposeEndingHandler:
    """Keeps the proposal in the place of an earlier one. A repeat of what stands leaves it as it is."""

    breaks: StoredBreaks
    reader: BreakReader

    def __call__(self, command: ProposeEnding) -> BreakShown:
        """The break with the proposal, and what it would book.

        Raises BreakNotFound, BreakEnded, ValidationFailed for an ending that there is not.
        """
        shown = self.reader.get(command.break_id, command.at)
        if not shown.row.is_open:
            raise BreakEnded("This break has ended; nothing is left to do.")
        if command.ending not in shown.endings:
            able = ", ".join(shown.endings) or "none; look again"
            raise ending_refused(
                "/ending",
                "not-of-this-break",
                f"This break can be ended by: {able}.",
                f"यह मामला इस तरह समाप्त हो सकता है: {able}।",
            )
        if (command.reference is not None) != (command.ending is Ending.DONE):
            raise ending_refused(
                "/reference",
                "of-what-was-done",
                "Give the partner's own reference of what it did with ending done, and with no other.",
                "साझेदार की अपनी संदर्भ संख्या केवल ending done के साथ दें।",
            )
        version = self.reader.subjects.of(shown.row).version
        earlier = shown.row.proposal
        proposal = Proposal(
            command.proposal_id,
            command.ending,
            command.reference,
            command.evidence,
            command.by,
            command.at,
            version,
        )
        stands = earlier is not None and _said(earlier) == _said(proposal)
        if not (stands or self.breaks.propose(command.break_id, proposal)):
            raise BreakEnded("This break has ended; nothing is left to do.")
        return self.reader.get(command.break_id, command.at)


def _said(proposal: Proposal) -> tuple[object, ...]:
    return proposal.ending, proposal.reference, proposal.evidence, proposal.proposed_by, proposal.version
