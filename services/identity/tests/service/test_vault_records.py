"""The vault's records: one suite for MongoDB and for the fake of the unit level."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.fakes import FakeVaultRecords
from tests.support.vault import CLERK, NOON

from identity.adapters.mongo_vault import READINGS, MongoVault
from identity.application.vault.ports import VaultRecords
from identity.domain.vault.identifiers import Kind
from identity.domain.vault.records import EraseReason, Erasure, Reading, Sealed, VaultRecord
from servicekit.mongo import Mongo

SEALED = Sealed(key_id="wrap-20261126T000000Z", wrapped_key=b"\x00wrapped", ciphertext=b"\x00one")
ANEW = Sealed(key_id="wrap-20261127T000000Z", wrapped_key=b"\x00anew", ciphertext=b"\x00other")
ERASURE = Erasure(reason=EraseReason.PERSON_ASKED, person_id="per_officer", at=NOON)


def reference(number: int) -> str:
    return f"vlt_{number:032x}"


def record(number: int, *indexes: str) -> VaultRecord:
    return VaultRecord(
        reference=reference(number),
        kind=Kind.AADHAAR,
        masked="XXXX XXXX 0001",
        sealed=replace(SEALED, ciphertext=bytes([0, number % 256])),
        indexes=indexes or (f"index-a:{number}",),
        stored_by=CLERK,
        stored_at=NOON,
    )


def reading(number: int, reading_id: str, minutes: int = 0) -> Reading:
    at = NOON + timedelta(minutes=minutes)
    return Reading(
        reading_id=reading_id, reference=reference(number), ordinal=0, purpose="benefit-transfer", actor=CLERK, at=at
    )


@pytest.fixture(params=["mongo", "fake"])
def records(request: pytest.FixtureRequest) -> VaultRecords:
    if request.param == "fake":
        return FakeVaultRecords()
    mongo: Mongo = request.getfixturevalue("mongo")
    return MongoVault(mongo)


def test_a_record_comes_back_as_it_was_stored(records: VaultRecords) -> None:
    stored = record(1, "index-a:1", "index-b:1")
    assert records.add(stored) == records.get(reference(1)) == records.of_index(["index-b:1", "index-c:1"]) == stored
    assert records.get(reference(2)) is None
    assert records.of_index(["index-a:2"]) is None


def test_a_record_with_one_index_of_another_is_the_other(records: VaultRecords) -> None:
    first = records.add(record(1, "index-a:1", "index-b:1"))
    assert records.add(record(2, "index-b:1", "index-c:1")) == first
    assert records.get(reference(2)) is None


def test_readings_are_counted_and_come_in_order(records: VaultRecords) -> None:
    for number in (1, 2):
        records.add(record(number))
    ordinals = [
        recorded and recorded.ordinal
        for recorded in (
            records.record_reading(reading(1, "rdg_1", 2)),
            records.record_reading(reading(2, "rdg_2", 1)),
            records.record_reading(reading(1, "rdg_3", 0)),
        )
    ]
    assert ordinals == [1, 1, 2]
    assert [r.reading_id for r in records.readings(reference(1), 0, 10)] == ["rdg_1", "rdg_3"]
    assert [r.reading_id for r in records.readings(reference(1), 1, 10)] == ["rdg_3"]
    assert len(records.readings(reference(1), 0, 1)) == 1
    between = records.readings_between(NOON, NOON + timedelta(minutes=2))
    assert [r.reading_id for r in between] == ["rdg_3", "rdg_2"]
    stored = records.get(reference(1))
    assert stored
    assert stored.readings == 2
    assert records.miscounted() == []


def test_what_is_erased_is_read_no_more_and_keeps_its_readings(records: VaultRecords) -> None:
    records.add(record(1))
    records.record_reading(reading(1, "rdg_1"))
    assert [records.erase(reference(1), ERASURE), records.erase(reference(1), ERASURE)] == [True, False]
    assert not records.erase(reference(2), ERASURE)
    assert records.record_reading(reading(1, "rdg_2")) is None
    assert [r.reading_id for r in records.readings(reference(1), 0, 10)] == ["rdg_1"]
    erased = records.get(reference(1))
    assert erased
    assert (erased.sealed, erased.indexes, erased.masked, erased.erasure) == (None, (), "", ERASURE)
    assert records.of_index(["index-a:1"]) is None
    assert records.add(record(3, "index-a:1")).reference == reference(3)
    records.erase(reference(3), ERASURE)  # a second one without indexes
    assert records.miscounted() == []


def test_nobody_knows_who_reads_what_is_not_there(records: VaultRecords) -> None:
    assert records.record_reading(reading(1, "rdg_1")) is None
    assert list(records.readings(reference(1), 0, 10)) == []


def test_pages_hold_every_record_that_is_not_erased_once(records: VaultRecords) -> None:
    for number in range(7):
        records.add(record(number))
    records.erase(reference(3), ERASURE)
    pages = [[stored.reference for stored in page] for page in records.pages(2)]
    assert pages == [[reference(n) for n in page] for page in ([0, 1], [2, 4], [5, 6])]


def test_only_what_is_as_it_was_read_is_sealed_or_indexed_anew(records: VaultRecords) -> None:
    one, erased, changed = (records.add(record(number)) for number in (1, 2, 3))
    records.erase(erased.reference, ERASURE)
    assert records.reseal([(changed, ANEW)]) == 1
    assert records.reseal([(one, ANEW), (erased, ANEW), (changed, SEALED)]) == 1
    assert [stored and stored.sealed for stored in map(records.get, map(reference, (1, 2, 3)))] == [ANEW, None, ANEW]
    assert records.reindex([(one, ("index-b:1",)), (erased, ("index-b:2",))]) == []
    assert records.of_index(["index-b:2"]) is None
    assert records.of_index(["index-b:1"]) == records.get(one.reference)
    assert records.reseal([]) == 0
    assert records.reindex([]) == []


def test_two_records_of_one_number_are_told(records: VaultRecords) -> None:
    one, twin, other = (records.add(record(number)) for number in (1, 2, 3))
    changes = [(one, ("index-b:1",)), (twin, ("index-b:1",)), (other, ("index-b:3",))]
    assert records.reindex(changes) == [twin.reference]
    assert records.of_index(["index-b:3"]) == records.get(other.reference)


def test_keys_are_counted_by_the_records_that_need_them(records: VaultRecords) -> None:
    records.add(record(1, "index-a:1", "index-b:1"))
    records.add(record(2, "index-a:2"))
    records.erase(records.add(record(3, "index-a:3")).reference, ERASURE)
    assert records.count_by_key() == {SEALED.key_id: 2, "index-a": 2, "index-b": 1}


@pytest.fixture
def in_mongo(mongo: Mongo) -> MongoVault:
    return MongoVault(mongo)


def together(count: int, do: Callable[[int], object]) -> list[object]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(do, range(count)))


def test_of_many_who_store_one_number_at_once_all_get_one_reference(in_mongo: MongoVault, mongo: Mongo) -> None:
    stored = together(12, lambda number: in_mongo.add(record(number, "index-a:1", f"index-b:{number}")))
    assert len({item.reference for item in stored if isinstance(item, VaultRecord)}) == 1
    assert mongo.db.vault.count_documents({}) == 1


def test_readings_at_once_are_each_counted_once(in_mongo: MongoVault) -> None:
    in_mongo.add(record(1))
    together(8, lambda number: in_mongo.record_reading(reading(1, f"rdg_{number}")))
    assert [r.ordinal for r in in_mongo.readings(reference(1), 0, 100)] == list(range(1, 9))
    assert in_mongo.miscounted() == []


@pytest.mark.parametrize("taken", [{"ordinal": 1}, {"ordinal": 2}, {}])
def test_a_reading_that_was_taken_away_is_noticed(in_mongo: MongoVault, mongo: Mongo, taken: dict[str, int]) -> None:
    in_mongo.add(record(1))
    for number in range(2):
        in_mongo.record_reading(reading(1, f"rdg_{number}"))
    mongo.db[READINGS].delete_many(taken)
    assert in_mongo.miscounted() == [reference(1)]
