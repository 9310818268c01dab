"""Who gives an operator's command: a person, by an access token of identity's, never by a typed name.

The gateway is not in between here, so the token is verified as the gateway would (RFC 9068): identity's signature,
issuer, audience, time and type; and it must speak of a person, for two clients may belong to one.
"""

import json
import time
from typing import Any

import urllib3
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from servicekit.http.auth import CLOCK_LEEWAY_SECONDS, SIGNATURES

TOKEN_VARIABLE = "OPERATOR_TOKEN"  # noqa: S105 - where it is found: an argument would be in everybody's process list
DEAD_LETTERS_SCOPE = "operations:dead-letters"
AUDIENCE = "emitra"
FETCH_TIMEOUT_SECONDS = 5.0
LARGEST_KEY_SET_BYTES = 64 * 1024
LONGEST_TOKEN_CHARACTERS = 8_000


class NotAnOperator(Exception):
    """The token does not say which person gives the command, or that this person may; the message says why."""


class IdentityAway(Exception):
    """Identity's public keys could not be had, so that nobody can be known."""


def operator(token: str, *, jwks_url: str, issuer: str, scope: str) -> str:
    """The id of the person whose access token this is. Raises `NotAnOperator` and `IdentityAway`."""
    if not token:
        raise NotAnOperator(f"put an operator's access token into the environment variable {TOKEN_VARIABLE}")
    if len(token) > LONGEST_TOKEN_CHARACTERS:
        raise NotAnOperator(f"what {TOKEN_VARIABLE} holds is too long to be an access token")
    if not jwks_url or not issuer:
        raise NotAnOperator("the settings JWKS_URL and ISSUER say whose tokens count, and are not set")
    keys = _keys(jwks_url)
    try:
        decoded = jwt.decode(token, keys, registry=SIGNATURES)
        claims = decoded.claims
        if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != "at+jwt":
            raise NotAnOperator(f"what {TOKEN_VARIABLE} holds is not an access token")
    except (JoseError, ValueError) as error:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} is not valid; get a new one") from error
    if claims.get("iss") != issuer or claims.get("aud") != AUDIENCE:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} is of another issuer or for another audience")
    if not isinstance(claims.get("exp"), int) or time.time() >= claims["exp"] + CLOCK_LEEWAY_SECONDS:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} has expired; get a new one")
    if scope not in str(claims.get("scope", "")).split():
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} lacks the scope {scope}")
    person = claims.get("person")
    if not isinstance(person, dict) or not isinstance(person.get("id"), str) or not person["id"]:
        raise NotAnOperator(f"the token in {TOKEN_VARIABLE} speaks of no person; use a client bound to one")
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
