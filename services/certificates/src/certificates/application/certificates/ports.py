"""What the use cases of certificates need from outside."""

from collections.abc import Mapping
from typing import Any, Protocol

from certificates.domain.certificates.certificate import Certificate

# A printed QR code holds less than 3,000 characters; the longest form of any type stays under this. What is longer is
# refused before it is looked into.
LONGEST_DOCUMENT = 16_384


class NotACertificate(Exception):
    """The text does not have the form of one of our documents."""


class SignatureInvalid(Exception):
    """The text has the form of one of our documents, but none of our keys signed exactly these bytes."""


class Certificates(Protocol):
    """Issued certificates."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate by its id."""

    def by_number(self, number: str) -> Certificate | None:
        """The certificate by its printed number."""


class Signatures(Protocol):
    """Our signing key, and the keys that signed earlier certificates."""

    def sign(self, content: Mapping[str, Any]) -> str:
        """The content as a signed document (compact JWS). Only computation, some tenths of a millisecond."""

    def verify(self, document: str) -> Mapping[str, Any]:
        """The content of a document. Whatever the text is, the only errors are NotACertificate and SignatureInvalid."""

    def public_keys(self) -> Mapping[str, Any]:
        """The public key set (RFC 7517), with which documents are verified offline."""
