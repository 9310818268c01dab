"""The token by which somebody acts for a person: RFC 9068's claims with RFC 8693 §4.1's `act`."""

from datetime import datetime
from typing import Any

from identity.domain.assistance.assistance import TOKEN_LIVES, Assistance, Consent
from identity.domain.tokens.access_token import AUDIENCE

CITIZEN = "citizen"


def assisted_claims(
    assistance: Assistance,
    consent: Consent,
    ends_at: datetime,
    scopes: frozenset[str],
    *,
    issuer: str,
    token_id: str,
    at: datetime,
) -> dict[str, Any]:
    """`sub` and `person` are the person, `act` is who does it; it never outlives the assistance.

    `client_id` and `kiosk_id` stand beside as in every token: the money is the centre's, and so is the counter.
    """
    actor = assistance.actor
    act = {
        "sub": actor.person_id or actor.client_id,
        "client_id": actor.client_id,
        "kiosk_id": actor.kiosk_id,
        "role": assistance.actor_role,
    }
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": consent.person_id,
        "client_id": actor.client_id,
        "scope": " ".join(sorted(scopes)),
        "iat": int(at.timestamp()),
        "exp": int(min(at + TOKEN_LIVES, ends_at).timestamp()),
        "jti": token_id,
        "person": {"id": consent.person_id, "role": CITIZEN},
        "act": {name: said for name, said in act.items() if said is not None},
        "assistance_id": assistance.id,
    }
    if actor.kiosk_id:
        claims["kiosk_id"] = actor.kiosk_id
    return claims
