"""Keys as settings name them: what signs, what signed before, what seals."""

import json
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey
from marshmallow import ValidationError

SEALING_KEY_BYTES = 32


def read_signing_key(text: str) -> OKPKey:
    """The private Ed25519 key from the JSON text of its JWK; without a `kid` it gets its thumbprint (RFC 7638).

    Raises ValidationError, which never repeats the text.
    """
    key = _ed25519(_json(text))
    if not key.is_private:
        raise ValidationError("Must be a private key (member d).")
    # Rebuilt without `alg`, which would bind it to one of the two names of its algorithm.
    jwk = {name: value for name, value in key.as_dict(private=True).items() if name != "alg"}
    return _ed25519({**jwk, "kid": key.kid or key.thumbprint()})


def read_retired_keys(text: str) -> list[OKPKey]:
    """The public keys from the JSON text of a JWK Set, each with the `kid` under which it signed.

    Raises ValidationError.
    """
    keys = _json(text).get("keys")
    if not isinstance(keys, list):
        raise ValidationError('Must be the JSON text of a key set, {"keys": [{"kid": …, …}]}.')
    retired = [_ed25519(jwk) for jwk in keys]
    if any(key.is_private or not key.kid for key in retired):
        raise ValidationError("Every retired key must be public (no member d) and have a kid.")
    return retired


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


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise ValidationError("Is not JSON.") from None
    if not isinstance(value, dict):
        raise ValidationError("Must be a JSON object.")
    return value


def _ed25519(jwk: Any) -> OKPKey:
    try:
        key = OKPKey.import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValidationError("Is not a JWK of kty OKP.") from None
    if key.curve_name != "Ed25519":
        raise ValidationError("Must be on the curve Ed25519.")
    return key
