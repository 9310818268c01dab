"""Destroy the signing keys that nobody needs any more; by command and by schedule alike."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.tokens.ports import SigningKeys
from identity.domain.tokens.signing_keys import KeyState, state_of


@dataclass(frozen=True)
class RetireSigningKeys:
    """Those that have ended at `at`."""

    at: datetime


@dataclass(frozen=True)
class RetireSigningKeysHandler:
    """Destroys the keys of which no token counts any more."""

    keys: SigningKeys

    def __call__(self, command: RetireSigningKeys) -> list[str]:
        """The ids of the keys that are gone. Safe to repeat."""
        stored, known = self.keys.stored_ids(), self.keys.key_ids()
        ended = [key_id for key_id in stored if state_of(key_id, known, command.at) is KeyState.ENDED]
        for key_id in ended:
            self.keys.remove(key_id)
        return ended
