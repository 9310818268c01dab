"""A file arrives in pieces: begun, received, completed. Whoever dies in between loses nothing that arrived."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certificates.application.attachments.errors import (
    AttachmentNotFound,
    AttachmentSettled,
    BeingCompleted,
    ContentDiffers,
    PieceNotAcceptable,
    PiecesMissing,
    TooManyUploads,
)
from certificates.application.attachments.ports import Attachments, ContentStore, Judge, Sealing
from certificates.application.viewer import Viewer
from certificates.domain.attachments.attachment import (
    COMPLETED_WITHIN,
    MOST_UNUSED_OF_A_CENTRE,
    UNUSED_FOR,
    Attachment,
    MediaType,
    Refusal,
    State,
)
from servicekit.errors import DependencyUnavailable, FieldProblem
from servicekit.idempotency import Claim, Once

MOST_NAMED = 50
FILE = "file"


@dataclass(frozen=True, kw_only=True)
class BeginAttachment:
    """The command; the id is minted by the route."""

    attachment_id: str
    media_type: MediaType
    size_bytes: int
    sha256: str
    piece_bytes: int
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class AttachmentReceiver:
    """Receives files, judges them when they are whole, and keeps them sealed."""

    attachments: Attachments
    store: ContentStore
    sealing: Sealing
    judge: Judge

    def begin(self, command: BeginAttachment) -> Once[str]:
        """Safe to repeat with the same claim. Raises TooManyUploads, IdempotencyKeyReused."""
        kiosk = command.kiosk_id
        if kiosk and self.attachments.unused_of(kiosk, MOST_UNUSED_OF_A_CENTRE) >= MOST_UNUSED_OF_A_CENTRE:
            raise TooManyUploads(
                f"This centre has {MOST_UNUSED_OF_A_CENTRE} uploads that no application has. Name them in "
                "applications, or wait until they are deleted, a day after they were begun."
            )
        attachment = Attachment(
            id=command.attachment_id,
            client_id=command.client_id,
            kiosk_id=kiosk,
            person_id=command.person_id,
            media_type=command.media_type,
            size_bytes=command.size_bytes,
            sha256=command.sha256,
            piece_bytes=command.piece_bytes,
            sealed_key=self.sealing.new_key(command.attachment_id),
            state=State.RECEIVING,
            created_at=command.at,
            expires_at=command.at + UNUSED_FOR,
        )
        return self.attachments.once(command.claim, attachment)

    def receive(self, attachment_id: str, number: int, content: bytes, viewer: Viewer) -> None:
        """Keeps one piece; the same piece again changes nothing.

        Raises AttachmentNotFound, AttachmentSettled, PieceNotAcceptable.
        """
        attachment = self._own(attachment_id, viewer)
        self._refuse_settled(attachment)
        if number >= attachment.pieces:
            raise _not_acceptable("number", f"The pieces of this upload are 0 to {attachment.pieces - 1}.")
        if len(content) != attachment.piece_size(number):
            raise _not_acceptable(
                "size", f"Piece {number} has {attachment.piece_size(number)} bytes; {len(content)} arrived."
            )
        if not self.attachments.put_piece(
            attachment, number, self.sealing.seal(attachment, f"piece {number}", content)
        ):
            raise AttachmentSettled("The upload was completed meanwhile; no more pieces are taken.")

    def complete(self, attachment_id: str, viewer: Viewer, at: datetime) -> None:
        """Judges the whole file and keeps it, or says why not; a repeat finds it done.

        Dying before the last step leaves the upload as it was; the repeat writes the same content again.
        Raises AttachmentNotFound, PiecesMissing, BeingCompleted, ContentDiffers, DependencyUnavailable.
        """
        attachment = self._own(attachment_id, viewer)
        if attachment.state is not State.RECEIVING:
            return
        missing = self.missing(attachment)
        if missing:
            raise PiecesMissing(
                f"{len(missing)} of {attachment.pieces} pieces have not arrived.", missing=missing[:MOST_NAMED]
            )
        if not self.attachments.take(attachment.id, at, at + COMPLETED_WITHIN):
            raise BeingCompleted("Another request completes it. Ask for its state in a moment.", retry_after_seconds=2)
        try:
            self._settle(attachment)
        except DependencyUnavailable:
            self.attachments.give_back(attachment.id)
            raise

    def _settle(self, attachment: Attachment) -> None:
        content = self._whole(attachment)
        if content is None or hashlib.sha256(content).hexdigest() != attachment.sha256:
            self.attachments.begin_again(attachment.id)
            raise ContentDiffers("What arrived has another SHA-256 than was named. Send all pieces again.")
        judged = self.judge(attachment.media_type, content)
        if isinstance(judged, Refusal):
            self.attachments.settle(replace(attachment, state=State.REFUSED, refused=judged))
            return
        self.store.put(attachment.id, self.sealing.seal(attachment, FILE, judged))
        self.attachments.settle(replace(attachment, state=State.READY, stored_bytes=len(judged)))

    def _whole(self, attachment: Attachment) -> bytes | None:
        """What arrived; None when a piece is not as it was sealed."""
        pieces = enumerate(self.attachments.pieces(attachment.id))
        try:
            return b"".join(self.sealing.open(attachment, f"piece {number}", sealed) for number, sealed in pieces)
        except ValueError:
            return None

    def missing(self, attachment: Attachment) -> Sequence[int]:
        """The numbers of the pieces that are still to come."""
        if attachment.state is not State.RECEIVING:
            return []
        received = self.attachments.received(attachment.id)
        return [number for number in range(attachment.pieces) if number not in received]

    def _own(self, attachment_id: str, viewer: Viewer) -> Attachment:
        attachment = self.attachments.get(attachment_id)
        if attachment is None or not viewer.owns(attachment):
            raise AttachmentNotFound("There is no such attachment among those that you uploaded.")
        return attachment

    def _refuse_settled(self, attachment: Attachment) -> None:
        if attachment.state is not State.RECEIVING:
            raise AttachmentSettled("The upload is complete; no more pieces are taken.", state=attachment.state.value)


def _not_acceptable(code: str, detail: str) -> PieceNotAcceptable:
    return PieceNotAcceptable(detail, errors=[FieldProblem("", f"piece-{code}", detail)])
