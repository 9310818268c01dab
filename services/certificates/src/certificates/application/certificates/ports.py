"""What the use cases of certificates need from outside, in their own words."""

from collections.abc import Mapping
from typing import Any, Protocol

from certificates.domain.certificates.certificate import Certificate


class NotACertificate(Exception):
    """The text does not have the form of one of our documents."""


class SignatureInvalid(Exception):
    """The text has the form, but none of our keys signed exactly these bytes."""


class Certificates(Protocol):
    """Issued certificates."""

    def get(self, certificate_id: str) -> Certificate | None:
        """The certificate by its id."""

    def by_number(self, number: str) -> Certificate | None:
        """The certificate by its printed number."""


class Signatures(Protocol):
    """Our signing key, and the keys that signed before it."""

    def sign(self, content: Mapping[str, Any]) -> str:
        """A document (compact JWS) over the content. Pure computation, a few tenths of a millisecond."""

    def verify(self, document: str) -> Mapping[str, Any]:
        """What a document says. Raises NotACertificate or SignatureInvalid, for any text whatever."""

    def public_keys(self) -> Mapping[str, Any]:
        """The public key set (RFC 7517) that verifies documents offline."""
