"""What the use cases of attachments need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from certificates.domain.attachments.attachment import Attachment, MediaType, Refusal
from servicekit.idempotency import Claim, Once


class NoSuchContent(Exception):
    """The store has nothing under this id, or not all of it."""


class Attachments(Protocol):
    """All attachments, and the sealed pieces of those that are being received."""

    def once(self, claim: Claim, attachment: Attachment) -> Once[str]:
        """Writes a new one with the claim, at most once. Raises IdempotencyKeyReused."""

    def get(self, attachment_id: str) -> Attachment | None:
        """The attachment as it is now."""

    def of_application(self, application_id: str) -> Sequence[Attachment]:
        """Those that an application has, in the order of their codes."""

    def unused_of(self, kiosk_id: str, most: int) -> int:
        """How many uploads of a centre no application has; counted up to `most`."""

    def put_piece(self, attachment: Attachment, number: int, sealed: bytes) -> bool:
        """Keeps a piece, instead of an earlier one of its number; False, and nothing kept, once it is settled."""

    def received(self, attachment_id: str) -> frozenset[int]:
        """The numbers of the pieces that are here."""

    def pieces(self, attachment_id: str) -> Sequence[bytes]:
        """The sealed pieces, in order."""

    def begin_again(self, attachment_id: str) -> None:
        """Deletes all pieces, and gives the upload back."""

    def take(self, attachment_id: str, at: datetime, until: datetime) -> bool:
        """Takes a RECEIVING upload for its completion until then; False when somebody else has it, or it is settled."""

    def give_back(self, attachment_id: str) -> None:
        """Ends what `take` began, so that others need not wait."""

    def settle(self, attachment: Attachment) -> None:
        """Writes READY or REFUSED over RECEIVING and deletes the pieces, together; of two the first stays."""

    def expired(self, at: datetime, limit: int) -> Sequence[Attachment]:
        """Some of those that nobody used in time."""

    def doom(self, attachment_id: str, at: datetime) -> bool:
        """From now on no application can take an expired one; False when one took it before."""

    def remove(self, attachment_id: str) -> None:
        """Deletes one that is doomed, with its pieces."""

    def under_other_keys(self, kid: str, limit: int) -> Sequence[Attachment]:
        """Some whose key is sealed by another key than this one."""

    def reseal(self, attachment: Attachment, sealed_key: str) -> None:
        """Replaces the sealed key, if it is still the one that was read."""

    def note_link(self, link_hash: bytes, attachment: Attachment, reader: tuple[str, str | None], at: datetime) -> None:
        """Keeps a link, and for good that `reader` (client, person) was given it; together."""

    def by_link(self, link_hash: bytes, at: datetime) -> Attachment | None:
        """The attachment of a link that lives."""


class ContentStore(Protocol):
    """Where sealed files are kept, by the attachment's id."""

    def put(self, attachment_id: str, content: bytes) -> None:
        """Keeps it, instead of what is there. Raises DependencyUnavailable."""

    def get(self, attachment_id: str) -> bytes:
        """What is kept. Raises NoSuchContent, DependencyUnavailable."""

    def delete(self, attachment_id: str) -> None:
        """Deletes it, whole or half-written; nothing there is as good. Raises DependencyUnavailable."""


class Keyed(Protocol):
    """What has a key of its own, which a key of the service's sealed: a file, a draft."""

    @property
    def id(self) -> str:
        """Its id, under which alone its key opens."""

    @property
    def sealed_key(self) -> str:
        """The key, sealed."""


class Resealable(Protocol):
    """A store of such things."""

    def under_other_keys(self, kid: str, limit: int, /) -> Sequence[Keyed]:
        """Some whose key is sealed by another key than this one."""

    def reseal(self, keyed: Any, sealed_key: str, /) -> None:
        """Replaces the sealed key, if it is still the one that was read."""


class Sealing(Protocol):
    """Encryption of files and drafts: each under a key of its own, which a key of the service's seals."""

    def new_key(self, keyed_id: str) -> str:
        """A new sealed key."""

    def seal(self, keyed: Keyed, part: str, content: bytes) -> bytes:
        """`part` names what it is, "piece 3" or "file": it opens under that name and of that thing only."""

    def open(self, keyed: Keyed, part: str, sealed: bytes) -> bytes:
        """The content. Raises ValueError for anything else than what `seal` gave, DependencyUnavailable without the
        service's key that its own is sealed by."""

    def resealed(self, keyed: Keyed) -> str:
        """The key, sealed by the service's first key."""

    @property
    def first_kid(self) -> str:
        """The id of the service's key that seals new keys."""


class Judge(Protocol):
    """Looks into files that strangers made."""

    def __call__(self, media_type: MediaType, content: bytes) -> bytes | Refusal:
        """What to keep: a picture saved anew, a PDF as it came; or why it is refused.

        Raises DependencyUnavailable while too many are looked into.
        """
