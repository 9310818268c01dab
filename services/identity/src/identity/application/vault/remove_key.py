"""Destroy a key that no record needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.vault.errors import KeyRefused
from identity.application.vault.ports import AlsoClosed, KeyStore, VaultRecords
from identity.application.vault.read_vault import needed_by_key
from identity.domain.vault.keys import KeyState, KeyUse, index_keys, state_of, use_of


@dataclass(frozen=True)
class RemoveKey:
    """Which key, and when."""

    key_id: str
    at: datetime


@dataclass(frozen=True)
class RemoveKeyHandler:
    """A number whose key is gone is gone, so a key that is needed stays."""

    keys: KeyStore
    records: VaultRecords
    also_closed: Sequence[AlsoClosed] = ()

    def __call__(self, command: RemoveKey) -> None:
        """Destroy the key. Raises KeyRefused saying what to do first, VaultClosed."""
        key_ids, needed = self.keys.key_ids(), needed_by_key(self.records, self.also_closed)
        if command.key_id not in key_ids:
            raise KeyRefused(f"There is no key {command.key_id}; `identity vault keys` lists them.")
        if use_of(command.key_id) is KeyUse.WRAP:
            if state_of(command.key_id, key_ids, command.at) is not KeyState.OPENING:
                raise KeyRefused(f"{command.key_id} closes records, or will; add another key first.")
            if count := needed.get(command.key_id, 0):
                raise KeyRefused(f"{count} record(s) are closed with {command.key_id}; run `identity vault reencrypt`.")
        else:
            others = [key_id for key_id in index_keys(key_ids) if key_id != command.key_id]
            if not others:
                raise KeyRefused(f"{command.key_id} is the only index key; add another key first.")
            # Whoever has an index under this key must have one under each other, or the same number could come twice.
            if any(needed.get(key_id, 0) < needed.get(command.key_id, 0) for key_id in others):
                raise KeyRefused("Some records have no index under the other keys; run `identity vault reindex`.")
        self.keys.remove(command.key_id)
