"""Whatever the text is, the answer is a token or a refusal."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from servicekit.tokens import ED25519, RememberedTokens, TokenRefused, TokenVerifier, Why, signatures

KEY = OKPKey.generate_key("Ed25519", {"kid": "one"})
AT = 1_764_000_000
GOOD: dict[str, Any] = {"iss": "identity", "aud": "emitra", "iat": AT, "exp": AT + 60}
VERIFIER = TokenVerifier(
    keys=KeySet([KEY]),
    issuer="identity",
    audience="emitra",
    algorithms=ED25519,
    leeway_seconds=5,
    longest_characters=4_000,
    token_type="at+jwt",
)


def signed(claims: dict[str, Any], key: OKPKey = KEY, **header: Any) -> str:
    head = {"alg": "Ed25519", "kid": key.kid, "typ": "at+jwt", **header}
    return jwt.encode(head, claims, key, registry=signatures(*ED25519))


def refused(text: str, at: float = AT) -> Why:
    with pytest.raises(TokenRefused) as refusal:
        VERIFIER.verify(text, at)
    return refusal.value.why


def test_a_good_token_says_what_was_signed_under_either_name_of_the_algorithm() -> None:
    for algorithm in ED25519:
        token = VERIFIER.verify(signed(GOOD, alg=algorithm), AT)
        assert (token.claims, token.header["kid"]) == (GOOD, "one")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": AT - 5}, Why.EXPIRED),
        ({"exp": None}, Why.TIME),
        ({"exp": 2**63}, Why.TIME),
        ({"exp": 10**400}, Why.TIME),
        ({"exp": -1}, Why.TIME),
        ({"exp": True}, Why.TIME),
        ({"exp": AT + 60.5}, Why.TIME),
        ({"exp": "soon"}, Why.TIME),
        ({"iat": 10**30}, Why.TIME),
        ({"nbf": []}, Why.TIME),
        ({"iat": AT + 6}, Why.NOT_YET),
        ({"nbf": AT + 6}, Why.NOT_YET),
        ({"iss": "somebody"}, Why.PARTIES),
        ({"aud": ["others"]}, Why.PARTIES),
        ({"aud": {"emitra": 1}}, Why.PARTIES),
    ],
)
def test_a_rightly_signed_token_with_wrong_claims_is_refused(claims: dict[str, Any], why: Why) -> None:
    assert refused(signed({k: v for k, v in {**GOOD, **claims}.items() if v is not None})) is why


def test_a_token_for_several_audiences_counts_when_we_are_one() -> None:
    assert VERIFIER.verify(signed({**GOOD, "aud": ["others", "emitra"]}), AT)


def test_clocks_may_differ_by_the_leeway() -> None:
    token = signed(GOOD)
    assert VERIFIER.verify(token, AT + 64.9)
    assert refused(token, AT + 65) is Why.EXPIRED
    assert VERIFIER.verify(token, AT - 5)
    assert refused(token, AT - 6) is Why.NOT_YET


def test_another_key_algorithm_type_or_length_is_refused() -> None:
    stranger = OKPKey.generate_key("Ed25519", {"kid": "one"})
    assert refused(signed(GOOD, stranger)) is Why.SIGNATURE
    assert refused(signed(GOOD, typ="JWT")) is Why.TYPE
    assert refused(signed({**GOOD, "padding": "x" * 4_000})) is Why.TOO_LONG
    oct_key = OctKey.generate_key(256, {"kid": "one"})
    assert refused(jwt.encode({"alg": "HS256", "kid": "one", "typ": "at+jwt"}, GOOD, oct_key)) is Why.ALGORITHM
    unsigned = signed(GOOD).split(".")
    none = json.dumps({"alg": "none", "typ": "at+jwt", "kid": "one"}).encode().hex()
    assert refused(f"{none}.{unsigned[1]}.") in {Why.UNREADABLE, Why.ALGORITHM}


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")) | st.from_regex(r"\A[\w-]*\.[\w-]*\.[\w-]*\Z"))
def test_no_text_at_all_is_more_than_a_refusal(text: str) -> None:
    assert refused(text, time.time()) in set(Why)


@given(st.integers(0, 2), st.integers(0, 300), st.characters())
def test_no_changed_token_is_more_than_a_refusal_or_the_token(part: int, place: int, other: str) -> None:
    parts = signed(GOOD).split(".")
    changed = parts[part][:place] + other + parts[part][place + 1 :]
    text = ".".join([*parts[:part], changed, *parts[part + 1 :]])
    try:
        claims = VERIFIER.verify(text, AT).claims
    except TokenRefused:
        return
    assert claims == GOOD


def test_the_token_used_longest_ago_is_forgotten_first() -> None:
    remembered: RememberedTokens[str] = RememberedTokens(2)
    one, two, three = (RememberedTokens.digest(text) for text in ("one", "two", "\ud83d"))
    remembered.put(one, "1")
    remembered.put(two, "2")
    assert remembered.get(one) == "1"
    remembered.put(three, "3")
    assert [remembered.get(digest) for digest in (one, two, three)] == ["1", None, "3"]
    remembered.forget(one)
    assert remembered.get(one) is None
