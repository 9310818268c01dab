"""After a rotation the keys of all files and drafts are sealed by the service's new first key."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.application.attachments.ports import Resealable, Sealing

AT_ONCE = 100


@dataclass(frozen=True)
class ResealAttachments:
    """The command: all that another key sealed."""


@dataclass(frozen=True)
class ResealAttachmentsHandler:
    """Seals every key by the service's first key; after that the others are needed no more. May be cut off anywhere."""

    stores: Sequence[Resealable]
    sealing: Sealing

    def __call__(self, _: ResealAttachments) -> int:
        """How many were sealed anew."""
        resealed = 0
        for store in self.stores:
            while others := store.under_other_keys(self.sealing.first_kid, AT_ONCE):
                for keyed in others:
                    store.reseal(keyed, self.sealing.resealed(keyed))
                    resealed += 1
        return resealed
