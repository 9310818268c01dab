"""Passkeys by py_webauthn (WebAuthn Level 2), which reads and verifies what authenticators give."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity.application.factors.ports import NotProved
from identity.domain.factors.factors import Passkey

NAME = "e-Mitra"
# What a person needs to find a key on their key ring; it is a hint to browsers, and the challenge ends by itself.
TIMEOUT_MS = 120_000


class WebauthnPasskeys:
    """The Passkeys port for pages that are served from `origin`, such as https://api.emitra.example.

    The authenticator checks the person too (PIN, finger, face): a key that is found or stolen proves nothing.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._rp_id = urlsplit(origin).hostname or ""

    def creation_options(self, person_id: str, shown: str, challenge: bytes) -> dict[str, Any]:
        """No attestation: which make it is of, nobody here decides by."""
        return options_to_json_dict(
            webauthn.generate_registration_options(
                rp_id=self._rp_id,
                rp_name=NAME,
                user_id=person_id.encode(),
                user_name=shown,
                challenge=challenge,
                timeout=TIMEOUT_MS,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
                ),
            )
        )

    def request_options(self, challenge: bytes) -> dict[str, Any]:
        """The authenticator finds its own passkey of this address."""
        return options_to_json_dict(
            webauthn.generate_authentication_options(
                rp_id=self._rp_id,
                challenge=challenge,
                timeout=TIMEOUT_MS,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def id_of(self, credential: str) -> bytes:
        """Its raw id."""
        with _not_proved():
            return parse_authentication_credential_json(credential).raw_id

    def created(self, credential: str, challenge: bytes) -> Passkey:
        """Origin, challenge, relying party, presence and verification are looked at by the library."""
        with _not_proved():
            verified = webauthn.verify_registration_response(
                credential=_members(credential),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
            return Passkey(
                id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
            )

    def used(self, credential: str, challenge: bytes, passkey: Passkey) -> Passkey:
        """The same, and the signature and the count."""
        with _not_proved():
            verified = webauthn.verify_authentication_response(
                credential=_members(credential),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
            return Passkey(id=passkey.id, public_key=passkey.public_key, sign_count=verified.new_sign_count)


def passkeys_of(issuer: str) -> WebauthnPasskeys | None:
    """None where browsers make none: an address by number is no relying party (WebAuthn Level 2 §5.1.2)."""
    try:
        ip_address(urlsplit(issuer).hostname or "")
    except ValueError:
        return WebauthnPasskeys(issuer)
    return None


def _members(credential: str) -> dict[str, Any]:
    members = json.loads(credential)
    if not isinstance(members, dict):
        raise ValueError("no object")
    return members


@contextmanager
def _not_proved() -> Iterator[None]:
    """Whatever cannot be read or is not right proves nothing, and is nobody's fault here."""
    try:
        yield
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotProved(type(error).__name__) from error
