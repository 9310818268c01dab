"""The vault's keys in a file: a JWKS (RFC 7517) of symmetric keys, for one machine or a mounted secret."""

import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from identity.application.vault.errors import KeyRefused, SealBroken, VaultClosed
from identity.domain.vault.keys import KeyUse, is_key_id, use_of

KEY_BYTES = 32
NONCE_BYTES = 12
OWNER_ONLY = 0o600
OTHERS = 0o007
ALGORITHMS = {KeyUse.WRAP: "A256GCM", KeyUse.INDEX: "HS256"}

Stamp = tuple[int, int, int]


class KeyFile:
    """The KeyStore port on a file that its owner alone writes, and nobody else reads.

    It is read again whenever it has changed, so a key that one process adds is there in the others.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = Lock()
        self._read: tuple[Stamp, dict[str, bytes]] | None = None

    def key_ids(self) -> Sequence[str]:
        return list(self._keys())

    def add(self, key_id: str) -> None:
        keys = self._keys()
        if key_id in keys:
            raise KeyRefused(f"There is a key {key_id} already; wait a second.")
        self._write({**keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def remove(self, key_id: str) -> None:
        keys = self._keys()
        if key_id not in keys:
            raise KeyRefused(f"There is no key {key_id}.")
        self._write({known: key for known, key in keys.items() if known != key_id})

    def wrap(self, key_id: str, data_key: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._key(key_id)).encrypt(nonce, data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        try:
            return AESGCM(self._key(key_id)).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag:
            raise SealBroken from None

    def digest(self, key_id: str, message: bytes) -> bytes:
        return hmac.digest(self._key(key_id), message, "sha256")

    def _key(self, key_id: str) -> bytes:
        try:
            return self._keys()[key_id]
        except KeyError:
            raise VaultClosed("A key of the vault is not there (yet). Repeat the request later.") from None

    def _keys(self) -> dict[str, bytes]:
        """Every key by its id; empty while there is no file. Raises VaultClosed for a file that cannot be used."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise VaultClosed("The vault's key file cannot be read.") from error
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        with self._turn:
            if self._read is None or self._read[0] != stamp:
                if status.st_mode & OTHERS:
                    raise VaultClosed("The vault's key file may be read by anybody: chmod o= is missing.")
                self._read = stamp, self._parsed()
            return self._read[1]

    def _parsed(self) -> dict[str, bytes]:
        try:
            jwks = json.loads(self._path.read_text(encoding="utf-8"))["keys"]
            keys = {jwk["kid"]: urlsafe_b64decode(jwk["k"] + "==") for jwk in jwks if jwk["kty"] == "oct"}
        except (OSError, ValueError, KeyError, TypeError):
            # None of what was read: a message must not hold a piece of a key.
            raise VaultClosed("The vault's key file is not a JWKS of symmetric keys.") from None
        if not all(is_key_id(key_id) and len(key) == KEY_BYTES for key_id, key in keys.items()):
            raise VaultClosed("The vault's key file has a key of another form.")
        return keys

    def _write(self, keys: dict[str, bytes]) -> None:
        """Written beside and renamed. What is beside is the lock too: a key that a second writer lost could have closed
        records by then."""
        jwks = [
            {"kty": "oct", "kid": key_id, "alg": ALGORITHMS[use_of(key_id)], "k": _base64url(key)}
            for key_id, key in sorted(keys.items())
        ]
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except FileExistsError:
            raise KeyRefused(
                f"{beside} is there: another rotation is under way, or one was cut off; look, then remove it."
            ) from None
        except OSError as error:
            raise KeyRefused(f"{beside} cannot be written: {error.strerror}.") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"keys": jwks}, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


def _base64url(key: bytes) -> str:
    return urlsafe_b64encode(key).decode().rstrip("=")
