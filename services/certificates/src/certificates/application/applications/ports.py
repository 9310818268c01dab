"""What the use cases of applications and of officers need from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from certificates.domain.applications.application import Application, Change, HistoryEntry, RefusedPayment, State
from certificates.domain.applications.escalate import Escalation
from certificates.domain.attachments.attachment import Attachment
from certificates.domain.certificates.certificate import CertificateIssued
from certificates.domain.drafts.draft import Draft
from servicekit.access import Reach
from servicekit.idempotency import Claim, Once


class VersionMoved(Exception):
    """The application was changed by somebody else since it was read; nothing was written."""


class NumberTaken(Exception):
    """Another certificate has this number; nothing was written. Repeat with another number."""


class AttachmentTaken(Exception):
    """The attachment is not ready, or another application has it; nothing was written."""


class Changes(Protocol):
    """The store inside one transaction, which may be run several times: ids and instants are handed in."""

    def get(self, application_id: str) -> Application | None:
        """The application as this transaction sees it."""

    def add(self, change: Change, request_id: str) -> None:
        """Writes a new application, its history line and its event."""

    def save(self, change: Change, request_id: str, issued: CertificateIssued | None = None) -> None:
        """Writes a changed application, its history line, its event, and the certificate that was issued, if any.

        The form is written anew with a resubmission, and never otherwise.
        Raises VersionMoved when the stored version is not the one just before the change's; NumberTaken; NotInForce
        when the certificate in whose place the new one would stand ended meanwhile.
        """

    def attach(self, attachment_id: str, *, application_id: str, code: str, at: datetime) -> None:
        """Gives a ready attachment to the application. Raises AttachmentTaken."""

    def drop_draft(self, draft_id: str) -> None:
        """Deletes the draft that became the application."""

    def refuse(self, refused: RefusedPayment, request_id: str, causation_id: str) -> None:
        """Writes the history line and the event of a payment that changes nothing.

        `causation_id` is the id of the event that announced the payment. A repeat (a line with the same key exists)
        writes nothing, and no second event.
        """

    def note(self, entry: HistoryEntry) -> None:
        """Writes a line that records no change, unless it is there."""


class Uploads(Protocol):
    """The files that may be attached."""

    def get(self, attachment_id: str) -> Attachment | None:
        """The attachment as it is now."""


class Drafts(Protocol):
    """The drafts that may become applications."""

    def get(self, draft_id: str, at: datetime) -> Draft | None:
        """The draft as it is now."""


class Applications(Protocol):
    """All applications."""

    def get(self, application_id: str) -> Application | None:
        """The application as it is now."""

    def history(self, application_id: str) -> Sequence[HistoryEntry]:
        """The audit trail, oldest first."""

    def once(self, claim: Claim, application_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        """Runs `effect`, which makes or changes that application, in one transaction with the claim, at most once.

        A repeat runs nothing and gives the first id. Raises IdempotencyKeyReused when another request used the key,
        and whatever the effect raises; then nothing was written and the key is still unused.
        """

    def move(self, change: Change, request_id: str) -> None:
        """Writes what moves by itself, in a transaction of its own. Raises VersionMoved."""

    def waiting(
        self, state: State, since: datetime, before: datetime, after: Application | None, limit: int
    ) -> Sequence[Application]:
        """At most `limit` that came into that state from `since` to `before`, the longest first, and after that one."""

    def late(self, today: date, limit: int) -> Sequence[Application]:
        """At most `limit` that were due before today and whose delay is not told; the longest first."""

    def escalate(self, application: Application, escalation: Escalation, request_id: str) -> bool:
        """Writes it once, if the application is still as it was read; False, and nothing written, when it is not.

        From then on it is not among those that are `late`, until another step is.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None. Raises IdempotencyKeyReused."""


@dataclass(frozen=True)
class Position:
    """Where a page ended: `due_on` as ISO text ("" while no day is set), and the id, which orders equal days."""

    due_on: str
    application_id: str

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Position":
        """As a cursor said it; member by member, for it may be another list's."""
        return cls(said["due_on"], said["application_id"])


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which applications to list: of those within `reach`. None leaves a member out of account.

    `districts` are LGD codes; `due_by` leaves out what is due later and what has no day; `without` are steps (type's
    code, step's name): what is at one of them is left out.
    """

    reach: Reach
    districts: frozenset[str] | None = None
    states: frozenset[State] | None = None
    type_code: str | None = None
    due_by: date | None = None
    without: frozenset[tuple[str, str]] = frozenset()


class ApplicationQueries(Protocol):
    """Reading for lists and look-ups."""

    def page(self, selection: Selection, after: Position | None, limit: int) -> Sequence[Application]:
        """At most `limit` applications after the position: first those without a due date, then by due date."""

    def by_token(self, token: str) -> Application | None:
        """The application with that transaction token."""
