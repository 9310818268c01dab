"""Proofs of credentials: the W3C's own test vectors, and keys of now and of before.

The vectors are those of w3c/vc-di-eddsa, TestVectors/eddsa-jcs-2022 (W3C Software and Document License).
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc.did.base import parse_did_document
from openvc.errors import OpenvcError
from openvc.proof.di_jcs import EddsaJcsProofSuite
from tests.support.builders import MONDAY, jwk, signing_key

from certificates.adapters.signatures.data_integrity import (
    DataIntegrityProofs,
    base58,
    did_web,
    multikey,
    proof_value,
)
from servicekit.keys import read_signing_key

VECTORS = Path(__file__).parents[1] / "support" / "w3c_eddsa_jcs_2022"
ADDRESS = "https://emitra.example"
KEY, OLD_KEY = read_signing_key(jwk()), read_signing_key(jwk(signing_key()))
CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "issuer": "did:web:x",
    "credentialSubject": {"a": "क"},
}


def vector(name: str) -> Any:
    text = (VECTORS / name).read_text()
    return json.loads(text) if name.endswith(".json") else text.strip()


def unbase58(text: str) -> bytes:
    """By trying, so that nothing of what is tested is used the other way round."""
    number = 0
    for character in text:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(character)
    return number.to_bytes(34)


def w3c_key() -> Ed25519PrivateKey:
    secret = unbase58(vector("keyPair.json")["privateKeyMultibase"][1:])
    assert secret[:2] == b"\x80\x26"  # the multicodec of an Ed25519 private key
    return Ed25519PrivateKey.from_private_bytes(secret[2:])


def test_the_w3cs_vectors_are_canonical_as_it_says() -> None:
    assert rfc8785.dumps(vector("unsigned.json")).decode() == vector("canonDocJCS.txt")
    assert rfc8785.dumps(vector("proofConfigJCS.json")).decode() == vector("proofCanonJCS.txt")
    parts = (vector("proofCanonJCS.txt"), vector("canonDocJCS.txt"))
    assert "".join(hashlib.sha256(part.encode()).hexdigest() for part in parts) == vector("combinedHashJCS.txt")


def test_the_w3cs_vectors_have_the_proof_that_we_make() -> None:
    options = vector("proofConfigJCS.json")
    value = proof_value(vector("unsigned.json"), options, w3c_key())
    assert value == vector("sigBTC58JCS.txt") == vector("signedJCS.json")["proof"]["proofValue"]
    assert multikey(w3c_key().public_key()) == vector("keyPair.json")["publicKeyMultibase"]


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\0\0\x01", "112"),
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    ],
)
def test_base58_is_that_of_the_internet_draft(octets: bytes, text: str) -> None:
    assert base58(octets) == text


class Resolver:
    """Says that the controller document stands under every DID, as a verifier would have read it there."""

    def __init__(self, proofs: DataIntegrityProofs) -> None:
        self.document = parse_did_document(proofs.controller_document())

    def resolve(self, did: str) -> Any:
        assert did == self.document.id
        return self.document


def verifies(document: Any, proofs: DataIntegrityProofs) -> bool:
    suite = EddsaJcsProofSuite()
    try:
        suite.verify(document, resolver=Resolver(proofs), check_temporal=False)
    except OpenvcError:
        return False
    return True


def test_another_library_accepts_a_proof_and_no_changed_one() -> None:
    proofs = DataIntegrityProofs(ADDRESS, KEY, [])
    made = proofs.secured(CREDENTIAL, MONDAY)
    assert verifies(made, proofs)
    assert not verifies({**made, "credentialSubject": {"a": "ख"}}, proofs)
    assert not verifies({**made, "proof": {**made["proof"], "created": "2026-11-24T05:00:00Z"}}, proofs)
    assert not verifies({**made, "@context": []}, proofs)


def test_what_an_earlier_key_signed_is_accepted_as_long_as_it_is_listed() -> None:
    made = DataIntegrityProofs(ADDRESS, OLD_KEY, []).secured(CREDENTIAL, MONDAY)
    assert verifies(made, DataIntegrityProofs(ADDRESS, KEY, [OLD_KEY]))
    assert not verifies(made, DataIntegrityProofs(ADDRESS, KEY, []))


def test_the_controller_document_lists_both_keys_and_no_private_part() -> None:
    document = DataIntegrityProofs(ADDRESS, KEY, [OLD_KEY]).controller_document()
    assert document["id"] == "did:web:emitra.example:v1:certificate-issuer"
    assert len(document["verificationMethod"]) == 2
    assert document["assertionMethod"] == [method["id"] for method in document["verificationMethod"]]
    assert set(document["verificationMethod"][0]) == {"id", "type", "controller", "publicKeyMultibase"}


def test_the_loopback_is_named_because_did_web_has_no_numbers() -> None:
    assert did_web("http://127.0.0.1:8000", "/v1/certificate-issuer") == (
        "did:web:localhost%3A8000:v1:certificate-issuer"
    )
