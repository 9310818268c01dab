"""What identity is told by its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from marshmallow import ValidationError, fields, validate

from servicekit.settings import ServiceSettings, SettingProblem, SettingsError, setting

MAX_SIGNING_KEYS = 8  # one signs and a few overlap; more is a mistake


def signing_keys(text: str) -> tuple[OKPKey, ...]:
    """One private Ed25519 JWK, or a JWKS of several, as JSON text → keys, each with a kid.

    A key without `kid` gets its RFC 7638 thumbprint, the same in every replica. Raises ValidationError.
    """
    keys = tuple(_private_key(jwk) for jwk in _jwks(text))
    if len({key.kid for key in keys}) < len(keys):
        raise ValidationError("Two keys have the same kid.")
    return keys


def _jwks(text: str) -> list[Any]:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ValidationError("Is not JSON.") from error
    jwks = parsed.get("keys", [parsed]) if isinstance(parsed, dict) else None
    if not isinstance(jwks, list) or not 1 <= len(jwks) <= MAX_SIGNING_KEYS:
        raise ValidationError(f"Must be one JWK, or a JWKS with 1 to {MAX_SIGNING_KEYS} keys.")
    return jwks


def _private_key(jwk: Any) -> OKPKey:
    # Nothing of the key is repeated in a message: it is the platform's most valuable secret.
    if not isinstance(jwk, dict) or not jwk.get("d") or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise ValidationError("Every key must be a private Ed25519 JWK: kty OKP, crv Ed25519, x and d.")
    try:
        key = OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "d", "kid") if name in jwk})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ValidationError("A key's x or d is not a valid Ed25519 value.") from error
    key.ensure_kid()
    return key


def _issuer(value: str) -> None:
    """RFC 8414 §2 wants no query and no fragment; without a path its metadata is found at the root."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.netloc or value != f"{parts.scheme}://{parts.netloc}":
        raise ValidationError("Must be scheme and host only, without a trailing slash.")


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """identity's settings: the common ones, the issuer's name and the signing keys."""

    service_name: ClassVar[str] = "identity"

    issuer: str = setting(
        "ISSUER",
        fields.String(validate=_issuer),
        "the platform's public address, iss of every token, e.g. https://api.emitra.example",
    )
    signing_keys: tuple[OKPKey, ...] = setting(
        "SIGNING_KEYS",
        fields.Function(deserialize=signing_keys),
        'a private Ed25519 JWK, or {"keys": [...]}: the first key signs, all are published (rotation)',
        secret=True,
    )

    people_key: str = setting(
        "PEOPLE_KEY",
        fields.String(validate=validate.Length(min=32)),
        "at least 32 random characters by which mobile numbers are looked up and codes are kept, the same in every "
        "replica and for good; without it nobody signs in",
        default="",
        secret=True,
    )
    code_file: str = setting(
        "CODE_FILE",
        fields.String(),
        "sandbox only: the file that one-time codes are written to instead of being sent to a phone",
        default="",
    )

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """As every service's; live tokens moreover name an https issuer (RFC 8414 §2)."""
        settings = super().load(environ)
        if settings.environment == "live" and not settings.issuer.startswith("https://"):
            problem = "must begin with https:// where ENVIRONMENT is live."
            raise SettingsError([SettingProblem("ISSUER", problem, "Set it to the platform's public address.")])
        if settings.environment == "live" and settings.code_file:
            problem = "must not be set where ENVIRONMENT is live: it holds people's codes and numbers."
            raise SettingsError([SettingProblem("CODE_FILE", problem, "Leave it out.")])
        return settings
