"""Add evidence to a dispute: who paid, or who decides."""

from dataclasses import dataclass

from billing.application.disputes.ports import Disputes
from billing.application.disputes.read_disputes import DisputeReader
from billing.domain.disputes.dispute import Dispute, Evidence
from servicekit.access import Reach


@dataclass(frozen=True)
class AddEvidence:
    """What to add."""

    dispute_id: str
    evidence: tuple[Evidence, ...]
    reach: Reach


@dataclass(frozen=True)
class AddEvidenceHandler:
    """What was added once is there once, whoever adds it again."""

    disputes: Disputes
    reader: DisputeReader

    def __call__(self, command: AddEvidence) -> Dispute:
        """The dispute with it. Raises DisputeNotFound, DisputeEnded, TooMuchEvidence."""
        dispute = self.reader.get(command.dispute_id, command.reach)
        known = {piece.says for piece in dispute.evidence}
        if {piece.says for piece in command.evidence} <= known:
            return dispute
        self.disputes.add(command.dispute_id, command.evidence)
        return self.reader.get(command.dispute_id, command.reach)
