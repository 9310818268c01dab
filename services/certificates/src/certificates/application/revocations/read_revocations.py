"""Reading the revocations of a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.application.certificates.read_certificates import CertificateReader
from certificates.application.revocations.ports import Revocations
from certificates.application.viewer import Viewer
from certificates.domain.revocations.revocation import Revocation


@dataclass(frozen=True)
class RevocationReader:
    """Answers what officers proposed and decided of a certificate."""

    certificates: CertificateReader
    revocations: Revocations

    def get(self, revocation_id: str) -> Revocation:
        """One that there is, for who has just proposed or decided it."""
        revocation = self.revocations.get(revocation_id)
        assert revocation is not None
        return revocation

    def of(self, certificate_id: str, viewer: Viewer) -> Sequence[Revocation]:
        """Those of a certificate that the viewer may see, oldest first. Raises CertificateNotFound."""
        return self.revocations.of(self.certificates.get(certificate_id, viewer).id)
