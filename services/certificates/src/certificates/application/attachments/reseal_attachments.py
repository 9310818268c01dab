"""After a rotation the keys of all files are sealed by the service's new first key."""

from dataclasses import dataclass

from certificates.application.attachments.ports import Attachments, Sealing

AT_ONCE = 100


@dataclass(frozen=True)
class ResealAttachments:
    """The command: all that another key sealed."""


@dataclass(frozen=True)
class ResealAttachmentsHandler:
    """Seals every key by the service's first key; after that the others are needed no more. May be cut off anywhere."""

    attachments: Attachments
    sealing: Sealing

    def __call__(self, _: ResealAttachments) -> int:
        """How many were sealed anew."""
        resealed = 0
        while others := self.attachments.under_other_keys(self.sealing.first_kid, AT_ONCE):
            for attachment in others:
                self.attachments.reseal(attachment, self.sealing.resealed(attachment))
                resealed += 1
        return resealed
