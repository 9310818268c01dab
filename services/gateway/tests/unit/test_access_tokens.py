"""Whose access token is good, and what services get instead of it."""

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.support.access import ISSUER, Identity, internal_key

from gateway.adapters.access_tokens import AccessTokens, InternalTokenIssuer
from gateway.application.errors import IdentityUnavailable, TokenExpired, TokenInvalid
from servicekit.http import Actor, Person
from servicekit.http.auth import InternalTokenVerifier
from servicekit.tokens import signatures

ASSISTED: dict[str, Any] = {
    "person": {"id": "per_1", "role": "citizen"},
    "act": {"sub": "per_op", "client_id": "cli_1", "kiosk_id": "ksk_1", "role": "operator"},
    "assistance_id": "ast_1",
}
NOT_ASSISTED: list[dict[str, Any]] = [
    {"act": None},
    {"assistance_id": None},
    {"assistance_id": 7},
    {"person": None},
    {"act": "cli_1"},
    {"act": {"sub": "cli_1"}},
    {"act": {"sub": 7, "client_id": "cli_1"}},
    {"act": {**ASSISTED["act"], "act": {"sub": "cli_2"}}},
]


class FakeKeys:
    """Keys that are at hand; counts how often it was asked."""

    def __init__(self, identity: Identity) -> None:
        self.identity, self.asked = identity, 0

    def find(self, kid: str) -> Any:
        self.asked += 1
        return next((key for key in self.identity.keys if key.kid == kid), None)


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> Any:
        return time.time() + self.ahead


@pytest.fixture
def identity() -> Any:
    return Identity()


@pytest.fixture
def clock() -> Any:
    return Clock()


@pytest.fixture
def tokens(identity: Identity, clock: Clock) -> Any:
    return AccessTokens(FakeKeys(identity), ISSUER, clock)


def test_a_good_token_says_who_calls(identity: Identity, tokens: AccessTokens) -> None:
    person = {"id": "per_1", "role": "officer", "districts": ["102"]}
    found = tokens.check(identity.token("a:read", "b:write", client_id="cli_1", kiosk_id="ksk_1", person=person))
    assert (found.client_id, found.kiosk_id, found.scopes) == ("cli_1", "ksk_1", frozenset({"a:read", "b:write"}))
    assert found.person == person


def test_es256_is_accepted_as_well(identity: Identity, tokens: AccessTokens) -> None:
    key = ECKey.generate_key("P-256", {"kid": "ec"})
    identity.keys.append(key)
    assert tokens.check(identity.token(key=key)).client_id == "cli_kiosk_one"


def test_the_older_name_of_the_algorithm_is_accepted_without_a_warning(
    identity: Identity, tokens: AccessTokens
) -> None:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": ["emitra"], "client_id": "cli_1", "exp": now + 60}
    signer = signatures("EdDSA")
    token = jwt.encode({"alg": "EdDSA", "typ": "at+jwt", "kid": "key-1"}, claims, identity.keys[0], registry=signer)
    assert tokens.check(token).client_id == "cli_1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": int(time.time()) + 3600},
        {"client_id": None},
        {"client_id": 7},
        {"kiosk_id": 7},
        {"scope": ["a:read"]},
        {"person": "per_1"},
        *({**ASSISTED, **wrong} for wrong in NOT_ASSISTED),
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "unknown"}},
        {"header": {"x": 1, "crit": ["x"]}},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_or_missing_claim_is_invalid(identity: Identity, tokens: AccessTokens, wrong: Any) -> None:
    token = identity.token("a:read", **{**({"client_id": "cli_1"} if "client_id" not in wrong else {}), **wrong})
    with pytest.raises(TokenInvalid):
        tokens.check(token)


def test_a_token_for_several_audiences_is_good_when_we_are_one(identity: Identity, tokens: AccessTokens) -> None:
    assert tokens.check(identity.token(aud=["other", "emitra"]))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é.é.é", "eyJhbGciOiJub25lIn0.e30.", "a" * 9000])
def test_what_is_no_token_at_all_is_invalid(tokens: AccessTokens, text: Any) -> None:
    with pytest.raises(TokenInvalid):
        tokens.check(text)


def test_a_forged_signature_is_invalid(identity: Identity, tokens: AccessTokens) -> None:
    forger = OKPKey.generate_key("Ed25519", {"kid": "key-1"})
    with pytest.raises(TokenInvalid, match="signature"):
        tokens.check(identity.token(key=forger))


def test_a_changed_claim_is_invalid(identity: Identity, tokens: AccessTokens) -> None:
    head, _, signature = identity.token("a:read").split(".")
    claims = {"iss": ISSUER, "aud": "emitra", "client_id": "cli_1", "exp": int(time.time()) + 60, "scope": "all"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    with pytest.raises(TokenInvalid, match="signature"):
        tokens.check(f"{head}.{body}.{signature}")


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_invalid(
    identity: Identity, tokens: AccessTokens
) -> None:
    public = json.dumps(identity.keys[0].as_dict(private=False))
    secret = OctKey.import_key(public.encode(), {"kid": "key-1"})
    claims = {"iss": ISSUER, "aud": "emitra", "client_id": "cli_1", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": "key-1"}, claims, secret, algorithms=["HS256"])
    with pytest.raises(TokenInvalid, match="algorithm"):
        tokens.check(token)


def test_an_algorithm_outside_the_list_is_invalid_even_with_a_key_of_ours(
    identity: Identity, tokens: AccessTokens
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    identity.keys.append(key)
    claims = {"iss": ISSUER, "aud": "emitra", "client_id": "cli_1", "exp": int(time.time()) + 60}
    token = jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, claims, key, algorithms=["RS256"])
    with pytest.raises(TokenInvalid, match="algorithm"):
        tokens.check(token)


def test_an_expired_token_is_told_apart_and_clocks_may_differ_by_thirty_seconds(
    identity: Identity, tokens: AccessTokens
) -> None:
    assert tokens.check(identity.token(exp=int(time.time()) - 20))
    with pytest.raises(TokenExpired, match="/v1/oauth2/token"):
        tokens.check(identity.token(exp=int(time.time()) - 40))


def test_a_remembered_token_expires_like_any_other(identity: Identity, tokens: AccessTokens, clock: Clock) -> None:
    token = identity.token(exp=int(time.time()) + 60)
    tokens.check(token)
    clock.ahead = 80
    tokens.check(token)
    clock.ahead = 100
    with pytest.raises(TokenExpired):
        tokens.check(token)


def test_a_good_token_is_verified_once_only(
    identity: Identity, tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = identity.token()
    first = tokens.check(token)
    monkeypatch.setattr(tokens, "_verify", pytest.fail)
    assert tokens.check(token) is first


def test_a_withdrawn_key_takes_its_remembered_tokens_with_it(identity: Identity, tokens: AccessTokens) -> None:
    token = identity.token()
    tokens.check(token)
    identity.keys.clear()
    with pytest.raises(TokenInvalid, match="withdrawn"):
        tokens.check(token)


def test_no_key_set_yet_is_not_the_callers_fault(identity: Identity) -> None:
    class Nothing:
        def find(self, kid: str) -> Any:  # noqa: ARG002 - as the port has it
            raise IdentityUnavailable("not yet")

    with pytest.raises(IdentityUnavailable):
        AccessTokens(Nothing(), ISSUER).check(identity.token())


def test_a_service_understands_the_internal_token_and_no_other_service_does(
    identity: Identity, tokens: AccessTokens
) -> None:
    private, public = internal_key()
    made = InternalTokenIssuer(private)
    person = {"id": "per_1", "role": "officer", "department": "revenue", "districts": ["102"]}
    access = tokens.check(identity.token("a:read", client_id="cli_1", kiosk_id="ksk_1", person=person))
    header = f"Bearer {made.for_caller(access, 'billing')}"
    seen = InternalTokenVerifier("billing", public).authenticate(header)
    assert (seen.client_id, seen.kiosk_id, seen.scopes) == ("cli_1", "ksk_1", frozenset({"a:read"}))
    assert seen.person is not None
    assert (seen.person.role, seen.person.districts) == ("officer", frozenset({"102"}))
    with pytest.raises(Exception, match="another service"):
        InternalTokenVerifier("certificates", public).authenticate(header)


def test_a_service_sees_who_acts_for_whom(identity: Identity, tokens: AccessTokens) -> None:
    private, public = internal_key()
    access = tokens.check(identity.token("a:read", **ASSISTED))
    header = f"Bearer {InternalTokenIssuer(private).for_caller(access, 'billing')}"
    seen = InternalTokenVerifier("billing", public).authenticate(header)
    assert seen.actor == Actor("per_op", "cli_1", "ast_1", "ksk_1", "operator")
    assert seen.person == Person("per_1", "citizen")


def test_an_internal_token_is_made_once_in_thirty_seconds_for_each_service(
    identity: Identity, tokens: AccessTokens, clock: Clock
) -> None:
    made = InternalTokenIssuer(internal_key()[0], clock)
    access = tokens.check(identity.token())
    first = made.for_caller(access, "billing")
    assert made.for_caller(access, "billing") == first
    assert made.for_caller(access, "certificates") != first
    clock.ahead = 29
    assert made.for_caller(access, "billing") == first
    clock.ahead = 31
    again = made.for_caller(access, "billing")
    assert again != first
    claims = json.loads(base64.urlsafe_b64decode(again.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 60


def test_the_gateways_own_token_has_the_internal_scope_only() -> None:
    private, public = internal_key()
    header = f"Bearer {InternalTokenIssuer(private).for_gateway('billing')}"
    seen = InternalTokenVerifier("billing", public).authenticate(header)
    assert (seen.client_id, seen.scopes, seen.person) == ("gateway", frozenset({"internal"}), None)


def test_a_caller_cannot_obtain_the_internal_scope_through_the_gateway(
    identity: Identity, tokens: AccessTokens
) -> None:
    private, public = internal_key()
    access = tokens.check(identity.token("internal", "a:read"))
    header = f"Bearer {InternalTokenIssuer(private).for_caller(access, 'billing')}"
    assert InternalTokenVerifier("billing", public).authenticate(header).scopes == {"a:read"}
