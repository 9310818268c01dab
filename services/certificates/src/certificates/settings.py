"""The settings, which the environment gives."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from marshmallow import ValidationError, fields

from servicekit.settings import ServiceSettings, setting


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
