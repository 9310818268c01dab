"""Who read a number, what became of the readings, and what the keys do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.vault.errors import ReferenceNotFound
from identity.application.vault.ports import AlsoClosed, KeyStore, Purposes, VaultRecords
from identity.domain.vault.keys import KeyState, state_of
from identity.domain.vault.purposes import Purpose
from identity.domain.vault.records import Reading, VaultRecord


@dataclass(frozen=True)
class ReadingsPage:
    """Readings of one reference, oldest first; `following` is where the next page begins, None on the last."""

    record: VaultRecord
    readings: Sequence[Reading]
    following: int | None


@dataclass(frozen=True)
class KeyShown:
    """A key, what it does now, and for how many records, and signing keys, it is needed."""

    key_id: str
    state: KeyState
    records: int


@dataclass(frozen=True)
class VaultReader:
    """Answers questions about the vault; none of the answers holds a number."""

    records: VaultRecords
    keys: KeyStore
    purposes: Purposes
    also_closed: Sequence[AlsoClosed] = ()

    def readings_of(self, reference: str, after: int, limit: int) -> ReadingsPage:
        """Who read what is behind the reference, from the reading `after` on. Raises ReferenceNotFound."""
        record = self.records.get(reference)
        if record is None:
            raise ReferenceNotFound("No number is kept under this reference.")
        readings = self.records.readings(reference, after, limit + 1)
        shown = readings[:limit]
        return ReadingsPage(record, shown, shown[-1].ordinal if len(readings) > limit else None)

    def readings_between(self, since: datetime, until: datetime) -> Iterator[Reading]:
        """Every reading of a time, `until` excluded, oldest first."""
        return self.records.readings_between(since, until)

    def miscounted(self) -> Sequence[str]:
        """References of which readings were taken away."""
        return self.records.miscounted()

    def purpose(self, purpose_id: str) -> Purpose | None:
        """The purpose, as it is listed today; None when it no longer is."""
        return self.purposes.get(purpose_id)

    def key_states(self, at: datetime) -> list[KeyShown]:
        """Every key, by its id. Raises VaultClosed."""
        key_ids, needed = self.keys.key_ids(), needed_by_key(self.records, self.also_closed)
        return [KeyShown(key_id, state_of(key_id, key_ids, at), needed.get(key_id, 0)) for key_id in sorted(key_ids)]


def needed_by_key(records: VaultRecords, also_closed: Sequence[AlsoClosed]) -> Counter[str]:
    """For how many things each key of the vault is needed."""
    needed = Counter(records.count_by_key())
    for closed in also_closed:
        needed.update(closed.count_by_key())
    return needed
