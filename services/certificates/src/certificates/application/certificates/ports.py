"""What the use cases of certificates need from outside."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from certificates.domain.certificates.certificate import Certificate
from certificates.domain.certificates.credential import StatusPlace
from certificates.domain.certificates.printed_paper import PrintedPaper

# A printed QR code holds less than 3,000 characters; the longest form of any type stays under this. What is longer is
# refused before it is looked into.
LONGEST_DOCUMENT = 16_384


# What is signed, as the text's header says (`cty`): the whole paper, or what the QR on it holds.
PAPER = "emitra-certificate+json"
QR = "emitra-certificate-qr+json"


class NotACertificate(Exception):
    """The text does not have the form of one of our documents."""


class SignatureInvalid(Exception):
    """The text has the form of one of our documents, but none of our keys signed exactly these bytes."""


class UnknownKey(SignatureInvalid):
    """The text names a key that is none of ours, or none at all: whoever signed it, it was not us."""


class NotPrintable(Exception):
    """The paper has letters that the font of papers has no shape for."""


class Certificates(Protocol):
    """Issued certificates."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate by its id."""

    def by_number(self, number: str) -> Certificate | None:
        """The certificate by its printed number."""

    def by_number_and_day(self, number: str, issued_on: date) -> Certificate | None:
        """The certificate of that number that was issued on that day.

        The time it takes to find none tells nobody whether the number or the day is wrong.
        """


class Keys(Protocol):
    """The keys with which signed texts are verified."""

    def verify(self, document: str) -> Mapping[str, Any]:
        """The content of a signed text, of either kind.

        Whatever the text is, the only errors are NotACertificate, SignatureInvalid and, of the latter, UnknownKey.
        """


class Signatures(Keys, Protocol):
    """Our signing key, and the keys that signed earlier certificates."""

    def sign(self, content: Mapping[str, Any], kind: str = PAPER) -> str:
        """The content as a signed text (compact JWS). Only computation, some tenths of a millisecond."""

    def public_keys(self) -> Mapping[str, Any]:
        """The public key set (RFC 7517), with which documents are verified offline."""


class Proofs(Protocol):
    """Our signing key as the issuer of Verifiable Credentials."""

    @property
    def issuer(self) -> Mapping[str, Any]:
        """Who issues: an id, and names."""

    @property
    def key_id(self) -> str:
        """The key that signs now."""

    def secured(self, document: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """The document with a Data Integrity proof made at `at`. Only computation, some tenths of a millisecond."""

    def controller_document(self) -> dict[str, Any]:
        """Which keys are the issuer's, the earlier ones included: what its id stands for."""


class StatusPlaces(Protocol):
    """Where it is told that a certificate ended."""

    def of(self, certificate_id: str) -> StatusPlace | None:
        """The place of a certificate, at random and the same for ever; drawn at the first call.

        None for a certificate that ended before it had one.
        """

    def ended_in(self, list_number: int) -> Sequence[int] | None:
        """The bits of those that ended, or None where there is no such list."""


class Seal(Protocol):
    """Seals the PDF of a paper."""

    def __call__(self, pdf: bytes, document: str) -> bytes:
        """The PDF, with the signed document in it and our electronic seal over all of it (PAdES)."""


class ShownPapers(Protocol):
    """Papers that people show as PDF."""

    def document(self, pdf: bytes) -> str:
        """The signed document in a PDF under our seal, to which nothing was done since but what keeps a seal readable.

        Whatever the bytes are, the only errors are NotACertificate, SignatureInvalid (our seal, and something is
        changed or added), UnknownKey (another's seal), and DependencyUnavailable while there is no time for it.
        """


class Papers(Protocol):
    """Makes the PDF of a paper."""

    def __call__(self, paper: PrintedPaper, qr_text: str) -> bytes:
        """The same bytes for the same paper and QR. Raises NotPrintable."""
