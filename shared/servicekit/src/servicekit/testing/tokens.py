"""The gateway's internal tokens as tests need them, signed by a key that exists only in this process."""

import json
import time
from collections.abc import Iterable
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from servicekit.http.auth import ISSUER, MAX_LIFETIME_SECONDS
from servicekit.http.callers import Actor, Person
from servicekit.tokens import ED25519

_KEY = OKPKey.generate_key("Ed25519", {"kid": "test", "use": "sig", "alg": ED25519[0]})
JWKS = json.dumps(KeySet([_KEY]).as_dict(private=False))


def internal_headers(
    service_name: str,
    *,
    client_id: str = "cli_test",
    kiosk_id: str | None = None,
    scopes: Iterable[str] = (),
    person: Person | None = None,
    actor: Actor | None = None,
) -> dict[str, str]:
    """The Authorization header of a request that the gateway forwards to `service_name` for this caller."""
    issued_at = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": service_name,
        "iat": issued_at,
        "exp": issued_at + MAX_LIFETIME_SECONDS,
        "client_id": client_id,
        "scope": " ".join(scopes),
    }
    if kiosk_id is not None:
        claims["kiosk_id"] = kiosk_id
    if person is not None:
        claims["person"] = {
            "id": person.id,
            "role": person.role,
            "districts": sorted(person.districts),
            **{
                name: getattr(person, name)
                for name in ("department", "designation", "designation_hi", "office", "lsp_id")
                if getattr(person, name)
            },
        }
    if actor is not None:
        act = {"sub": actor.id, "client_id": actor.client_id, "kiosk_id": actor.kiosk_id, "role": actor.role}
        claims["act"] = {name: said for name, said in act.items() if said is not None}
        claims["assistance_id"] = actor.assistance_id
        claims["authorization_details"] = [
            {"type": agreed.type, "identifier": agreed.identifier, "once": agreed.once}
            | ({} if agreed.most_paise is None else {"at_most": {"amount": agreed.most_paise, "currency": "INR"}})
            for agreed in actor.acts
        ]
    return {"Authorization": f"Bearer {sign(claims)}"}


def access_token(claims: dict[str, Any], *, token_type: str = "at+jwt") -> str:  # noqa: S107 - no password
    """An access token as identity makes them (RFC 9068), by the same key."""
    return jwt.encode({"alg": ED25519[0], "kid": _KEY.kid, "typ": token_type}, claims, _KEY, algorithms=list(ED25519))


def sign(claims: dict[str, Any], key: OKPKey = _KEY) -> str:
    """Any claims at all as a token, for tests of what must be refused."""
    return jwt.encode({"alg": ED25519[0], "kid": key.kid}, claims, key, algorithms=list(ED25519))
