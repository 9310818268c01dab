"""What the vault needs from outside."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from identity.domain.vault.purposes import Purpose
from identity.domain.vault.records import Erasure, Reading, Sealed, VaultRecord

Purposes = Mapping[str, Purpose]


class KeyStore(Protocol):
    """The keys of the vault, known by their ids (domain.vault.keys). A key's value never leaves where it is kept.

    Safe to share by threads. Everything but `add` and `remove` raises VaultClosed when the store cannot be reached or
    has not the key (yet).
    """

    def key_ids(self) -> Sequence[str]:
        """Every key of the vault, in any order."""

    def add(self, key_id: str) -> None:
        """Make a new random key of 256 bits. Raises KeyRefused when there is one of that id, or the store is closed."""

    def remove(self, key_id: str) -> None:
        """Destroy a key for good. Raises KeyRefused when there is none of that id, or the store is closed."""

    def wrap(self, key_id: str, data_key: bytes, context: bytes) -> bytes:
        """Close a data key (AES-256-GCM, `context` as associated data) with a wrapping key."""

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The data key again. Raises SealBroken when it was changed or `context` is another."""

    def digest(self, key_id: str, message: bytes) -> bytes:
        """HMAC-SHA256 of the message under an index key: 32 bytes."""


class AlsoClosed(Protocol):
    """What else the vault's wrapping keys close, beside records: it has to be sealed anew, and counted, as they are."""

    def count_by_key(self) -> Mapping[str, int]:
        """How many of it each wrapping key is needed for."""

    def reseal(self, at: datetime) -> int:
        """Close anew what an older wrapping key closed; how many. Safe to repeat. Raises VaultClosed, SealBroken."""


class VaultRecords(Protocol):
    """The records and their readings."""

    def add(self, record: VaultRecord) -> VaultRecord:
        """Store it, unless one has a blind index in common with it; the one that is there then. Safe under a race."""

    def get(self, reference: str) -> VaultRecord | None:
        """The record behind a reference, an erased one too."""

    def of_index(self, indexes: Sequence[str]) -> VaultRecord | None:
        """The record that has one of these blind indexes."""

    def add_owner(self, reference: str, person_id: str) -> None:
        """The number is that person's too. Safe to repeat; nothing where it was erased meanwhile."""

    def record_reading(self, reading: Reading) -> Reading | None:
        """Append a reading and count it in its record, both or neither; with the ordinal that it got.

        None when the number was erased meanwhile.
        """

    def erase(self, reference: str, erasure: Erasure) -> bool:
        """Remove the number for good, whatever else is kept; False when it is not there or was erased before."""

    def pages(self, size: int) -> Iterator[Sequence[VaultRecord]]:
        """Every record that is not erased, in order of reference, `size` at a time."""

    def reseal(self, changes: Sequence[tuple[VaultRecord, Sealed]]) -> int:
        """Replace what is sealed of records that are as they were read; how many were."""

    def reindex(self, changes: Sequence[tuple[VaultRecord, tuple[str, ...]]]) -> list[str]:
        """Replace blind indexes of records that are as they were read.

        Gives the references that could not have theirs because another record has it: two records of one number.
        """

    def count_by_key(self) -> Mapping[str, int]:
        """How many records each key, of either use, is needed for."""

    def readings(self, reference: str, after: int, limit: int) -> Sequence[Reading]:
        """Readings of a reference with ordinals above `after`, oldest first."""

    def readings_between(self, since: datetime, until: datetime) -> Iterator[Reading]:
        """All readings of a time, `until` excluded, oldest first."""

    def miscounted(self) -> Sequence[str]:
        """References whose readings are not those that their record counts, without gap: somebody took some away."""
