"""Somebody begins a case, as a draft."""

from dataclasses import dataclass
from datetime import datetime

from revenue_courts.application.check_filing import FilingCheck
from revenue_courts.application.ports import Cases
from revenue_courts.application.viewer import Viewer
from revenue_courts.domain.case import Actor, Office
from revenue_courts.domain.filing import Filing
from revenue_courts.domain.moves import begin
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class BeginCase:
    """The command; ids and time are minted by the route. `filing` is personal data: never log it."""

    case_id: str
    transaction_token: str
    filing: Filing
    viewer: Viewer
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    assistance_id: str | None
    agreed_once: str | None
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class BeginCaseHandler:
    """A draft may lack nearly everything; its court and its kind must be known."""

    cases: Cases
    check: FilingCheck

    def __call__(self, command: BeginCase) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, ActUsedUp, IdempotencyKeyReused."""
        self.check.known(command.filing)
        change = begin(
            command.filing,
            case_id=command.case_id,
            transaction_token=command.transaction_token,
            client_id=command.client_id,
            kiosk_id=command.kiosk_id,
            person_id=command.person_id,
            assistance_id=command.assistance_id,
            agreed_once=command.agreed_once,
            by=Actor(command.viewer.id, Office.FILER),
            at=command.at,
        )
        return self.cases.once(command.claim, command.case_id, lambda changes: changes.add(change))
