"""What an access token says: a JWT as RFC 9068 profiles it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.domain.clients.client import Client
from identity.domain.people.person import Person
from identity.domain.people.rights import Right, Role
from identity.domain.tokens.grants import Grant
from identity.domain.tokens.methods import acr_of

AUDIENCE = "emitra"
# Fifteen minutes: a stolen token dies soon, and a kiosk asks for four an hour at most.
LIFETIME_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """For whom a token is where somebody signed in: the person, the right they act by (None: as a citizen), and the
    grant that this made."""

    person: Person
    right: Right | None
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

    Of somebody who signed in also `auth_time` and `acr` (RFC 9068 §2.2.1), `sid`, the grant that the token ends with,
    and `right_id` where they act by a right, which it ends with too.
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
            "person": {"id": signed_in.person.id, **_acting_as(signed_in.right)},
            "auth_time": int(signed_in.grant.auth_time.timestamp()),
            "acr": acr_of(signed_in.grant.amr),
            "sid": signed_in.grant.id,
        }
        if signed_in.right:
            claims["right_id"] = signed_in.right.id
        if signed_in.right and signed_in.right.kiosk_id:
            claims["kiosk_id"] = signed_in.right.kiosk_id
        if signed_in.right and signed_in.right.ends_at:
            claims["exp"] = min(claims["exp"], int(signed_in.right.ends_at.timestamp()))
    return claims


def _acting_as(right: Right | None) -> dict[str, Any]:
    """What services decide by: the role, and what it is bound to where it is bound; a centre stands beside."""
    if right is None:
        return {"role": Role.CITIZEN.value}
    bound = {
        "lsp_id": right.lsp_id,
        "department": right.department,
        "office": right.office,
        "designation": right.designation,
        "designation_hi": right.designation_hi,
        "districts": sorted(right.districts),
    }
    return {"role": right.role.value, **{name: value for name, value in bound.items() if value}}
