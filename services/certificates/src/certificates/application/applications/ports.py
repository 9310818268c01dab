"""What the use cases need from outside, in their own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from certificates.domain.applications.application import Application, Change, HistoryEntry, RefusedPayment, State
from certificates.domain.certificates.certificate import CertificateIssued
from servicekit.idempotency import Claim, Once


class VersionMoved(Exception):
    """The application was changed by somebody else since it was read; nothing was written."""


class NumberTaken(Exception):
    """Another certificate has this number; nothing was written. Mint another and repeat."""


class Changes(Protocol):
    """The store inside one transaction. It may run several times, so it mints nothing."""

    def get(self, application_id: str) -> Application | None:
        """The application as this transaction sees it."""

    def add(self, change: Change, request_id: str) -> None:
        """Writes a new application, its history line and its event."""

    def save(self, change: Change, request_id: str, issued: CertificateIssued | None = None) -> None:
        """Writes a change (with its history line and event) and the certificate it issued, if one.

        Raises VersionMoved when the stored version is not the one just before the change's; NumberTaken.
        """

    def refuse(self, refused: RefusedPayment, request_id: str, causation_id: str) -> None:
        """Writes the history line and the event of a payment that moves nothing.

        `causation_id` is the id of the event that told of the payment. A repeat (a line of the same key) changes
        nothing and tells nobody again.
        """


class Applications(Protocol):
    """All applications."""

    def get(self, application_id: str) -> Application | None:
        """The application as it is now."""

    def once(self, claim: Claim, application_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs `effect`, which concerns that application, in one transaction with the claim, at most once.

        A repeat runs nothing and gives the first id. Raises IdempotencyKeyReused for another request's key,
        and whatever the effect raises, in which case nothing was written and the key stays free.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this claim made, or None. Raises IdempotencyKeyReused."""


@dataclass(frozen=True)
class Position:
    """Where a page ended: `due_on` as ISO text ("" while no day is set) and the id break the order's ties."""

    due_on: str
    application_id: str


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which applications to list. None does not narrow; `districts` are LGD codes."""

    department: str | None = None
    districts: frozenset[str] | None = None
    kiosk_id: str | None = None
    client_id: str | None = None
    state: State | None = None


class ApplicationQueries(Protocol):
    """Reading for lists and look-ups."""

    def page(self, selection: Selection, after: Position | None, limit: int) -> Sequence[Application]:
        """At most `limit` applications after the position, those due first (or not yet due) in front."""

    def by_token(self, token: str) -> Application | None:
        """The application with that transaction token."""

    def history(self, application_id: str) -> Sequence[HistoryEntry]:
        """The audit trail, oldest first."""
