"""Destroy one signing key before its time."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.tokens.errors import SigningKeyRefused
from identity.application.tokens.ports import SigningKeys
from identity.domain.tokens.signing_keys import KeyState, state_of


@dataclass(frozen=True)
class RemoveSigningKey:
    """Which one."""

    key_id: str
    at: datetime


@dataclass(frozen=True)
class RemoveSigningKeyHandler:
    """Destroys one key before its time, because somebody else has it: its tokens count no more."""

    keys: SigningKeys

    def __call__(self, command: RemoveSigningKey) -> None:
        """Destroy it. Raises SigningKeyRefused for the one that signs, and for one that is not there."""
        key_id = command.key_id
        if key_id not in self.keys.stored_ids():
            raise SigningKeyRefused(f"There is no key {key_id} in the database; `identity signing-keys` lists them.")
        if state_of(key_id, self.keys.key_ids(), command.at) is KeyState.SIGNING:
            raise SigningKeyRefused(f"{key_id} signs; run `identity rotate-signing-keys --after 0` first.")
        self.keys.remove(key_id)
