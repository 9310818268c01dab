"""The token by which somebody acts for a person: RFC 9068's claims with RFC 8693 §4.1's `act`, bounded by RFC 9396."""

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
        "authorization_details": authorization_details(assistance),
    }
    if actor.kiosk_id:
        claims["kiosk_id"] = actor.kiosk_id
    return claims


def authorization_details(assistance: Assistance) -> list[dict[str, Any]]:
    """What may be done, about what, for how much at most and how often, as services read it (`servicekit.acts`)."""
    details: list[dict[str, Any]] = []
    for doing in assistance.act.doings:
        detail: dict[str, Any] = {
            "type": doing.type,
            "identifier": doing.identifier or assistance.identifier,
            "once": doing.once,
        }
        if doing.costs:
            detail["at_most"] = {"amount": assistance.amount_paise, "currency": "INR"}
        details.append(detail)
    return details
