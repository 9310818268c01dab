"""The vault's keys in a PKCS#11 token, such as an HSM: made there, used there, and never out of it."""

import math
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import RLock
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    GeneralError,
    PinIncorrect,
    PinInvalid,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)
from pkcs11.mechanisms import GCMParams

from identity.application.vault.errors import KeyRefused, SealBroken, VaultClosed
from identity.domain.vault.keys import KeyUse, is_key_id, use_of

KEY_BITS = 256
NONCE_BYTES = 12
# A key that another process added is noticed after so long at most; keys are added minutes before they close anything.
LOOK_AGAIN_SECONDS = 30
# What tokens answer when a tag does not fit: SoftHSM a general error.
_DOES_NOT_OPEN = (EncryptedDataInvalid, EncryptedDataLenRange, GeneralError)


class Pkcs11Token:
    """The KeyStore port on a token, through one session of the process; a lost session is opened again.

    Keys are told apart by their labels. They are sensitive and cannot be extracted.
    """

    def __init__(self, module: str, token: str, pin: str) -> None:
        self._module, self._token, self._pin = module, token, pin
        self._turn = RLock()
        self._session: Any = None
        self._keys: dict[str, Any] = {}
        self._looked_at = -math.inf
        self._wrong_pin = False

    def key_ids(self) -> Sequence[str]:
        with self._turn:
            if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
                self._look()
            return list(self._keys)

    def add(self, key_id: str) -> None:
        if key_id in self._look():
            raise KeyRefused(f"There is a key {key_id} already; wait a second.")
        closing = use_of(key_id) is KeyUse.WRAP
        uses = {Attribute.ENCRYPT: True, Attribute.DECRYPT: True} if closing else {Attribute.SIGN: True}
        kept = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        key_type = KeyType.AES if closing else KeyType.GENERIC_SECRET
        try:
            self._open().generate_key(
                key_type, KEY_BITS, id=key_id.encode(), label=key_id, store=True, template=uses | kept
            )
        except PKCS11Error as error:
            raise KeyRefused(f"The token made no key ({type(error).__name__}).") from None
        self._look()

    def remove(self, key_id: str) -> None:
        key = self._look().get(key_id)
        if key is None:
            raise KeyRefused(f"There is no key {key_id}.")
        try:
            key.destroy()
        except PKCS11Error as error:
            raise KeyRefused(f"The token kept the key ({type(error).__name__}).") from None
        self._look()

    def wrap(self, key_id: str, data_key: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        try:
            return nonce + bytes(self._key(key_id).encrypt(data_key, **_gcm(nonce, context)))
        except PKCS11Error as error:
            raise self._lost(error) from error

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        try:
            return bytes(self._key(key_id).decrypt(wrapped[NONCE_BYTES:], **_gcm(wrapped[:NONCE_BYTES], context)))
        except _DOES_NOT_OPEN:
            raise SealBroken from None
        except PKCS11Error as error:
            raise self._lost(error) from error

    def digest(self, key_id: str, message: bytes) -> bytes:
        try:
            return bytes(self._key(key_id).sign(message, mechanism=Mechanism.SHA256_HMAC))
        except PKCS11Error as error:
            raise self._lost(error) from error

    def _key(self, key_id: str) -> Any:
        with self._turn:
            key = self._keys.get(key_id) or self._look().get(key_id)
        if key is None:
            raise VaultClosed("A key of the vault is not there (yet). Repeat the request later.")
        return key

    def _look(self) -> dict[str, Any]:
        """Every key of the vault's that the token has, by its id. Raises VaultClosed."""
        with self._turn:
            try:
                objects = list(self._open().get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))
                self._keys = {key.label: key for key in objects if is_key_id(key.label)}
            except PKCS11Error as error:
                raise self._lost(error) from error
            self._looked_at = time.monotonic()
            return self._keys

    def _open(self) -> Any:
        with self._turn:
            if self._wrong_pin:
                raise VaultClosed("The vault's token does not take VAULT_PIN.")
            if self._session is None:
                try:
                    token = pkcs11.lib(self._module).get_token(token_label=self._token)
                    try:
                        self._session = token.open(user_pin=self._pin, rw=True)
                    except UserAlreadyLoggedIn:  # of a process all sessions with a token are logged in, or none
                        self._session = token.open(rw=True)
                except (PinIncorrect, PinInvalid, PinLocked) as error:
                    # Not once more before a restart: tokens lock themselves after a few wrong PINs.
                    self._wrong_pin = True
                    raise VaultClosed("The vault's token does not take VAULT_PIN.") from error
                except (PKCS11Error, OSError, RuntimeError) as error:
                    raise self._lost(error) from error
            return self._session

    def _lost(self, error: Exception) -> VaultClosed:
        """The next call opens a session anew: tokens are taken out, and lines to them break."""
        with self._turn:
            if self._session is not None:
                with suppress(PKCS11Error):
                    self._session.close()
            self._session, self._keys, self._looked_at = None, {}, -math.inf
        return VaultClosed(f"The vault's token does not answer ({type(error).__name__}). Repeat the request later.")


def _gcm(nonce: bytes, context: bytes) -> dict[str, Any]:
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, context)}
