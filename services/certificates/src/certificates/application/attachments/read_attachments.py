"""Reading attachments, as far as the caller may see them; their files by links that soon end."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.attachments.errors import AttachmentLinkNotFound, AttachmentNotFound, AttachmentNotReady
from certificates.application.attachments.ports import Attachments, ContentStore, NoSuchContent, Sealing
from certificates.application.attachments.receive_attachment import FILE
from certificates.application.viewer import Viewer
from certificates.domain.attachments.attachment import LINK_LIFETIME, Attachment, State
from servicekit.errors import DependencyUnavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AttachmentReader:
    """Before an application has it, who uploaded it sees it; afterwards whoever sees the application."""

    attachments: Attachments
    applications: ApplicationReader
    store: ContentStore
    sealing: Sealing

    def get(self, attachment_id: str, viewer: Viewer) -> Attachment:
        """Raises AttachmentNotFound, also when the viewer may not see it."""
        attachment = self.attachments.get(attachment_id)
        if attachment is None or not self._may_see(attachment, viewer):
            raise AttachmentNotFound("There is no such attachment among those you may see.")
        return attachment

    def of_application(self, application_id: str) -> Sequence[Attachment]:
        """Those of an application that the caller was shown."""
        return self.attachments.of_application(application_id)

    def link(
        self, attachment_id: str, viewer: Viewer, reader: tuple[str, str | None], at: datetime
    ) -> tuple[str, datetime]:
        """A secret that gives the file to whoever has it, and when that ends; `reader` (client, person) is on record.

        Raises AttachmentNotFound, AttachmentNotReady.
        """
        attachment = self.get(attachment_id, viewer)
        if attachment.state is not State.READY:
            raise AttachmentNotReady(
                "The file has not arrived whole, or was refused; see its state.", state=attachment.state.value
            )
        secret = secrets.token_urlsafe(32)
        self.attachments.note_link(_hash(secret), attachment, reader, at)
        return secret, at + LINK_LIFETIME

    def content(self, secret: str, at: datetime) -> tuple[Attachment, bytes]:
        """The file of a link. Raises AttachmentLinkNotFound, DependencyUnavailable."""
        attachment = self.attachments.by_link(_hash(secret), at)
        if attachment is None:
            raise AttachmentLinkNotFound("This link is unknown or has ended. Ask for a new one.")
        try:
            return attachment, self.sealing.open(attachment, FILE, self.store.get(attachment.id))
        except (NoSuchContent, ValueError):
            # Somebody took it out of the store or changed it: people put it back from the store's copies.
            log.error("attachment_not_readable", attachment_id=attachment.id)
            raise DependencyUnavailable("The file cannot be read now; it is on record that it could not.") from None

    def _may_see(self, attachment: Attachment, viewer: Viewer) -> bool:
        if attachment.application_id is None:
            return viewer.owns(attachment)
        try:
            self.applications.get(attachment.application_id, viewer)
        except ApplicationNotFound:
            return False
        return True


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
