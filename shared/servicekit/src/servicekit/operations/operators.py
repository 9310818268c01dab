"""Who gives an operator's command: a person, by an access token of identity's, never by a typed name.

The gateway is not in between here, so the token is verified as the gateway would (RFC 9068): identity's signature,
issuer, audience, time and type; and it must speak of a person, for two clients may belong to one.
"""

import json
import time
from collections.abc import Collection
from typing import Any

import urllib3
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from servicekit.access import NAMES, Role
from servicekit.tokens import ED25519, TokenRefused, TokenVerifier, Why

TOKEN_VARIABLE = "OPERATOR_TOKEN"  # noqa: S105 - where it is found: an argument would be in everybody's process list
DEAD_LETTERS_SCOPE = "operations:dead-letters"
AUDIENCE = "emitra"
FETCH_TIMEOUT_SECONDS = 5.0
LARGEST_KEY_SET_BYTES = 64 * 1024
LONGEST_TOKEN_CHARACTERS = 8_000
CLOCK_LEEWAY_SECONDS = 5  # an operator's machine and identity's keep time

_REFUSALS = {
    Why.TOO_LONG: f"what {TOKEN_VARIABLE} holds is too long to be an access token",
    Why.TYPE: f"what {TOKEN_VARIABLE} holds is not an access token",
    Why.PARTIES: f"the token in {TOKEN_VARIABLE} is of another issuer or for another audience",
    Why.EXPIRED: f"the token in {TOKEN_VARIABLE} has expired; get a new one",
    Why.TIME: f"the token in {TOKEN_VARIABLE} has expired; get a new one",
}
_INVALID = f"the token in {TOKEN_VARIABLE} is not valid; get a new one"


class NotAnOperator(Exception):
    """The token does not say which person gives the command, or that this person may; the message says why."""


class IdentityAway(Exception):
    """Identity's public keys could not be had, so that nobody can be known."""


def operator(token: str, *, jwks_url: str, issuer: str, scope: str, roles: Collection[Role] = ()) -> str:
    """The id of the person whose access token this is, the same whichever client they signed in by.

    With `roles` the person must act as one of them. Raises `NotAnOperator` and `IdentityAway`.
    """
    token = token.strip()  # a file ends with a line end
    if not token:
        raise NotAnOperator(f"put an operator's access token into the environment variable {TOKEN_VARIABLE}")
    if not jwks_url or not issuer:
        raise NotAnOperator("the settings JWKS_URL and ISSUER say whose tokens count, and are not set")
    verifier = TokenVerifier(
        keys=_keys(jwks_url),
        issuer=issuer,
        audience=AUDIENCE,
        algorithms=ED25519,
        leeway_seconds=CLOCK_LEEWAY_SECONDS,
        longest_characters=LONGEST_TOKEN_CHARACTERS,
        token_type="at+jwt",  # noqa: S106 - RFC 9068
    )
    try:
        claims = verifier.verify(token, time.time()).claims
    except TokenRefused as error:
        raise NotAnOperator(_REFUSALS.get(error.why, _INVALID)) from error
    if scope not in str(claims.get("scope", "")).split():
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} lacks the scope {scope}")
    person = claims.get("person")
    if not isinstance(person, dict) or not isinstance(person.get("id"), str) or not person["id"]:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} speaks of no person; use a client bound to one")
    if "act" in claims:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} is of somebody who acts for another person")
    if roles and person.get("role") not in roles:
        meant = ", ".join(NAMES[role][0] for role in Role if role in roles)
        raise NotAnOperator(f"this is for {meant}; the token in {TOKEN_VARIABLE} is of another role")
    return str(person["id"])


def _keys(url: str) -> KeySet:
    try:
        answer = urllib3.request(
            "GET", url, timeout=FETCH_TIMEOUT_SECONDS, retries=False, redirect=False, preload_content=False
        )
        try:
            body = answer.read(LARGEST_KEY_SET_BYTES + 1)
        finally:
            answer.release_conn()
        if answer.status != 200 or len(body) > LARGEST_KEY_SET_BYTES:
            raise ValueError(f"status {answer.status}, {len(body)} bytes")
        keys: Any = json.loads(body)
        return KeySet.import_key_set(keys)
    except (urllib3.exceptions.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
        raise IdentityAway(f"no public keys of identity at {url} ({type(error).__name__})") from error
