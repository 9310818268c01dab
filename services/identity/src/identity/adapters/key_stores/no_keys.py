"""A vault without keys: a sandbox that was told of no key store."""

from collections.abc import Sequence

from identity.application.vault.errors import KeyRefused, NoKeyStore

# ruff: noqa: ARG002 - a port's methods take what they are given


class NoKeys:
    """The KeyStore port where VAULT_KEY_STORE is not set: everything but the vault goes on."""

    def key_ids(self) -> Sequence[str]:
        raise _closed()

    def add(self, key_id: str) -> None:
        raise KeyRefused("VAULT_KEY_STORE is not set, so there is nowhere to keep a key.")

    remove = add

    def wrap(self, key_id: str, data_key: bytes, context: bytes) -> bytes:
        raise _closed()

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        raise _closed()

    def digest(self, key_id: str, message: bytes) -> bytes:
        raise _closed()


def _closed() -> NoKeyStore:
    return NoKeyStore("The vault has no keys here: VAULT_KEY_STORE is not set.")
