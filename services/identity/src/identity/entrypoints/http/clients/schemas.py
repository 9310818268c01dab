"""What goes over HTTP about a centre's clients."""

from marshmallow import Schema, fields, validate

from identity.domain.clients.client import MAX_PUBLIC_KEYS
from servicekit.fields import Coded

_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "counter-1"}


# What a JWK's members are (RFC 7517 section 4); which of them must be there, and of which form, its reader says.
_MEMBERS = [
    {"type": "string", "maxLength": 200},
    {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 200}},
]


class ClientKeysSchema(Schema):
    """A JWKS (RFC 7517) of the client's own public keys."""

    keys = fields.List(
        fields.Dict(keys=fields.String(), values=fields.Raw(metadata={"anyOf": _MEMBERS})),
        required=True,
        validate=validate.Length(
            min=1,
            max=MAX_PUBLIC_KEYS,
            error=Coded("invalid-length", "Must have {min} to {max} keys.", "इसमें {min} से {max} कुंजियाँ हों।"),
        ),
        metadata={"description": "Ed25519 or P-256, without the private member d.", "example": [_KEY]},
    )


class CentreClientSchema(Schema):
    """A client of the centre: what its software is to the platform."""

    client_id = fields.String(required=True, metadata={"example": "cli_ksk_RJ10200001"})
    name = fields.String(required=True, metadata={"example": "Centre ksk_RJ10200001"})
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "active", "revoked"]),
        metadata={"description": "waiting: its software has yet to be given a key.", "example": "waiting"},
    )
    scopes = fields.List(fields.String(), required=True, metadata={"example": ["payments:read"]})
    key_ids = fields.List(
        fields.String(), required=True, metadata={"description": "kid of its public keys.", "example": ["counter-1"]}
    )


class CentreClientsSchema(Schema):
    """All clients of the centre."""

    items = fields.List(fields.Nested(CentreClientSchema), required=True)
