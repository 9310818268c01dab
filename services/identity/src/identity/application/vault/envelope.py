"""The envelope around a number: a data key for each record, closed by the key store (ADR 0040)."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.application.vault.errors import SealBroken, VaultClosed
from identity.application.vault.ports import KeyStore
from identity.domain.vault.identifiers import Identifier, Kind
from identity.domain.vault.keys import closing_key, index_keys
from identity.domain.vault.records import Sealed

DATA_KEY_BITS = 256
NONCE_BYTES = 12  # what NIST SP 800-38D recommends; a data key closes one number once


@dataclass(frozen=True)
class Envelope:
    """Closes and opens numbers. Kind and reference are associated data: what is moved to another record stays shut."""

    keys: KeyStore

    def seal(self, identifier: Identifier, reference: str, at: datetime) -> Sealed:
        """Closed under a new data key and today's wrapping key. Raises VaultClosed."""
        return self.close(identifier.number.encode(), _context(identifier.kind, reference), at)

    def open(self, kind: Kind, reference: str, sealed: Sealed) -> Identifier:
        """The number again. Raises SealBroken, VaultClosed."""
        return Identifier(kind, self.reveal(sealed, _context(kind, reference)).decode())

    def close(self, secret: bytes, context: bytes, at: datetime) -> Sealed:
        """Anything else that is closed likewise; `context` is its associated data, and names what it is."""
        key_id = closing_key(self.keys.key_ids(), at)
        if key_id is None:
            raise VaultClosed("The vault has no key to close with. Repeat the request later.")
        data_key, nonce = AESGCM.generate_key(DATA_KEY_BITS), secrets.token_bytes(NONCE_BYTES)
        return Sealed(
            key_id=key_id,
            wrapped_key=self.keys.wrap(key_id, data_key, context),
            ciphertext=nonce + AESGCM(data_key).encrypt(nonce, secret, context),
        )

    def reveal(self, sealed: Sealed, context: bytes) -> bytes:
        """What `close` closed. Raises SealBroken, VaultClosed."""
        data_key = self.keys.unwrap(sealed.key_id, sealed.wrapped_key, context)
        nonce, ciphertext = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
        try:
            return AESGCM(data_key).decrypt(nonce, ciphertext, context)
        except InvalidTag:
            raise SealBroken from None

    def indexes(self, identifier: Identifier) -> tuple[str, ...]:
        """Blind indexes under every index key, the oldest first; of two kinds they never meet. Raises VaultClosed."""
        key_ids = index_keys(self.keys.key_ids())
        if not key_ids:
            raise VaultClosed("The vault has no key to look up with. Repeat the request later.")
        message = f"{identifier.kind}\0{identifier.number}".encode()
        return tuple(f"{key_id}:{self.keys.digest(key_id, message).hex()}" for key_id in key_ids)


def _context(kind: Kind, reference: str) -> bytes:
    return f"emitra-vault-1\0{kind}\0{reference}".encode()
