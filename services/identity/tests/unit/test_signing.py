"""Which key signs, and what of the keys is published."""

import json
import warnings
from collections.abc import Sequence

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import extract_compact
from tests.support.keys import ISSUER, KEY_SET, KEYS

from identity.adapters.signing import JoseSigner
from identity.domain.clients.client import Algorithm
from identity.domain.tokens.signing_keys import SigningKey, since
from identity.settings import read_signing_keys
from servicekit.tokens import signatures


def signer_of(keys: Sequence[OKPKey]) -> JoseSigner:
    """What signs with these keys of the setting."""
    known = [SigningKey(id=str(k.kid), algorithm=Algorithm.EDDSA, since=since(str(k.kid)), key=k) for k in keys]
    return JoseSigner(lambda: known, ISSUER, "emitra")


def header_of(token: str) -> dict[str, str]:
    return dict(extract_compact(token.encode()).headers())


def test_the_first_key_signs_access_tokens() -> None:
    token = signer_of(read_signing_keys(KEY_SET)).sign({"sub": "cli_1"})
    assert header_of(token) == {"alg": "EdDSA", "typ": "at+jwt", "kid": "key-1"}


def test_every_key_is_published_without_its_private_part() -> None:
    published = signer_of(read_signing_keys(KEY_SET)).public_keys(*Algorithm)["keys"]
    assert [key["kid"] for key in published] == ["key-1", "key-2"]
    for key in published:
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert not any(key["d"] in json.dumps(published) for key in KEYS)


def test_one_key_alone_needs_no_set_and_gets_its_thumbprint_as_kid() -> None:
    bare = json.dumps({name: value for name, value in KEYS[0].items() if name != "kid"})
    (key,) = read_signing_keys(bare)
    assert key.kid == OKPKey.import_key(json.loads(bare)).thumbprint()
    assert header_of(signer_of([key]).sign({}))["kid"] == key.kid


def test_other_members_of_a_jwk_are_not_published() -> None:
    annotated = {**KEYS[0], "use": "sig", "alg": "EdDSA", "note": "made on a laptop", "key_ops": ["sign"]}
    (published,) = signer_of(read_signing_keys(json.dumps(annotated))).public_keys(*Algorithm)["keys"]
    assert set(published) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_common_libraries_read_tokens_with_the_published_keys() -> None:
    signer = signer_of(read_signing_keys(KEY_SET))
    token, published = signer.sign({"sub": "cli_1"}), json.loads(json.dumps(signer.public_keys(*Algorithm)))
    key = next(key for key in jwt.PyJWKSet.from_dict(published).keys if key.key_id == "key-1")
    assert jwt.decode(token, key, algorithms=["EdDSA"]) == {"sub": "cli_1"}
    with warnings.catch_warnings(action="ignore"):  # it wants its users to move to joserfc, and has users
        from authlib.jose import JsonWebKey, JsonWebToken
    assert JsonWebToken(["EdDSA"]).decode(token, JsonWebKey.import_key_set(published)) == {"sub": "cli_1"}
    verified = joserfc_jwt.decode(token, KeySet.import_key_set(published), registry=signatures("EdDSA"))
    assert verified.claims == {"sub": "cli_1"}
