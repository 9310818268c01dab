"""Which key closes when, what the list of purposes says, and what the use cases make of both."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.fakes import FakeVaultRecords
from tests.support.sign_in_fakes import FakePeople, Memory
from tests.support.vault import CLERK, MOBILE, NOON, PAN, aadhaar, key_file

from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.vault_purposes import purposes
from identity.application.vault.detokenise_identifier import DetokeniseIdentifier, DetokeniseIdentifierHandler
from identity.application.vault.envelope import Envelope
from identity.application.vault.errors import (
    InvalidIdentifier,
    InvalidPurpose,
    KeyRefused,
    NumberErased,
    PurposeNotGranted,
    ReferenceNotFound,
    SealBroken,
    VaultClosed,
)
from identity.application.vault.reencrypt_records import ReencryptRecords, ReencryptRecordsHandler
from identity.application.vault.reindex_records import ReindexRecords, ReindexRecordsHandler
from identity.application.vault.remove_key import RemoveKey, RemoveKeyHandler
from identity.application.vault.rotate_keys import RotateKeys, RotateKeysHandler
from identity.application.vault.store_identifier import StoreIdentifier, StoreIdentifierHandler
from identity.domain.vault.identifiers import Kind
from identity.domain.vault.keys import KeyState, KeyUse, closing_key, new_key_id, state_of
from identity.domain.vault.records import EraseReason, Erasure, VaultRecord

OLD, NEW = new_key_id(KeyUse.WRAP, NOON), new_key_id(KeyUse.WRAP, NOON + timedelta(minutes=5))
INDEX = new_key_id(KeyUse.INDEX, NOON)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "closing", "states"),
    [
        (-1, None, (KeyState.COMING, KeyState.COMING)),
        (0, OLD, (KeyState.CLOSING, KeyState.COMING)),
        (4, OLD, (KeyState.CLOSING, KeyState.COMING)),
        (5, NEW, (KeyState.OPENING, KeyState.CLOSING)),
    ],
)
def test_a_new_key_closes_from_its_instant_on(
    minutes: int, closing: str | None, states: tuple[KeyState, KeyState]
) -> None:
    at, keys = NOON + minutes * MINUTE, [NEW, INDEX, OLD]
    assert closing_key(keys, at) == closing
    assert (state_of(OLD, keys, at), state_of(NEW, keys, at)) == states
    assert state_of(INDEX, keys, at) is KeyState.INDEXING


def test_the_list_of_purposes_speaks_both_languages_and_covers_every_kind() -> None:
    listed = purposes()
    assert {kind for purpose in listed.values() for kind in purpose.kinds} == set(Kind)
    for purpose in listed.values():
        assert purpose.title.isascii()
        assert any("\u0900" <= letter <= "\u097f" for letter in purpose.title_hi)


@pytest.fixture
def world(tmp_path: Path) -> "World":
    return World(tmp_path)


class World:
    """The use cases on a key file and records in memory."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.records = key_file(folder), FakeVaultRecords()
        self.envelope = Envelope(self.keys)
        self.minted = 0

    def store(self, typed: str, kind: Kind = Kind.AADHAAR) -> VaultRecord:
        self.minted += 1
        command = StoreIdentifier(kind=kind, typed=typed, reference=f"vlt_{self.minted:032x}", actor=CLERK, at=NOON)
        return StoreIdentifierHandler(
            records=self.records, envelope=self.envelope, people=FakePeople(Memory()), sandbox=True
        )(command)

    def read(self, reference: str, purpose: str = "benefit-transfer", **changes: Any) -> str:
        self.minted += 1
        command = DetokeniseIdentifier(
            reference=reference,
            purpose=purpose,
            scopes=frozenset({"vault-purpose:benefit-transfer", "vault-purpose:notice-to-person"}),
            reading_id=f"rdg_{self.minted}",
            actor=CLERK,
            at=NOON,
        )
        handler = DetokeniseIdentifierHandler(
            records=self.records, envelope=self.envelope, purposes=changes.pop("purposes", purposes())
        )
        return handler(replace(command, **changes)).identifier.number

    def rotate(self, use: KeyUse = KeyUse.WRAP, minutes: int = 0) -> str:
        (made,) = RotateKeysHandler(self.keys)(RotateKeys(use=use, overlap=minutes * MINUTE, at=NOON))
        return made

    def remove(self, key_id: str) -> None:
        RemoveKeyHandler(self.keys, self.records)(RemoveKey(key_id, NOON))

    def reencrypt(self) -> int:
        return ReencryptRecordsHandler(self.records, self.envelope)(ReencryptRecords(NOON))

    def reindex(self) -> Any:
        return ReindexRecordsHandler(self.records, self.envelope)(ReindexRecords())

    def erase(self, reference: str) -> bool:
        return self.records.erase(reference, Erasure(reason=EraseReason.MISTAKE, person_id="per_officer", at=NOON))


def test_one_number_has_one_reference_however_it_is_typed(world: World) -> None:
    number = aadhaar(1)
    first = world.store(number)
    assert world.store(f"{number[:4]}-{number[4:8]}-{number[8:]}") == first
    assert world.store(aadhaar(2)).reference != first.reference


def test_the_same_digits_of_another_kind_are_another_number(world: World) -> None:
    as_mobile, as_family = world.store(MOBILE, Kind.MOBILE), world.store(MOBILE, Kind.JAN_AADHAAR_FAMILY)
    assert as_mobile.reference != as_family.reference
    assert {index.partition(":")[2] for index in as_mobile.indexes}.isdisjoint(
        index.partition(":")[2] for index in as_family.indexes
    )


def test_a_wrong_number_is_pointed_at_in_both_languages_and_not_repeated(world: World) -> None:
    typed = "987654321098"
    with pytest.raises(InvalidIdentifier) as caught:
        world.store(typed)
    (problem,) = caught.value.errors
    assert (problem.pointer, bool(problem.detail_hi)) == ("/number", True)
    assert typed not in repr((caught.value, caught.value.__cause__, problem))
    assert caught.value.__suppress_context__


def test_what_is_kept_holds_nothing_of_the_number_but_its_mask(world: World) -> None:
    number = aadhaar(1234567890)
    record = world.store(number)
    assert record.sealed is not None
    kept = repr(vars(record)) + repr(vars(record.sealed))
    assert number not in kept
    assert number[:8] not in kept
    assert record.masked == f"XXXX XXXX {number[8:]}"


@pytest.mark.parametrize("moved", ["reference", "kind", "key"])
def test_a_ciphertext_that_was_moved_to_another_record_stays_shut(world: World, moved: str) -> None:
    one, other = world.store(aadhaar(1)), world.store(aadhaar(2))
    assert one.sealed
    assert other.sealed
    if moved == "reference":
        tampered = replace(one, sealed=other.sealed)
    elif moved == "kind":
        tampered = replace(one, kind=Kind.MOBILE)
    else:  # its own data key, another's number
        tampered = replace(one, sealed=replace(one.sealed, ciphertext=other.sealed.ciphertext))
    world.records.records[one.reference] = tampered
    purpose = "notice-to-person" if moved == "kind" else "benefit-transfer"
    with pytest.raises(SealBroken):
        world.read(one.reference, purpose)
    assert world.records.appended == []


def test_a_number_is_read_for_a_purpose_and_that_is_recorded(world: World) -> None:
    number = aadhaar(5)
    reference = world.store(number).reference
    assert [world.read(reference), world.read(reference)] == [number, number]
    assert [(r.ordinal, r.purpose, r.actor) for r in world.records.appended] == [
        (1, "benefit-transfer", CLERK),
        (2, "benefit-transfer", CLERK),
    ]


LATER = {
    name: replace(purpose, since=date(2026, 11, 27)) if name == "benefit-transfer" else purpose
    for name, purpose in purposes().items()
}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"purpose": "curiosity"}, InvalidPurpose),
        ({"purpose": "notice-to-person"}, InvalidPurpose),
        ({"purpose": "aadhaar-authentication"}, PurposeNotGranted),
        ({"scopes": frozenset()}, PurposeNotGranted),
        ({"reference": "vlt_" + "f" * 32}, ReferenceNotFound),
        ({"purposes": LATER}, InvalidPurpose),
    ],
)
def test_a_reading_that_is_refused_shows_nothing_and_is_no_reading(
    world: World, changes: dict[str, Any], error: type[Exception]
) -> None:
    reference = world.store(aadhaar(6)).reference
    with pytest.raises(error):
        world.read(**{"reference": reference, **changes})
    assert world.records.appended == []


def test_a_purpose_may_be_used_from_its_day_in_india_on(world: World) -> None:
    reference = world.store(aadhaar(6)).reference
    # 18:30 UTC is midnight in India.
    assert world.read(reference, purposes=LATER, at=NOON + timedelta(hours=12))
    with pytest.raises(InvalidPurpose):
        world.read(reference, purposes=LATER, at=NOON + timedelta(hours=12) - MINUTE)


def test_an_erased_number_is_gone_and_may_come_again_under_another_reference(world: World) -> None:
    number = aadhaar(8)
    first = world.store(number)
    world.read(first.reference)
    assert world.erase(first.reference)
    with pytest.raises(NumberErased):
        world.read(first.reference)
    assert world.store(number).reference != first.reference
    assert len(world.records.appended) == 1


def test_a_number_that_is_erased_while_it_is_read_is_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = world.store(aadhaar(9)).reference
    opened = Envelope.open

    def open_then_erase(*arguments: Any) -> Any:
        identifier = opened(*arguments)
        world.erase(reference)
        return identifier

    monkeypatch.setattr(Envelope, "open", open_then_erase)
    with pytest.raises(NumberErased):
        world.read(reference)


def test_a_key_is_replaced_while_every_number_stays_readable(world: World) -> None:
    numbers = {world.store(aadhaar(n)).reference: aadhaar(n) for n in range(5)}
    (old,) = {record.sealed.key_id for record in world.records.records.values() if record.sealed}
    ciphertexts = {record.sealed.ciphertext for record in world.records.records.values() if record.sealed}
    world.rotate()
    with pytest.raises(KeyRefused, match="reencrypt"):
        world.remove(old)
    assert (world.reencrypt(), world.reencrypt()) == (5, 0)
    world.remove(old)
    assert {reference: world.read(reference) for reference in numbers} == numbers
    assert ciphertexts.isdisjoint(r.sealed.ciphertext for r in world.records.records.values() if r.sealed)


def test_a_key_whose_time_has_not_come_closes_nothing(world: World) -> None:
    coming = world.rotate(minutes=5)
    record = world.store(aadhaar(1))
    assert record.sealed
    assert record.sealed.key_id != coming
    assert world.reencrypt() == 0


def test_an_index_key_is_replaced_and_no_number_gets_a_second_reference(world: World) -> None:
    before = world.store(aadhaar(1))
    (old,) = (index.partition(":")[0] for index in before.indexes)
    new = world.rotate(KeyUse.INDEX)
    between = world.store(aadhaar(2))
    assert world.store(aadhaar(1)).reference == before.reference
    with pytest.raises(KeyRefused, match="reindex"):
        world.remove(old)
    assert (world.reindex().changed, world.reindex().changed) == (1, 0)
    world.remove(old)
    assert world.store(aadhaar(1)).reference == before.reference
    assert world.store(aadhaar(2)).reference == between.reference
    assert world.reindex().changed == 2  # the indexes of the key that is gone
    assert {i.partition(":")[0] for r in world.records.records.values() for i in r.indexes} == {new}


def test_keys_that_are_needed_are_not_removed(world: World) -> None:
    wrap, index = sorted(world.keys.key_ids(), reverse=True)
    for key_id, says in [(wrap, "closes records"), (index, "only index key"), ("wrap-20200101T000000Z", "no key")]:
        with pytest.raises(KeyRefused, match=says):
            world.remove(key_id)


def test_a_number_that_came_twice_is_told_when_it_is_indexed_anew(world: World) -> None:
    first = world.store(aadhaar(1))
    twin = replace(first, reference="vlt_" + "e" * 32, indexes=("index-20200101T000000Z:00",))
    assert twin.sealed
    number = world.envelope.open(first.kind, first.reference, first.sealed) if first.sealed else None
    assert number
    world.records.records[twin.reference] = replace(twin, sealed=world.envelope.seal(number, twin.reference, NOON))
    assert world.reindex().twice == [twin.reference]


def test_without_keys_the_vault_is_closed_and_says_so() -> None:
    envelope = Envelope(NoKeys())
    store = StoreIdentifierHandler(
        records=FakeVaultRecords(), envelope=envelope, people=FakePeople(Memory()), sandbox=True
    )
    with pytest.raises(VaultClosed, match="VAULT_KEY_STORE"):
        store(StoreIdentifier(kind=Kind.PAN, typed=PAN, reference="vlt_1", actor=CLERK, at=NOON))
    with pytest.raises(KeyRefused, match="VAULT_KEY_STORE"):
        NoKeys().add("wrap-20200101T000000Z")
