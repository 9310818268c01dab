"""The settings, which the environment gives."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey
from marshmallow import ValidationError, fields

from servicekit.settings import ServiceSettings, setting

SEALING_KEY_BYTES = 32


def read_signing_key(text: str) -> OKPKey:
    """The private key from the JSON text of its JWK; without a `kid` it gets its thumbprint as one (RFC 7638).

    Raises ValidationError, which never repeats the text.
    """
    key = _key(_json(text))
    if not key.is_private:
        raise ValidationError("Must be a private key (member d).")
    return key if key.kid else _key({**key.as_dict(private=True), "kid": key.thumbprint()})


def read_retired_keys(text: str) -> list[OKPKey]:
    """The public keys from the JSON text of a JWK Set, each with the `kid` under which it signed.

    Raises ValidationError.
    """
    listed = _json(text).get("keys")
    if not isinstance(listed, list):
        raise ValidationError('Must be the JSON text of a key set, {"keys": [{"kid": …, …}]}.')
    keys = [_key(parameters) for parameters in listed]
    if any(key.is_private or not key.kid for key in keys):
        raise ValidationError("Every retired key must be public (no member d) and have a kid.")
    return keys


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise ValidationError("Is not JSON.") from None
    if not isinstance(value, dict):
        raise ValidationError("Must be a JSON object.")
    return value


def _key(parameters: Any) -> OKPKey:
    try:
        key = OKPKey.import_key(parameters)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValidationError("Is not a JWK of kty OKP.") from None
    if key.curve_name != "Ed25519":
        raise ValidationError("Must be on the curve Ed25519.")
    return key


def read_sealing_keys(text: str) -> list[OctKey]:
    """The keys from the JSON text of a JWK Set of 256-bit symmetric keys, each with a `kid`; the first seals.

    Raises ValidationError, which never repeats the text.
    """
    if not text:
        return []
    listed = _json(text).get("keys")
    if not isinstance(listed, list) or not listed:
        raise ValidationError('Must be the JSON text of a key set, {"keys": [{"kty": "oct", "kid": …, "k": …}]}.')
    try:
        keys = [OctKey.import_key(parameters) for parameters in listed]
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValidationError("Every key must be a JWK of kty oct.") from None
    if any(len(key.raw_value) != SEALING_KEY_BYTES for key in keys):
        raise ValidationError("Every key must have 256 bits.")
    if any(not key.kid for key in keys) or len({key.kid for key in keys}) < len(keys):
        raise ValidationError("Every key must have a kid of its own.")
    return keys


def read_store_address(text: str) -> str:
    """The address of an S3 bucket, or "" for the service's own database. Raises ValidationError."""
    parts = urlsplit(text)
    loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1"
    bucket = parts.path.strip("/")
    if text and not ((parts.scheme == "https" or loopback) and parts.hostname and bucket and "/" not in bucket):
        raise ValidationError("Must be https://host/bucket, or empty for the service's own database.")
    return text


@dataclass(frozen=True, kw_only=True)
class CertificatesSettings(ServiceSettings):
    """The settings of the chassis, and this service's own."""

    service_name: ClassVar[str] = "certificates"

    certificate_signing_key: str = setting(
        "CERTIFICATE_SIGNING_KEY",
        fields.String(validate=read_signing_key),
        "JSON text of the private Ed25519 JWK that signs certificates",
        secret=True,
    )
    certificate_retired_keys: str = setting(
        "CERTIFICATE_RETIRED_KEYS",
        fields.String(validate=read_retired_keys),
        "JSON text of the public JWK Set of earlier signing keys, whose certificates stay valid",
        default='{"keys":[]}',
    )
    application_types_dir: str = setting(
        "APPLICATION_TYPES_DIR",
        fields.String(),
        "folder with one TOML file per application type; empty: the types shipped with the service",
        default="",
    )
    department_types_dir: str = setting(
        "DEPARTMENT_TYPES_DIR",
        fields.String(),
        "folder with more application types, looked at again while the service runs; empty: none",
        default="",
    )
    attachment_keys: str = setting(
        "ATTACHMENT_KEYS",
        fields.String(validate=read_sealing_keys),
        "JSON text of the JWK Set of 256-bit symmetric keys (kty oct) that seal attachments: the first seals, all "
        "open; empty: no uploads here",
        default="",
        secret=True,
    )
    attachment_store: str = setting(
        "ATTACHMENT_STORE",
        fields.String(validate=read_store_address),
        "https://host/bucket of an S3 store for attachments; empty: the service's own database (GridFS)",
        default="",
    )
    attachment_store_credentials: str = setting(
        "ATTACHMENT_STORE_CREDENTIALS",
        fields.String(),
        "access key and secret key of that store, with a colon between",
        default="",
        secret=True,
    )
