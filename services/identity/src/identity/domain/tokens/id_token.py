"""What an ID token says (OpenID Connect Core §2)."""

from datetime import datetime
from typing import Any

from identity.domain.tokens.access_token import LIFETIME_SECONDS
from identity.domain.tokens.grants import Grant
from identity.domain.tokens.methods import acr_of


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
        "amr": list(grant.amr),
        "acr": acr_of(grant.amr),
        "sid": grant.id,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return claims
