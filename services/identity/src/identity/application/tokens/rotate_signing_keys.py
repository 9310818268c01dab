"""Make the next signing keys; by command and by schedule alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.application.tokens.errors import SigningKeyRefused
from identity.application.tokens.ports import SigningKeys
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.signing_keys import algorithm_of, new_key_id, since

# The gateway reads a key set of 64 KiB; this is a fifth of it, and more than any rotation needs.
MOST_KEYS = 24


@dataclass(frozen=True, kw_only=True)
class RotateSigningKeys:
    """A key for each algorithm that signs from `overlap` after `at` on: by then every verifier has seen it.

    `older_than`: only where the newest key of the algorithm is older than this, or there is none.
    """

    overlap: timedelta
    older_than: timedelta | None = None
    at: datetime


@dataclass(frozen=True)
class RotateSigningKeysHandler:
    """Adds keys; tokens that the earlier ones signed go on counting."""

    keys: SigningKeys

    def __call__(self, command: RotateSigningKeys) -> list[str]:
        """The ids of the keys that were made; where there are none at all, they sign at once.

        Raises SigningKeyRefused, VaultClosed. A second within the same second is refused.
        """
        if command.overlap < timedelta(0):
            raise SigningKeyRefused("A key signs from now or later on, not from before.")
        known = self.keys.key_ids()
        due = [algorithm for algorithm in Algorithm if _is_due(algorithm, known, command)]
        if len(known) + len(due) > MOST_KEYS:
            raise SigningKeyRefused(f"There are {len(known)} keys already; `identity retire-signing-keys` first.")
        signs_from = command.at + command.overlap if known else command.at
        made = [new_key_id(algorithm, signs_from) for algorithm in due]
        for key_id in made:
            self.keys.add(key_id, command.at)
        return made


def _is_due(algorithm: Algorithm, known: Sequence[str], command: RotateSigningKeys) -> bool:
    newest = max((since(key_id) for key_id in known if algorithm_of(key_id) is algorithm), default=None)
    return newest is None or command.older_than is None or newest + command.older_than <= command.at
