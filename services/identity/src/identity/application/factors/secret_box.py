"""Closes what has to be read again where people sign in: secrets of authenticator apps, numbers for a later notice."""

import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12  # random for each: NIST SP 800-38D allows 2^32 under one key, and nobody enrols so often


@dataclass(frozen=True)
class SecretBox:
    """AES-256-GCM under a key that HKDF (RFC 5869) derives from PEOPLE_KEY for this alone (ADR 0041)."""

    people_key: bytes = field(repr=False)

    def seal(self, secret: str, context: str) -> bytes:
        """Closed; it opens in the same context alone, such as the id of whose it is."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, secret.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """The secret again. Raises ValueError for what was changed, moved, or closed under another key."""
        try:
            return self._cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()
        except InvalidTag as error:
            raise ValueError("what is sealed does not open") from error

    def _cipher(self) -> AESGCM:
        key = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"emitra-second-factors-1").derive(self.people_key)
        return AESGCM(key)
