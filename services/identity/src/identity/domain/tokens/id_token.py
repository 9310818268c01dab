"""What an ID token says (OpenID Connect Core §2)."""

from datetime import datetime
from typing import Any

from identity.domain.tokens.access_token import LIFETIME_SECONDS
from identity.domain.tokens.grants import Grant

# How somebody proved themselves (RFC 8176): a code sent to a phone.
METHODS = ["sms", "otp"]


def id_token_claims(grant: Grant, *, issuer: str, nonce: str | None, issued_at: datetime) -> dict[str, Any]:
    """Claims for the client alone, without any personal data: the opaque id of who signed in, when and how."""
    seconds = int(issued_at.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": grant.person_id,
        "aud": grant.client_id,
        "iat": seconds,
        "exp": seconds + LIFETIME_SECONDS,
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": METHODS,
        "sid": grant.id,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return claims
