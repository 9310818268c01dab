"""What nobody used is deleted."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.attachments.ports import Attachments, ContentStore

AT_ONCE = 100


@dataclass(frozen=True)
class SweepAttachments:
    """The command: delete what expired before `at`."""

    at: datetime


@dataclass(frozen=True)
class SweepAttachmentsHandler:
    """Deletes uploads that no application took in time. May be cut off anywhere."""

    attachments: Attachments
    store: ContentStore

    def __call__(self, command: SweepAttachments) -> int:
        """How many were deleted. The record goes last, so that what was cut off is found again.

        Raises DependencyUnavailable.
        """
        removed = 0
        while expired := self.attachments.expired(command.at, AT_ONCE):
            for attachment in expired:
                # An application that takes it at this moment must find its file.
                if self.attachments.doom(attachment.id, command.at):
                    self.store.delete(attachment.id)
                    self.attachments.remove(attachment.id)
                    removed += 1
        return removed
