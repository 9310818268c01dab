"""Add a key to the vault's key store."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.application.vault.errors import KeyRefused
from identity.application.vault.ports import KeyStore
from identity.domain.vault.keys import KeyUse, new_key_id, use_of


@dataclass(frozen=True, kw_only=True)
class RotateKeys:
    """A key for `use`, used from `overlap` after `at` on: by then every process has seen it.

    `first_only`: make both first keys of a new vault, and do nothing where there are keys.
    """

    use: KeyUse
    overlap: timedelta
    first_only: bool = False
    at: datetime


@dataclass(frozen=True)
class RotateKeysHandler:
    """Adds keys; records go on being opened by the earlier ones until they are sealed anew."""

    keys: KeyStore

    def __call__(self, command: RotateKeys) -> list[str]:
        """The ids of the keys that were made. A repeat within a second is refused. Raises KeyRefused, VaultClosed."""
        if command.overlap < timedelta(0):
            raise KeyRefused("A key is used from now or later on, not from before.")
        known = self.keys.key_ids()
        if command.first_only and known:
            return []
        made = []
        for use in KeyUse if command.first_only else [command.use]:
            # The first of its use has nobody to wait for.
            is_first = not any(use_of(key_id) is use for key_id in known)
            made.append(new_key_id(use, command.at if is_first else command.at + command.overlap))
            self.keys.add(made[-1])
        return made
