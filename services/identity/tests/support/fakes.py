"""Fakes for the unit level; they pass the suite of what they stand for (tests/service/test_vault_records.py)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from identity.domain.vault.records import Erasure, Reading, Sealed, VaultRecord


@dataclass
class FakeVaultRecords:
    """application.vault.ports.VaultRecords in memory."""

    records: dict[str, VaultRecord] = field(default_factory=dict)
    appended: list[Reading] = field(default_factory=list)

    def add(self, record: VaultRecord) -> VaultRecord:
        return self.of_index(record.indexes) or self.records.setdefault(record.reference, record)

    def get(self, reference: str) -> VaultRecord | None:
        return self.records.get(reference)

    def of_index(self, indexes: Sequence[str]) -> VaultRecord | None:
        return next((record for record in self.records.values() if set(record.indexes) & set(indexes)), None)

    def add_owner(self, reference: str, person_id: str) -> None:
        record = self.records[reference]
        if record.sealed is not None:
            self.records[reference] = replace(record, owners=record.owners | {person_id})

    def record_reading(self, reading: Reading) -> Reading | None:
        record = self.records.get(reading.reference)
        if record is None or record.sealed is None:
            return None
        self.records[record.reference] = replace(record, readings=record.readings + 1)
        self.appended.append(replace(reading, ordinal=record.readings + 1))
        return self.appended[-1]

    def erase(self, reference: str, erasure: Erasure) -> bool:
        record = self.records.get(reference)
        if record is None or record.sealed is None:
            return False
        self.records[reference] = replace(record, sealed=None, indexes=(), masked="", erasure=erasure)
        return True

    def pages(self, size: int) -> Iterator[Sequence[VaultRecord]]:
        kept = sorted((r for r in self.records.values() if r.sealed), key=lambda record: record.reference)
        for start in range(0, len(kept), size):
            yield kept[start : start + size]

    def reseal(self, changes: Sequence[tuple[VaultRecord, Sealed]]) -> int:
        unchanged = [(old, sealed) for old, sealed in changes if self.records[old.reference].sealed == old.sealed]
        for old, sealed in unchanged:
            self.records[old.reference] = replace(self.records[old.reference], sealed=sealed)
        return len(unchanged)

    def reindex(self, changes: Sequence[tuple[VaultRecord, tuple[str, ...]]]) -> list[str]:
        refused = []
        for old, indexes in changes:
            other = self.of_index(indexes)
            if other is not None and other.reference != old.reference:
                refused.append(old.reference)
            elif self.records[old.reference].indexes == old.indexes:
                self.records[old.reference] = replace(self.records[old.reference], indexes=indexes)
        return refused

    def count_by_key(self) -> Mapping[str, int]:
        closed = Counter(record.sealed.key_id for record in self.records.values() if record.sealed)
        return closed + Counter(index.partition(":")[0] for r in self.records.values() for index in r.indexes)

    def readings(self, reference: str, after: int, limit: int) -> Sequence[Reading]:
        return [r for r in self.appended if r.reference == reference and r.ordinal > after][:limit]

    def readings_between(self, since: datetime, until: datetime) -> Iterator[Reading]:
        return iter(sorted((r for r in self.appended if since <= r.at < until), key=lambda reading: reading.at))

    def miscounted(self) -> Sequence[str]:
        ordinals: dict[str, list[int]] = {record.reference: [] for record in self.records.values()}
        for reading in self.appended:
            ordinals[reading.reference].append(reading.ordinal)
        return sorted(
            reference
            for reference, given in ordinals.items()
            if given != list(range(1, self.records[reference].readings + 1))
        )
