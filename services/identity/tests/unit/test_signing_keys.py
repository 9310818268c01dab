"""When a signing key signs, verifies and ends, and what is made and destroyed of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from identity.application.tokens.errors import SigningKeyRefused
from identity.application.tokens.remove_signing_key import RemoveSigningKey, RemoveSigningKeyHandler
from identity.application.tokens.retire_signing_keys import RetireSigningKeys, RetireSigningKeysHandler
from identity.application.tokens.rotate_signing_keys import (
    MOST_KEYS,
    RotateSigningKeys,
    RotateSigningKeysHandler,
)
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.access_token import LIFETIME_SECONDS
from identity.domain.tokens.signing_keys import KeyState, algorithm_of, new_key_id, signing_key, since, state_of

NOON = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
OVERLAP, MONTH = timedelta(minutes=10), timedelta(days=30)
LAST_TOKEN_ENDS = timedelta(seconds=LIFETIME_SECONDS)


@dataclass
class FakeSigningKeys:
    """application.tokens.ports.SigningKeys in memory; `setting` are ids of the setting's."""

    setting: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)

    def key_ids(self) -> Sequence[str]:
        return [*self.setting, *self.stored]

    def stored_ids(self) -> Sequence[str]:
        return list(self.stored)

    def add(self, key_id: str, at: datetime) -> None:
        assert at is not None
        self.stored.append(key_id)

    def remove(self, key_id: str) -> None:
        self.stored.remove(key_id)


def rotate(keys: FakeSigningKeys, at: datetime, older_than: timedelta | None = None) -> list[str]:
    return RotateSigningKeysHandler(keys)(RotateSigningKeys(overlap=OVERLAP, older_than=older_than, at=at))


def test_an_id_says_with_what_and_from_when_on() -> None:
    key_id = new_key_id(Algorithm.RS256, NOON)
    assert key_id == "rs256-20261127T063000Z"
    assert (algorithm_of(key_id), since(key_id)) == (Algorithm.RS256, NOON)
    assert algorithm_of("whatever") is Algorithm.EDDSA


def test_the_first_keys_sign_at_once_and_the_next_ones_after_the_overlap() -> None:
    keys = FakeSigningKeys()
    assert [since(key_id) for key_id in rotate(keys, NOON)] == [NOON, NOON]
    assert [since(key_id) for key_id in rotate(keys, NOON + MONTH)] == [NOON + MONTH + OVERLAP] * 2
    before = NOON + MONTH + OVERLAP - timedelta(seconds=1)
    assert signing_key(keys.stored, Algorithm.EDDSA, before) == "eddsa-20261127T063000Z"
    assert signing_key(keys.stored, Algorithm.EDDSA, NOON + MONTH + OVERLAP) == "eddsa-20261227T064000Z"


def test_a_key_of_the_setting_signs_until_the_first_that_was_made_here_does() -> None:
    keys = FakeSigningKeys(setting=["one", "two"])
    rotate(keys, NOON)
    assert signing_key(keys.key_ids(), Algorithm.EDDSA, NOON) == "one"
    assert signing_key(keys.key_ids(), Algorithm.EDDSA, NOON + OVERLAP) == "eddsa-20261127T064000Z"
    # Only the setting's owner takes it away.
    later = NOON + OVERLAP + MONTH
    assert state_of("one", keys.key_ids(), later) is KeyState.ENDED
    assert RetireSigningKeysHandler(keys)(RetireSigningKeys(later)) == []


def test_a_key_stays_until_the_last_token_that_it_signed_has_ended() -> None:
    keys = FakeSigningKeys()
    first, _ = rotate(keys, NOON)
    rotate(keys, NOON + MONTH)
    signs_last = NOON + MONTH + OVERLAP
    for at, state in [
        (signs_last - timedelta(seconds=1), KeyState.SIGNING),
        (signs_last, KeyState.VERIFYING),
        (signs_last + LAST_TOKEN_ENDS, KeyState.VERIFYING),
        (signs_last + LAST_TOKEN_ENDS + timedelta(seconds=60), KeyState.ENDED),
    ]:
        assert state_of(first, keys.stored, at) is state
    assert RetireSigningKeysHandler(keys)(RetireSigningKeys(signs_last + LAST_TOKEN_ENDS)) == []
    assert first in RetireSigningKeysHandler(keys)(
        RetireSigningKeys(signs_last + LAST_TOKEN_ENDS + timedelta(seconds=60))
    )
    assert len(keys.stored) == 2


def test_the_schedule_makes_the_next_keys_once_and_only_when_it_is_time() -> None:
    keys = FakeSigningKeys()
    assert len(rotate(keys, NOON, MONTH)) == 2
    assert rotate(keys, NOON + MONTH - timedelta(seconds=1), MONTH) == []
    assert len(rotate(keys, NOON + MONTH, MONTH)) == 2
    assert rotate(keys, NOON + MONTH + timedelta(seconds=15), MONTH) == []


def test_an_algorithm_that_is_missing_gets_its_key_though_it_is_not_time() -> None:
    keys = FakeSigningKeys(stored=[new_key_id(Algorithm.EDDSA, NOON)])
    assert rotate(keys, NOON, MONTH) == [new_key_id(Algorithm.RS256, NOON + OVERLAP)]


def test_keys_are_not_heaped_up() -> None:
    keys = FakeSigningKeys()
    for number in range(MOST_KEYS // 2):
        rotate(keys, NOON + timedelta(seconds=number))
    with pytest.raises(SigningKeyRefused, match="retire-signing-keys"):
        rotate(keys, NOON + MONTH)
    assert len(keys.stored) == MOST_KEYS


def test_the_key_that_signs_is_not_removed_and_neither_is_one_that_is_not_there() -> None:
    keys = FakeSigningKeys(setting=["of-the-setting"])
    first, _ = rotate(keys, NOON)
    remove = RemoveSigningKeyHandler(keys)
    for refused, says in (("eddsa-20200101T000000Z", "no key"), ("of-the-setting", "no key"), (first, "signs")):
        with pytest.raises(SigningKeyRefused, match=says):
            remove(RemoveSigningKey(refused, NOON + OVERLAP))
    remove(RemoveSigningKey(first, NOON))  # it is only coming
    assert first not in keys.stored


def test_an_overlap_into_the_past_is_refused() -> None:
    with pytest.raises(SigningKeyRefused):
        RotateSigningKeysHandler(FakeSigningKeys())(RotateSigningKeys(overlap=-OVERLAP, at=NOON))
