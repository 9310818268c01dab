"""Who is calling: the gateway's internal tokens, verified once and remembered until they expire."""

import json
import time
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import KeySet

from servicekit.acts import AgreedAct
from servicekit.errors import NotAuthenticated
from servicekit.http.callers import Actor, Caller, Person
from servicekit.tokens import ED25519, RememberedTokens, TokenRefused, TokenVerifier, Why

ISSUER = "gateway"
MAX_LIFETIME_SECONDS = 60  # the gateway's promise; a longer token was not made by its rules
CLOCK_LEEWAY_SECONDS = 5  # clocks inside one cluster differ by less
MOST_REMEMBERED_TOKENS = 4096  # about 4 MB; more clients than that in one minute are verified again
_LONGEST_TOKEN = 8192  # gunicorn refuses longer header lines anyway

_REFUSALS = {
    Why.TOO_LONG: "The token is too long to be one of ours.",
    Why.TIME: "The token lacks exp or iat.",
    Why.EXPIRED: "The token has expired; obtain a new one.",
    Why.NOT_YET: "The token is dated in the future or lives longer than a minute.",
    Why.PARTIES: "The token was made by another issuer or for another service.",
}
_INVALID = "The token's signature or form is not valid; obtain a new one."


class InternalTokenVerifier:
    """Verifies `Authorization: Bearer <token>` made by the gateway for one service. Safe to share by threads."""

    def __init__(self, service_name: str, jwks: str) -> None:
        """`jwks` is the JSON text of the gateway's public keys."""
        self._tokens = TokenVerifier(
            keys=KeySet.import_key_set(json.loads(jwks)),
            issuer=ISSUER,
            audience=service_name,
            algorithms=ED25519,
            leeway_seconds=CLOCK_LEEWAY_SECONDS,
            longest_characters=_LONGEST_TOKEN,
        )
        self._remembered: RememberedTokens[tuple[Caller, float]] = RememberedTokens(MOST_REMEMBERED_TOKENS)

    def authenticate(self, authorization: str) -> Caller:
        """The caller named by an Authorization header; raises NotAuthenticated saying what is wrong with it."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("Send an Authorization header: Bearer, a space, and a token.")
        digest, at = RememberedTokens.digest(token), time.time()
        remembered = self._remembered.get(digest)
        if remembered is None or at >= remembered[1]:
            remembered = self._verify(token, at)
            self._remembered.put(digest, remembered)
        return remembered[0]

    def _verify(self, text: str, at: float) -> tuple[Caller, float]:
        """The caller, and the instant (seconds since 1970) from which the token counts no more."""
        try:
            claims = self._tokens.verify(text, at).claims
            if claims.get("iat") is None:
                raise TokenRefused(Why.TIME)
            if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
                raise TokenRefused(Why.NOT_YET)
            if not isinstance(claims["aud"], str):  # The gateway makes one for each service.
                raise TokenRefused(Why.PARTIES)
        except TokenRefused as error:
            raise NotAuthenticated(_REFUSALS.get(error.why, _INVALID)) from error
        return _caller_from(claims), claims["exp"] + CLOCK_LEEWAY_SECONDS


def _caller_from(claims: Mapping[str, Any]) -> Caller:
    try:
        person = claims.get("person")
        return Caller(
            client_id=_text(claims["client_id"]),
            kiosk_id=_text_or_none(claims.get("kiosk_id")),
            scopes=frozenset(_text(claims.get("scope", "")).split()),
            person=None
            if person is None
            else Person(
                id=_text(person["id"]),
                role=_text(person["role"]),
                department=_text_or_none(person.get("department")),
                districts=frozenset(map(_text, person.get("districts") or ())),
                designation=_text_or_none(person.get("designation")),
                designation_hi=_text_or_none(person.get("designation_hi")),
                office=_text_or_none(person.get("office")),
                lsp_id=_text_or_none(person.get("lsp_id")),
            ),
            actor=_actor_from(claims),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAuthenticated("The token's claims do not have the expected form.") from error


def _actor_from(claims: Mapping[str, Any]) -> Actor | None:
    act = claims.get("act")
    if act is None:
        return None
    # Nobody acts for nobody.
    _text(claims["person"]["id"])
    return Actor(
        id=_text(act["sub"]),
        client_id=_text(act["client_id"]),
        assistance_id=_text(claims["assistance_id"]),
        kiosk_id=_text_or_none(act.get("kiosk_id")),
        role=_text_or_none(act.get("role")),
        acts=tuple(map(_act_from, claims.get("authorization_details") or ())),
    )


def _act_from(agreed: Mapping[str, Any]) -> AgreedAct:
    most, once = agreed.get("at_most"), agreed.get("once", False)
    most_paise = None if most is None else most["amount"]
    if not isinstance(once, bool) or type(most_paise) not in (int, type(None)):
        raise TypeError("not a bounded act")
    return AgreedAct(
        type=_text(agreed["type"]), identifier=_text(agreed["identifier"]), most_paise=most_paise, once=once
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)
