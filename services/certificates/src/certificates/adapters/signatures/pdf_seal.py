"""The seal of papers, and the papers that people show."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey

from certificates.adapters.child_process import look_into
from certificates.adapters.signatures import pdf_judgement
from certificates.application.certificates.ports import NotACertificate, SignatureInvalid, UnknownKey

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

# What a seal needs; without it a child is not worth its while.
_BEGINNING, _SEALED = b"%PDF-", b"/ByteRange"
_RAISED = {error.__name__: error for error in (NotACertificate, SignatureInvalid, UnknownKey)}


class PdfSeal:
    """Implements application.certificates.ports.Seal. Threads may share it."""

    def __init__(self, key: OKPKey) -> None:
        private = key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        self._key = private

    def __call__(self, pdf: bytes, document: str) -> bytes:
        """Some hundredths of a second of computation."""
        # Imported where it is used: its library takes a second and 40 MB, and most processes print nothing.
        from certificates.adapters.signatures.pdf_signing import sealed  # noqa: PLC0415

        return sealed(pdf, document, self._signer)

    @cached_property
    def _signer(self) -> "SimpleSigner":
        from certificates.adapters.signatures.pdf_signing import own_signer  # noqa: PLC0415

        return own_signer(self._key)


class SealedPdfs:
    """Implements application.certificates.ports.ShownPapers. Threads may share it.

    `keys` may be public ones; `trusted` names them for the process.
    """

    def __init__(self, keys: Iterable[OKPKey]) -> None:
        self.trusted = json.dumps(sorted(_fingerprint(key) for key in keys))

    def document(self, pdf: bytes) -> str:
        """By a process of its own; see the port."""
        if not pdf.startswith(_BEGINNING) or _SEALED not in pdf:
            raise NotACertificate
        child = look_into(pdf, pdf_judgement.__name__, self.trusted)
        said = child.stdout.decode()
        if child.returncode == 0:
            return said
        raise _RAISED.get(said, NotACertificate)


def _fingerprint(key: OKPKey) -> str:
    public = key.public_key
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
