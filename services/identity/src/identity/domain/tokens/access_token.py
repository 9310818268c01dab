"""What an access token says: a JWT as RFC 9068 profiles it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.domain.clients.client import Client
from identity.domain.people.person import Person
from identity.domain.tokens.grants import Grant
from identity.domain.tokens.methods import acr_of

AUDIENCE = "emitra"
# Fifteen minutes: a stolen token dies soon, and a kiosk asks for four an hour at most.
LIFETIME_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """For whom a token is where somebody signed in: the person, and the grant that this made."""

    person: Person
    grant: Grant


def access_token_claims(
    client: Client,
    scopes: frozenset[str],
    *,
    issuer: str,
    token_id: str,
    issued_at: datetime,
    signed_in: SignedIn | None = None,
) -> dict[str, Any]:
    """The claims of RFC 9068 §2.2, and the platform's own `kiosk_id` and `person`; no personal data.

    Of somebody who signed in also `auth_time` and `acr` (RFC 9068 §2.2.1), and `sid`, the grant that it ends with.
    """
    now = int(issued_at.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": client.subject,
        "client_id": client.id,
        "scope": " ".join(sorted(scopes)),
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": token_id,
    }
    if client.kiosk_id:
        claims["kiosk_id"] = client.kiosk_id
    if client.person:
        claims["person"] = {
            "id": client.person.id,
            "role": client.person.role,
            "department": client.person.department,
            "designation": client.person.designation,
            "districts": sorted(client.person.districts),
        }
        if client.person.designation_hi:
            claims["person"]["designation_hi"] = client.person.designation_hi
    if signed_in:
        claims |= {
            "sub": signed_in.person.id,
            "person": {"id": signed_in.person.id, "role": signed_in.person.role},
            "auth_time": int(signed_in.grant.auth_time.timestamp()),
            "acr": acr_of(signed_in.grant.amr),
            "sid": signed_in.grant.id,
        }
    return claims
