"""What the gateway is told, besides what every service is."""

import json
from dataclasses import dataclass
from typing import ClassVar

from marshmallow import ValidationError, fields, validate

from servicekit.settings import ServiceSettings, setting, web_address


def _is_private_ed25519_key(text: str) -> None:
    try:
        key = json.loads(text)
        usable = key["kty"] == "OKP" and key["crv"] == "Ed25519" and bool(key["d"] and key["x"] and key["kid"])
    except (ValueError, TypeError, KeyError):
        usable = False
    if not usable:
        raise ValidationError("Must be the JSON text of a private Ed25519 JWK with kid, x and d.")


@dataclass(frozen=True, kw_only=True)
class GatewaySettings(ServiceSettings):
    """The gateway's settings; `gateway settings` prints them with their meaning."""

    service_name: ClassVar[str] = "gateway"

    routes_dir: str = setting(
        "ROUTES_DIR",
        fields.String(),
        "folder with <service>.yaml (its OpenAPI document) and <service>.url (where it listens) of each service",
    )
    jwks_url: str = setting(
        "JWKS_URL",
        web_address(),
        "where identity publishes its keys, e.g. http://identity:8000/.well-known/jwks.json",
    )
    issuer: str = setting(
        "ISSUER",
        web_address(),
        "the iss of the access tokens that are accepted; the same as identity's",
    )
    internal_token_key: str = setting(
        "INTERNAL_TOKEN_KEY",
        fields.String(validate=_is_private_ed25519_key),
        "JSON text of the private Ed25519 JWK that signs internal tokens; its public half is in INTERNAL_TOKEN_JWKS",
        secret=True,
    )
    upstream_connections: int = setting(
        "UPSTREAM_CONNECTIONS",
        fields.Integer(validate=validate.Range(min=1, max=1024)),
        "requests one service may have in hand from one gateway process; well below HTTP_THREADS, so that a hung "
        "service leaves threads for the others",
        default=32,
    )
    # A thread waits while a service works, so the gateway has more of them than a service needs.
    http_threads: int = setting(
        "HTTP_THREADS",
        fields.Integer(validate=validate.Range(min=1, max=512)),
        "requests the gateway serves at the same time",
        default=96,
    )
