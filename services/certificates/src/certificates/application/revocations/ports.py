"""What the use cases of revocations need from outside."""

from collections.abc import Sequence
from typing import Protocol

from certificates.domain.certificates.certificate import CertificateRevoked
from certificates.domain.revocations.revocation import Revocation
from servicekit.idempotency import Claim, Once


class AnotherProposed(Exception):
    """There is a proposal already for this certificate; nothing was written."""


class DecidedMeanwhile(Exception):
    """Somebody else decided it since it was read; nothing was written."""


class Revocations(Protocol):
    """Proposals to revoke certificates, and what became of them."""

    def get(self, revocation_id: str) -> Revocation | None:
        """The revocation as it is now."""

    def of(self, certificate_id: str) -> Sequence[Revocation]:
        """Those of a certificate, oldest first."""

    def propose(self, revocation: Revocation, claim: Claim) -> Once[str]:
        """Stores a proposal with the claim; a repeat gives the first id.

        Raises AnotherProposed, IdempotencyKeyReused.
        """

    def decide(
        self, revocation: Revocation, revoked: CertificateRevoked | None, claim: Claim, request_id: str
    ) -> Once[str]:
        """Stores a decision, and, where it was confirmed, the end of the certificate and its event, or nothing.

        A repeat runs nothing. Raises DecidedMeanwhile; NotInForce when the certificate ended since it was read;
        IdempotencyKeyReused.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None. Raises IdempotencyKeyReused."""
