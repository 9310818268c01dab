"""What somebody makes who has our public keys, tokens of ours, and time."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from servicekit.tokens import ED25519, TokenRefused, TokenVerifier, Why, signatures

KEY = OKPKey.generate_key("Ed25519", {"kid": "one"})
OTHER = OKPKey.generate_key("Ed25519", {"kid": "two"})
MINE = OKPKey.generate_key("Ed25519", {"kid": "mine"})
AT = 1_764_000_000
GOOD: dict[str, Any] = {"iss": "identity", "aud": "emitra", "iat": AT, "exp": AT + 60, "scope": "a:b"}
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's base point (RFC 8032 section 5.1)
VERIFIER = TokenVerifier(
    keys=KeySet([KEY, OTHER]),
    issuer="identity",
    audience="emitra",
    algorithms=(*ED25519, "ES256"),
    leeway_seconds=5,
    longest_characters=4_000,
    token_type="at+jwt",
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signed_as_it_is(header: str, claims: str, key: OKPKey = KEY) -> str:
    """Whatever the two texts are, signed rightly."""
    signing_input = f"{b64(header.encode())}.{b64(claims.encode())}"
    private_key: Any = key.get_op_key("sign")
    return f"{signing_input}.{b64(private_key.sign(signing_input.encode()))}"


def token(header: dict[str, Any] | None = None, key: OKPKey = KEY, **claims: Any) -> str:
    head = {"alg": "EdDSA", "typ": "at+jwt", "kid": "one", **(header or {})}
    return signed_as_it_is(
        json.dumps({name: value for name, value in head.items() if value is not None}), json.dumps(GOOD | claims), key
    )


def refused(text: str) -> Why:
    with pytest.raises(TokenRefused) as refusal:
        VERIFIER.verify(text, AT)
    return refusal.value.why


def test_what_is_made_here_is_good_where_nothing_is_changed() -> None:
    assert VERIFIER.verify(token(), AT).claims == GOOD


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER, Encoding.Raw])
def test_our_public_key_is_nobodys_shared_secret(form: Encoding) -> None:
    layout = PublicFormat.Raw if form is Encoding.Raw else PublicFormat.SubjectPublicKeyInfo
    secret = KEY.get_op_key("verify").public_bytes(form, layout)
    for algorithm in ("HS256", "HS384", "HS512"):
        head = json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": "one"})
        signing_input = f"{b64(head.encode())}.{b64(json.dumps(GOOD).encode())}"
        digest = hmac.digest(secret, signing_input.encode(), f"sha{algorithm[2:]}")
        assert refused(f"{signing_input}.{b64(digest)}") is Why.ALGORITHM


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", " none"])
def test_an_unsigned_token_is_none_however_it_spells_none(name: str) -> None:
    _, claims, signature = token().split(".")
    head = b64(json.dumps({"alg": name, "typ": "at+jwt", "kid": "one"}).encode())
    for its in ("", signature):
        assert refused(f"{head}.{claims}.{its}") in {Why.ALGORITHM, Why.UNREADABLE, Why.SIGNATURE}


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES384", "ES512", "ES256K", "Ed448", "HS256"])
def test_an_algorithm_that_was_not_agreed_on_is_refused_by_its_name(algorithm: str) -> None:
    assert refused(token({"alg": algorithm})) is Why.ALGORITHM


def test_an_algorithm_that_was_agreed_on_is_refused_with_a_key_of_another_kind() -> None:
    assert refused(token({"alg": "ES256"})) in {Why.UNREADABLE, Why.SIGNATURE, Why.ALGORITHM}
    curve = ECKey.generate_key("P-256", {"kid": "one"})
    assert refused(jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "one"}, GOOD, curve)) in set(Why)


@pytest.mark.parametrize("kid", ["one", "mine", None])
@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t#S256"])
def test_a_key_that_comes_with_the_token_is_not_looked_at(member: str, kid: str | None) -> None:
    # Whoever opens a socket in a unit test fails it, so nobody asks at these addresses.
    url = "http://127.0.0.1:9/keys"
    embedded: dict[str, Any] = {
        "jwk": MINE.as_dict(private=False),
        "jku": url,
        "x5u": url,
        "x5c": [b64(MINE.get_op_key("verify").public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))],
        "x5t#S256": b64(b"\0" * 32),
    }
    assert refused(token({member: embedded[member], "kid": kid}, MINE)) in set(Why)


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null", "/dev/null", "one\0", "one ", "ONE", "' OR '1'='1", "one;two", "*", "",
        "x" * 3_000, 1, 0, True, 1e308, ["one"], {"$ne": ""}, {"one": 1},
    ],
    ids=lambda kid: str(kid)[:20],
)  # fmt: skip
def test_a_kid_names_one_of_our_keys_exactly_or_none(kid: Any) -> None:
    assert refused(token({"kid": kid}, MINE)) in set(Why)


def test_a_kid_of_another_key_of_ours_does_not_do() -> None:
    assert refused(token({"kid": "two"})) is Why.SIGNATURE


def test_a_flood_of_unknown_kids_costs_each_a_refusal_and_is_remembered_nowhere() -> None:
    began = time.process_time()
    for number in range(500):
        assert refused(token({"kid": f"flood-{number}"}, MINE)) in set(Why)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", ["JWT", "jwt", "", None, "secevent+jwt", "application/jwt", "id+jwt", ["at+jwt"], 1])
def test_a_token_of_another_type_is_none_of_this_one(kind: Any) -> None:
    assert refused(token({"typ": kind})) in {Why.TYPE, Why.UNREADABLE}


@pytest.mark.parametrize("claims", [
    {"iss": "Identity"}, {"iss": "identity/"}, {"iss": ["identity"]}, {"iss": None}, {"aud": "EMITRA"},
    {"aud": "emitra "}, {"aud": ["emitra.example"]}, {"aud": []}, {"aud": None}, {"aud": [["emitra"]]},
])  # fmt: skip
def test_another_issuer_or_audience_is_refused_however_near(claims: dict[str, Any]) -> None:
    assert refused(token(**claims)) is Why.PARTIES


@pytest.mark.parametrize("exp", [
    2**63, 2**64, 10**400, -1, -(2**63), 1e308, AT + 60.5, "1764000060", [AT + 60], {}, True, None, 253402300800 * 1000,
])  # fmt: skip
def test_a_rightly_signed_token_with_an_absurd_end_is_a_refusal_and_no_error(exp: Any) -> None:
    assert refused(token(exp=exp)) is Why.TIME


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "1764000060.0"])
def test_a_number_that_json_has_not_is_no_time(number: str) -> None:
    claims = json.dumps(GOOD).replace(str(AT + 60), number)
    assert refused(signed_as_it_is('{"alg":"EdDSA","typ":"at+jwt","kid":"one"}', claims)) in {Why.TIME, Why.UNREADABLE}


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ("", ',"scope":"everything:all"'),
        ("", ',"exp":9999999999'),
        (',"kid":"two"', ""),
        (',"alg":"none"', ""),
        ("", ',"person":{"id":"per_1","id":"per_2"}'),
    ],
)
def test_a_member_that_is_there_twice_is_refused_though_the_signature_is_right(header: str, claims: str) -> None:
    head = f'{{"alg":"EdDSA","typ":"at+jwt","kid":"one"{header}}}'
    text = json.dumps(GOOD)[:-1] + claims + "}"
    assert refused(signed_as_it_is(head, text)) is Why.UNREADABLE


def test_a_signature_plus_the_groups_order_is_no_second_signature() -> None:
    head, claims, signature = token().split(".")
    raw = bytes_of(signature)
    scalar = int.from_bytes(raw[32:], "little") + ORDER
    again = raw[:32] + scalar.to_bytes(32, "little")
    assert refused(f"{head}.{claims}.{b64(again)}") is Why.SIGNATURE


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_has_one_spelling(part: int) -> None:
    parts = token(pad="x").split(".")
    for padded in (parts[part] + "=", parts[part] + "==", parts[part] + "\n", " " + parts[part]):
        assert refused(".".join([*parts[:part], padded, *parts[part + 1 :]])) is Why.UNREADABLE
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    signature = token().split(".")[2]  # 64 bytes: four bits of its last character are nobody's
    twin = signature[:-1] + alphabet[alphabet.index(signature[-1]) | 1]
    assert bytes_of(twin) == bytes_of(signature)
    assert refused(".".join([*token().split(".")[:2], twin])) is Why.UNREADABLE


@pytest.mark.parametrize(
    "text",
    [
        "." * 3_000, "a." * 1_500, "x" * 4_001, "." + "A" * 3_000 + ".", "\ud800" * 100, "é" * 100,
        b64(b'{"a":' * 700 + b"1" + b"}" * 700) + ".e30.", f"{b64(b'[' * 2_000)}.e30.",
    ],
)  # fmt: skip
def test_large_and_deep_texts_are_a_refusal_at_once(text: str) -> None:
    began = time.process_time()
    assert refused(text) in {Why.TOO_LONG, Why.UNREADABLE}
    assert time.process_time() - began < 0.5


def test_a_token_of_an_rsa_key_in_the_same_key_set_is_none_for_us() -> None:
    # identity publishes one for ID tokens; whoever got an ID token has no access token.
    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
    verifier = TokenVerifier(
        keys=KeySet([KEY, rsa]), issuer="identity", audience="emitra", algorithms=ED25519, leeway_seconds=5,
        longest_characters=4_000, token_type="at+jwt",
    )  # fmt: skip
    for head in ({"alg": "RS256"}, {"alg": "EdDSA"}):
        forged = jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, GOOD, rsa, algorithms=["RS256"])
        parts = forged.split(".")
        changed = b64(json.dumps({"typ": "at+jwt", "kid": "rsa", **head}).encode())
        with pytest.raises(TokenRefused):
            verifier.verify(".".join([changed, *parts[1:]]), AT)


def test_what_a_header_calls_critical_and_we_do_not_know_is_refused() -> None:
    registry = jws.JWSRegistry({"exp-later": HeaderParameter("", "int")}, ["EdDSA"])
    registry.algorithms = signatures("EdDSA").algorithms
    head = {"alg": "EdDSA", "typ": "at+jwt", "kid": "one", "exp-later": 1, "crit": ["exp-later"]}
    assert refused(jwt.encode(head, GOOD, KEY, registry=registry)) is Why.UNREADABLE
    assert refused(token({"b64": False, "crit": ["b64"]})) in {Why.UNREADABLE, Why.SIGNATURE}
