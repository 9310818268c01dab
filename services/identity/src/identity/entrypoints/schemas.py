"""The token endpoint's form and the public documents, as they are on the wire."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from identity.application.issue_token import GRANT_TYPE

LONGEST_CLIENT_ID = 128  # ours have 64 characters at most
LONGEST_SECRET = 256  # ours have 55
LONGEST_SCOPE = 4096  # 64 scopes, the most a client has, at three times the length of ours


def _printable(value: str) -> None:
    """RFC 6749 appendix A: everything here is printable ASCII."""
    if not (value.isascii() and value.isprintable()):
        raise ValidationError("Must be printable ASCII.")


class TokenRequestSchema(Schema):
    """RFC 6749 §4.4.2 and §2.3.1. Unknown parameters are ignored, as §3.2 demands."""

    class Meta:
        unknown = EXCLUDE

    grant_type = fields.String(
        required=True,
        validate=[validate.Length(max=64), _printable],
        metadata={"description": f"{GRANT_TYPE}; there is no other yet.", "example": GRANT_TYPE},
    )
    scope = fields.String(
        validate=[validate.Length(max=LONGEST_SCOPE), _printable],
        metadata={
            "description": "Scopes separated by spaces; without it, every scope that the client has.",
            "example": "bills:fetch payments:write",
        },
    )
    client_id = fields.String(
        validate=[validate.Length(max=LONGEST_CLIENT_ID), _printable],
        metadata={"description": "With client_secret, instead of HTTP Basic.", "example": "cli_sandbox_kiosk_jaipur"},
    )
    client_secret = fields.String(
        validate=[validate.Length(max=LONGEST_SECRET), _printable],
        metadata={"description": "Instead of HTTP Basic, never beside it.", "format": "password"},
    )


class AccessTokenSchema(Schema):
    """RFC 6749 §5.1."""

    access_token = fields.String(
        required=True,
        metadata={"description": "A JWT (RFC 9068); treat it as opaque and send it as Authorization: Bearer."},
    )
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"), metadata={"example": "Bearer"})
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds.", "example": 900})
    scope = fields.String(
        required=True, metadata={"description": "What was granted.", "example": "bills:fetch payments:write"}
    )


class PublicKeySchema(Schema):
    """An Ed25519 public key as JWK (RFC 8037)."""

    kty = fields.String(required=True, metadata={"example": "OKP"})
    crv = fields.String(required=True, metadata={"example": "Ed25519"})
    x = fields.String(required=True)
    kid = fields.String(required=True, metadata={"description": "The kid in the header of the tokens it verifies."})
    use = fields.String(required=True, metadata={"example": "sig"})
    alg = fields.String(required=True, metadata={"example": "EdDSA"})


class PublicKeysSchema(Schema):
    """A JWKS (RFC 7517 §5). Several keys while one replaces another: choose by kid."""

    keys = fields.List(fields.Nested(PublicKeySchema), required=True)


class ServerMetadataSchema(Schema):
    """RFC 8414 §2."""

    issuer = fields.String(required=True, metadata={"description": "The iss of every access token."})
    token_endpoint = fields.String(required=True)
    jwks_uri = fields.String(required=True)
    grant_types_supported = fields.List(fields.String(), required=True)
    token_endpoint_auth_methods_supported = fields.List(fields.String(), required=True)
    response_types_supported = fields.List(
        fields.String(), required=True, metadata={"description": "Empty: there is no authorization endpoint yet."}
    )
