"""Sealing by AES-SIV (RFC 5297): the same content gives the same bytes, so that a repeated step writes what it wrote.

Each attachment has a key of its own, so nobody can compare two of them. It is sealed as a compact JWE (RFC 7516,
A256GCMKW) whose `kid` says by which key of the service.
"""

import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.registry import HeaderParameter

from certificates.domain.attachments.attachment import Attachment
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

    def new_key(self, attachment_id: str) -> str:
        """A new sealed key, for this attachment alone. Raises DependencyUnavailable."""
        return self._sealed(attachment_id, secrets.token_bytes(KEY_BYTES))

    def resealed(self, attachment: Attachment) -> str:
        """The key, sealed by the first key."""
        return self._sealed(attachment.id, self._opened(attachment.id, attachment.sealed_key))

    def seal(self, attachment: Attachment, part: str, content: bytes) -> bytes:
        """Opens under this attachment and name only."""
        cipher = self._ciphers(attachment.id, attachment.sealed_key)
        return cipher.encrypt(content, [attachment.id.encode(), part.encode()])

    def open(self, attachment: Attachment, part: str, sealed: bytes) -> bytes:
        """Raises ValueError for anything else than what `seal` gave, DependencyUnavailable without its key."""
        cipher = self._ciphers(attachment.id, attachment.sealed_key)
        try:
            return cipher.decrypt(sealed, [attachment.id.encode(), part.encode()])
        except InvalidTag:
            raise ValueError("this is not what was sealed under this attachment and name") from None

    def _cipher(self, attachment_id: str, sealed_key: str) -> AESSIV:
        return AESSIV(self._opened(attachment_id, sealed_key))

    def _sealed(self, attachment_id: str, key: bytes) -> str:
        header = {**_HEADER, "kid": self.first_kid, "sub": attachment_id}
        return jwe.encrypt_compact(header, key, self._sealing_key(), registry=_REGISTRY)

    def _sealing_key(self) -> OctKey:
        if self._first is None:
            raise DependencyUnavailable("No files are taken here: this service has no ATTACHMENT_KEYS.")
        return self._first

    def _opened(self, attachment_id: str, sealed_key: str) -> bytes:
        try:
            opened = jwe.decrypt_compact(sealed_key, self._keys, registry=_REGISTRY)
        except (JoseError, ValueError):
            # A key was taken away before everything was sealed anew; it can come back.
            raise DependencyUnavailable("The key of this file is sealed by none of the service's keys.") from None
        if opened.headers().get("sub") != attachment_id or opened.plaintext is None:
            raise ValueError("the sealed key is of another attachment")
        return opened.plaintext
