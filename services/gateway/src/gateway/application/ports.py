"""What the view of transactions needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.application.transactions import Observation, TimelineEntry, Transaction


class Transactions(Protocol):
    """The transactions seen through events."""

    def find(self, token: str) -> Transaction | None:
        """The transaction of this token, or None when no event of it has arrived."""

    def fee_payments(self, application_id: str) -> Sequence[Transaction]:
        """Payments made for this application, oldest first."""


class ObservedTransactions(Protocol):
    """The view, inside one transaction."""

    def add(self, observations: Sequence[Observation]) -> None:
        """Adds what events tell. Repeats and disorder change nothing."""


@dataclass(frozen=True)
class ReportedTransaction:
    """A transaction as the service that owns it reports it now. `at` instants are aware UTC."""

    token: str
    kind: str
    reference_id: str
    status: str
    owner_client_id: str
    kiosk_id: str | None
    district_code: str | None
    updated_at: datetime
    events: tuple[TimelineEntry, ...]


class TransactionOwners(Protocol):
    """The services themselves, asked when the events have not arrived yet."""

    def ask(self, token: str, request_id: str) -> ReportedTransaction | None:
        """The transaction, or None when every service says that it has none.

        Raises DependencyUnavailable when none has it and some service did not answer. Safe to repeat.
        """
