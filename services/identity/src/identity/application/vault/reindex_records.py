"""Give every record a blind index under every index key, and under no other."""

from dataclasses import dataclass

from identity.application.vault.envelope import Envelope
from identity.application.vault.ports import VaultRecords
from identity.domain.vault.keys import index_keys

PAGE = 200  # records a write: little to repeat after an interruption


@dataclass(frozen=True)
class ReindexRecords:
    """Nothing to say: the key store says which keys there are."""


@dataclass(frozen=True)
class Reindexed:
    """How many records got other indexes, and the references of records whose number another record has too."""

    changed: int
    twice: list[str]


@dataclass(frozen=True)
class ReindexRecordsHandler:
    """Each number is opened for it: an index cannot be made of another."""

    records: VaultRecords
    envelope: Envelope

    def __call__(self, command: ReindexRecords) -> Reindexed:  # noqa: ARG002 - a use case takes its command
        """Reindex. May be cut off anywhere and repeated. Raises VaultClosed, SealBroken."""
        key_ids = index_keys(self.envelope.keys.key_ids())
        changed, twice = 0, []
        for page in self.records.pages(PAGE):
            changes = [
                (record, self.envelope.indexes(self.envelope.open(record.kind, record.reference, record.sealed)))
                for record in page
                if record.sealed and tuple(index.partition(":")[0] for index in record.indexes) != key_ids
            ]
            refused = self.records.reindex(changes)
            changed += len(changes) - len(refused)
            twice += refused
        return Reindexed(changed, twice)
