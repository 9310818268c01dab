"""What the view of transactions and the register of routes need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.application.providers import Provided, Provider
from gateway.application.route_register import Register
from gateway.application.routes import PublishedService
from gateway.application.transactions import Observation, Position, TimelineEntry, Transaction
from gateway.application.withdrawals import Withdrawal


class Transactions(Protocol):
    """The transactions seen through events."""

    def find(self, token: str) -> Transaction | None:
        """The transaction of this token, or None when no event of it has arrived."""

    def fee_payments(self, application_ids: Sequence[str]) -> Sequence[Transaction]:
        """Payments made for these applications, oldest first."""

    def of_person(self, person_id: str, before: Position | None, limit: int) -> Sequence[Transaction]:
        """A person's own, the latest begun first, from the position on."""


class ObservedTransactions(Protocol):
    """The view, inside one transaction."""

    def add(self, observations: Sequence[Observation]) -> None:
        """Adds what events tell. Repeats and disorder change nothing."""


@dataclass(frozen=True)
class ReportedTransaction:
    """A transaction as the service that owns it reports it now. Instants are aware UTC.

    `deadline_at`: when people take it over, if it has not come to its end by then; None when the service tells none.
    """

    token: str
    kind: str
    reference_id: str
    status: str
    owner_client_id: str
    kiosk_id: str | None
    district_code: str | None
    updated_at: datetime
    events: tuple[TimelineEntry, ...]
    deadline_at: datetime | None = None


class TransactionOwners(Protocol):
    """The services themselves, asked when the events have not arrived yet."""

    def ask(self, token: str, request_id: str) -> ReportedTransaction | None:
        """The transaction, or None when every service says that it has none.

        Raises DependencyUnavailable when none has it and some service did not answer. Safe to repeat.
        """


class RouteRegister(Protocol):
    """The one register of routes that all gateways of an installation share."""

    def newer_than(self, revision: int) -> Register | None:
        """The stored register, or None when it has this revision or there is none.

        Raises DependencyUnavailable. Safe to repeat.
        """

    def replace(self, register: Register) -> Register | None:
        """Stores `register` where the stored one has its revision, or where there is none and its revision is 0.

        Gives it with the next revision, once a majority has it; None when the stored one is another by now. Raises
        DependencyUnavailable, after which it may be stored or not.
        """


class LastGoodRoutes(Protocol):
    """What each service last published that could be used. Every method raises DependencyUnavailable."""

    def keep(self, service: PublishedService) -> None:
        """Keeps it in the place of what was kept for this service and place. Safe to repeat."""

    def find(self, service: str, place: str) -> PublishedService | None:
        """What was kept, or None."""

    def forget(self, service: str) -> None:
        """Throws away what was kept for this service, wherever its files were. Safe to repeat."""


class Withdrawals(Protocol):
    """Access that was taken back, as all gateways of an installation share it."""

    def noted_since(self, instant: datetime) -> Sequence[Withdrawal]:
        """What was noted at or after this instant and is not forgotten yet. Raises DependencyUnavailable."""


class WithdrawalsTold(Protocol):
    """What identity says of it, inside one transaction."""

    def keep(self, withdrawal: Withdrawal, noted_at: datetime) -> None:
        """Keep it in the place of what was told of this id before. The caller sees to it that a later word stays."""


class Providers(Protocol):
    """What is known of centres' providers."""

    def of(self, kiosk_id: str) -> Sequence[Provider]:
        """All that a centre had, in any order; none of one of which nothing was told."""


class ProvidersTold(Protocol):
    """The same, inside one transaction."""

    def add(self, provided: Sequence[Provided]) -> None:
        """Adds what events tell. Repeats and disorder change nothing."""
