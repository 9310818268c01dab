"""Data Integrity proofs of the cryptosuite eddsa-jcs-2022 (W3C vc-di-eddsa, section 3.3), and whose keys they are.

What is signed is canonical JSON (RFC 8785), so a verifier needs neither JSON-LD nor the line.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey

from certificates.domain.certificates.credential import in_utc

CONTROLLER_PATH = "/v1/certificate-issuer"
NAMES = [
    {"@value": "Government of Rajasthan, e-Mitra", "@language": "en"},
    {"@value": "राजस्थान सरकार, ई-मित्र", "@language": "hi"},
]
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUB = b"\xed\x01"  # the multicodec of an Ed25519 public key


class DataIntegrityProofs:
    """Implements application.certificates.ports.Proofs. Threads may share it.

    `public_address` is where verifiers reach the platform, such as https://emitra.rajasthan.gov.in.
    """

    def __init__(self, public_address: str, signing_key: OKPKey, retired_keys: Iterable[OKPKey]) -> None:
        self._did = did_web(public_address, CONTROLLER_PATH)
        private = signing_key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        self._key = private
        self._method = multikey(private.public_key())
        # The keys of before are listed for as long as what they signed is to be trusted.
        self._methods = [multikey(_public(key)) for key in (*retired_keys, signing_key)]

    @property
    def issuer(self) -> Mapping[str, Any]:
        """Who issues, by its DID."""
        return {"id": self._did, "name": NAMES}

    @property
    def key_id(self) -> str:
        """The key that signs now."""
        return self._method

    def secured(self, document: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """The document with a proof made at `at`."""
        options = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": in_utc(at),
            "verificationMethod": f"{self._did}#{self._method}",
            "proofPurpose": "assertionMethod",
        }
        return {**document, "proof": {**options, "proofValue": proof_value(document, options, self._key)}}

    def controller_document(self) -> dict[str, Any]:
        """The DID document, with the keys of now and of before."""
        methods = [
            {"id": f"{self._did}#{key}", "type": "Multikey", "controller": self._did, "publicKeyMultibase": key}
            for key in dict.fromkeys(self._methods)
        ]
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self._did,
            "verificationMethod": methods,
            "assertionMethod": [method["id"] for method in methods],
        }


def proof_value(document: Mapping[str, Any], options: Mapping[str, Any], key: Ed25519PrivateKey) -> str:
    """Of a document without its proof, and the proof without its value."""
    config = {**options, "@context": document["@context"]}
    return "z" + base58(key.sign(_sha256(config) + _sha256(document)))


def did_web(address: str, path: str) -> str:
    """`did:web:host%3Aport:v1:certificate-issuer`, which stands for {address}{path}/did.json.

    Such a name has no address of numbers: the loopback's is written localhost, for stacks on one machine.
    """
    host = urlsplit(address).netloc.replace("127.0.0.1", "localhost").replace(":", "%3A")
    return f"did:web:{host}{path.replace('/', ':')}"


def multikey(key: Ed25519PublicKey) -> str:
    """A public key in the form of the W3C's Multikey."""
    return "z" + base58(_ED25519_PUB + key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def base58(octets: bytes) -> str:
    """In the alphabet of Bitcoin, which the W3C's multibase `z` names."""
    number, text = int.from_bytes(octets), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(octets) - len(octets.lstrip(b"\0"))) + text


def _public(key: OKPKey) -> Ed25519PublicKey:
    public = key.public_key
    assert isinstance(public, Ed25519PublicKey)
    return public


def _sha256(thing: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(rfc8785.dumps(dict(thing))).digest()
