"""Seal records anew: another data key, closed by the wrapping key of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.vault.envelope import Envelope
from identity.application.vault.ports import AlsoClosed, VaultRecords
from identity.domain.vault.keys import closing_key
from identity.domain.vault.records import Sealed, VaultRecord

PAGE = 200  # records a write: little to repeat after an interruption


@dataclass(frozen=True)
class ReencryptRecords:
    """When it is done: it decides which key closes."""

    at: datetime


@dataclass(frozen=True)
class ReencryptRecordsHandler:
    """The data key is a new one too: whoever had the old wrapping key may have had the old data key."""

    records: VaultRecords
    envelope: Envelope
    also_closed: Sequence[AlsoClosed] = ()

    def __call__(self, command: ReencryptRecords) -> int:
        """How many records were sealed anew. May be cut off anywhere and repeated; readers notice nothing.

        Raises VaultClosed, SealBroken.
        """
        closing = closing_key(self.envelope.keys.key_ids(), command.at)
        changed = sum(closed.reseal(command.at) for closed in self.also_closed)
        for page in self.records.pages(PAGE):
            changed += self.records.reseal(
                [
                    (record, self._resealed(record, record.sealed, command.at))
                    for record in page
                    if record.sealed and record.sealed.key_id != closing
                ]
            )
        return changed

    def _resealed(self, record: VaultRecord, sealed: Sealed, at: datetime) -> Sealed:
        identifier = self.envelope.open(record.kind, record.reference, sealed)
        return self.envelope.seal(identifier, record.reference, at)
