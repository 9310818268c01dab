"""Sealing by AES-SIV (RFC 5297): the same content gives the same bytes, so that a repeated step writes what it wrote.

Each file and each draft has a key of its own, so nobody can compare two of them. It is sealed as a compact JWE
(RFC 7516, A256GCMKW) whose `kid` says by which key of the service.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.registry import HeaderParameter

from certificates.application.attachments.ports import Keyed
from servicekit.errors import DependencyUnavailable

KEY_BYTES = 64  # AES-256 twice: SIV takes one half for the tag, the other for the content
_HEADER = {"alg": "A256GCMKW", "enc": "A256GCM"}
# `sub` repeats what the key is for where nobody can change it (RFC 7519 section 5.3).
_REGISTRY = jwe.JWERegistry({"sub": HeaderParameter("Attachment", "str")}, algorithms=list(_HEADER.values()))


class AesSivSealing:
    """Implements application.attachments.ports.Sealing. Threads may share it."""

    def __init__(self, keys: Sequence[OctKey]) -> None:
        """The first key seals, all open; without any nothing is sealed here."""
        self._first = keys[0] if keys else None
        self._keys = KeySet(list(keys))
        self._ciphers = lru_cache(maxsize=256)(self._cipher)

    @property
    def first_kid(self) -> str:
        """The id of the key that seals new keys. Raises DependencyUnavailable when there is none."""
        return str(self._sealing_key().kid)

    def new_key(self, keyed_id: str) -> str:
        """A new sealed key, for this one alone. Raises DependencyUnavailable."""
        return self._sealed(keyed_id, secrets.token_bytes(KEY_BYTES))

    def resealed(self, keyed: Keyed) -> str:
        """The key, sealed by the first key."""
        return self._sealed(keyed.id, self._opened(keyed.id, keyed.sealed_key))

    def seal(self, keyed: Keyed, part: str, content: bytes) -> bytes:
        """Opens of this thing and under this name only."""
        cipher = self._ciphers(keyed.id, keyed.sealed_key)
        return cipher.encrypt(content, [keyed.id.encode(), part.encode()])

    def open(self, keyed: Keyed, part: str, sealed: bytes) -> bytes:
        """Raises ValueError for anything else than what `seal` gave, DependencyUnavailable without its key."""
        cipher = self._ciphers(keyed.id, keyed.sealed_key)
        try:
            return cipher.decrypt(sealed, [keyed.id.encode(), part.encode()])
        except InvalidTag:
            raise ValueError("this is not what was sealed of this thing and under this name") from None

    def _cipher(self, keyed_id: str, sealed_key: str) -> AESSIV:
        return AESSIV(self._opened(keyed_id, sealed_key))

    def _sealed(self, keyed_id: str, key: bytes) -> str:
        header = {**_HEADER, "kid": self.first_kid, "sub": keyed_id}
        return jwe.encrypt_compact(header, key, self._sealing_key(), registry=_REGISTRY)

    def _sealing_key(self) -> OctKey:
        if self._first is None:
            raise DependencyUnavailable("No files and no drafts are taken here: this service has no ATTACHMENT_KEYS.")
        return self._first

    def _opened(self, keyed_id: str, sealed_key: str) -> bytes:
        try:
            opened = jwe.decrypt_compact(sealed_key, self._keys, registry=_REGISTRY)
        except (JoseError, ValueError):
            # A key was taken away before everything was sealed anew; it can come back.
            raise DependencyUnavailable("Its key is sealed by none of the service's keys.") from None
        if opened.headers().get("sub") != keyed_id or opened.plaintext is None:
            raise ValueError("the sealed key is of another thing")
        return opened.plaintext


def kid_of(sealed_key: str) -> str:
    """Which of the service's keys sealed it: the header of a JWE is for everybody to read (RFC 7516)."""
    header = sealed_key.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])
