"""An officer asks for the approval of many cases at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certificates.application.officers.ports import BulkDecisions
from certificates.domain.officers.bulk import BulkDecision, BulkItem
from certificates.domain.officers.officer import Officer
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class BeginBulkDecision:
    """The command; id and time are minted by the route."""

    bulk_id: str
    officer: Officer
    client_id: str
    remarks: str | None
    items: Sequence[BulkItem]
    request_id: str
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class BeginBulkDecisionHandler:
    """Writes down what is asked for; a job carries it out, so that it survives whoever asked."""

    bulk_decisions: BulkDecisions

    def __call__(self, command: BeginBulkDecision) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, IdempotencyKeyReused."""
        seen: set[str] = set()
        problems = []
        for place, item in enumerate(command.items):
            if item.application_id in seen:
                told = "Name each application once."
                problems.append(
                    FieldProblem(f"/items/{place}/application_id", "repeated", told, "हर आवेदन एक ही बार दें।")
                )
            seen.add(item.application_id)
        if problems:
            raise ValidationFailed("Some applications are named twice.", errors=problems)
        bulk = BulkDecision(
            id=command.bulk_id,
            officer=command.officer,
            client_id=command.client_id,
            remarks=command.remarks,
            request_id=command.request_id,
            items=tuple(command.items),
            made_at=command.at,
        )
        return self.bulk_decisions.once(command.claim, bulk)
