"""What nobody used is deleted, and keys are sealed anew after a rotation. Both may be cut off anywhere."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.attachments.ports import Attachments, ContentStore, Sealing

AT_ONCE = 100


@dataclass(frozen=True)
class SweepAttachments:
    """Deletes uploads that no application took in time."""

    attachments: Attachments
    store: ContentStore

    def __call__(self, at: datetime) -> int:
        """How many were deleted. The record goes last, so that what was cut off is found again.

        Raises DependencyUnavailable.
        """
        removed = 0
        while expired := self.attachments.expired(at, AT_ONCE):
            for attachment in expired:
                # An application that takes it at this moment must find its file.
                if self.attachments.doom(attachment.id, at):
                    self.store.delete(attachment.id)
                    self.attachments.remove(attachment.id)
                    removed += 1
        return removed


@dataclass(frozen=True)
class ResealAttachments:
    """Seals every key by the service's first key; after that the others are needed no more."""

    attachments: Attachments
    sealing: Sealing

    def __call__(self) -> int:
        """How many were sealed anew."""
        resealed = 0
        while others := self.attachments.under_other_keys(self.sealing.first_kid, AT_ONCE):
            for attachment in others:
                self.attachments.reseal(attachment, self.sealing.resealed(attachment))
                resealed += 1
        return resealed
