"""Signed documents: only ours, only unchanged, and no text at all makes the check fail with an error."""

import base64
import json
import string
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import KeySet
from tests.support.builders import jwk, signing_key

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.certificates.ports import (
    LONGEST_DOCUMENT,
    QR,
    NotACertificate,
    SignatureInvalid,
    UnknownKey,
)
from servicekit.keys import read_signing_key
from servicekit.tokens import ED25519, signatures

KEY = read_signing_key(jwk())
SIGNATURES = JwsSignatures(KEY, [])
CONTENT = {"number": "DOM-7K2M9QX4TB-T", "holder": {"name_hi": "परीक्षण"}}
DOCUMENT = SIGNATURES.sign(CONTENT)
QR_TEXT = SIGNATURES.sign(CONTENT, QR)
BASE64URL = string.ascii_letters + string.digits + "-_"


def test_what_was_signed_is_what_is_read() -> None:
    assert SIGNATURES.verify(DOCUMENT) == CONTENT


def test_a_change_at_any_place_is_noticed() -> None:
    last = len(DOCUMENT) - 1
    for place, character in enumerate(DOCUMENT):
        # The last character carries two bits only, so there every other character is tried.
        for other in set(BASE64URL if place == last else "Aq") - {character} if character != "." else ():
            with pytest.raises(SignatureInvalid):
                SIGNATURES.verify(DOCUMENT[:place] + other + DOCUMENT[place + 1 :])


@given(st.text() | st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,90}\Z"))
def test_any_text_at_all_gets_a_refusal(text: str) -> None:
    with pytest.raises((NotACertificate, SignatureInvalid)):
        SIGNATURES.verify(text)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4))
def test_any_header_at_all_gets_a_refusal(header: dict[str, object]) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps({"kid": KEY.kid, "alg": "Ed25519", **header}).encode())
    _, payload, signature = DOCUMENT.split(".")
    with pytest.raises(SignatureInvalid):
        SIGNATURES.verify(f"{encoded.rstrip(b'=').decode()}.{payload}.{signature}")


def test_a_text_beyond_any_document_is_not_looked_into() -> None:
    with pytest.raises(NotACertificate):
        SIGNATURES.verify("a" * LONGEST_DOCUMENT + ".a.a")


def test_a_header_nested_beyond_reason_is_refused() -> None:
    for depth in range(100, 5000, 700):
        deep = f'{{"alg":"Ed25519","kid":"{KEY.kid}","x":{"[" * depth}{"]" * depth}}}'.encode()
        header = base64.urlsafe_b64encode(deep).rstrip(b"=").decode()
        with pytest.raises(SignatureInvalid):
            SIGNATURES.verify(f"{header}.{DOCUMENT.split('.', 1)[1]}")


def test_another_algorithm_under_our_kid_is_refused() -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": KEY.kid}).encode()).rstrip(b"=").decode()
    with pytest.raises(SignatureInvalid):
        SIGNATURES.verify(f"{header}.{DOCUMENT.split('.')[1]}.AA")


def test_our_kid_with_a_strangers_signature_is_refused() -> None:
    stranger = read_signing_key(jwk(signing_key(), kid=KEY.kid))
    with pytest.raises(SignatureInvalid) as told:
        SIGNATURES.verify(JwsSignatures(stranger, []).sign(CONTENT))
    assert told.type is SignatureInvalid


def test_a_strangers_key_is_told_apart_from_a_forged_signature_of_ours() -> None:
    with pytest.raises(UnknownKey):
        SIGNATURES.verify(JwsSignatures(read_signing_key(jwk(signing_key())), []).sign(CONTENT))
    with pytest.raises(UnknownKey):
        SIGNATURES.verify("e30.e30.AA")


def test_the_header_says_which_of_the_two_was_signed() -> None:
    kinds = [json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "==")) for text in (DOCUMENT, QR_TEXT)]
    assert [kind["cty"] for kind in kinds] == ["emitra-certificate+json", "emitra-certificate-qr+json"]


def test_something_signed_that_is_no_object_is_refused() -> None:
    signed = jws.serialize_compact({"alg": "Ed25519", "kid": KEY.kid}, b"[1]", KEY, algorithms=["Ed25519"])
    with pytest.raises(SignatureInvalid):
        SIGNATURES.verify(signed)


def test_published_keys_have_no_private_part_and_say_what_they_are_for() -> None:
    retired = read_signing_key(jwk(signing_key(), kid="old"))
    keys = JwsSignatures(KEY, [retired]).public_keys()["keys"]
    assert [key["kid"] for key in keys] == ["old", KEY.kid]
    assert all(set(key) == {"kty", "crv", "x", "kid", "use"} and key["use"] == "sig" for key in keys)


def old_document() -> str:
    """As documents were signed until November 2026: under the algorithm's other name."""
    header = {"alg": "Ed25519", "kid": KEY.kid, "cty": "emitra-certificate+json"}
    return jws.serialize_compact(header, json.dumps(CONTENT).encode(), KEY, algorithms=["Ed25519"])


def with_pyjwt(document: str, jwks: Any) -> bytes:
    (key,) = [key for key in jwt.PyJWKSet.from_dict(jwks).keys if key.key_id == KEY.kid]
    return bytes(jwt.PyJWS().decode(document, key, algorithms=["EdDSA"]))


def with_authlib(document: str, jwks: Any) -> bytes:
    with warnings.catch_warnings(record=True):  # it wants its users to move to joserfc, and has users
        from authlib.jose import JsonWebKey, JsonWebSignature
    keys = JsonWebKey.import_key_set(jwks)
    return bytes(JsonWebSignature(["EdDSA"]).deserialize_compact(document, keys.find_by_kid(KEY.kid))["payload"])


def with_joserfc(document: str, jwks: Any) -> bytes:
    return jws.deserialize_compact(document, KeySet.import_key_set(jwks), registry=signatures(*ED25519)).payload


@pytest.mark.parametrize("read", [with_pyjwt, with_authlib, with_joserfc])
def test_common_libraries_read_our_documents_with_the_published_keys(
    read: Callable[[str, Any], bytes],
) -> None:
    published = json.loads(json.dumps(SIGNATURES.public_keys()))
    assert json.loads(read(DOCUMENT, published)) == CONTENT
    assert json.loads(read(QR_TEXT, published)) == CONTENT


def test_a_document_under_the_algorithms_other_name_stays_valid() -> None:
    assert SIGNATURES.verify(old_document()) == CONTENT
    assert json.loads(with_joserfc(old_document(), dict(SIGNATURES.public_keys()))) == CONTENT


@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_a_key_bound_to_either_name_signs_and_verifies(algorithm: str) -> None:
    bound = JwsSignatures(read_signing_key(json.dumps({**json.loads(jwk(KEY)), "alg": algorithm})), [])
    assert bound.verify(bound.sign(CONTENT)) == CONTENT
    assert bound.verify(old_document()) == CONTENT
