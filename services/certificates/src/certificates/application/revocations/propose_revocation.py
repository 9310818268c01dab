"""An officer proposes that a certificate be revoked."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.certificates.errors import CertificateNotFound
from certificates.application.certificates.ports import Certificates
from certificates.application.revocations.errors import NotInForceAnyMore, RevocationPending
from certificates.application.revocations.ports import AnotherProposed, Revocations
from certificates.domain.certificates.certificate import Certificate, EndReason, Status
from certificates.domain.officers.officer import Officer
from certificates.domain.revocations.revocation import Standing, propose
from certificates.domain.rulebook import Rulebook
from servicekit.errors import Conflict
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class ProposeRevocation:
    """The command; ids and time are minted by the route."""

    revocation_id: str
    certificate_id: str
    officer: Officer
    reason: EndReason
    remarks: str
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class ProposeRevocationHandler:
    """Nothing is changed by a proposal: the certificate is in force until another officer confirms."""

    rulebook: Rulebook
    certificates: Certificates
    revocations: Revocations

    def __call__(self, command: ProposeRevocation) -> Once[str]:
        """Safe to repeat with the same claim.

        Raises CertificateNotFound (also of another department or district), NotInForceAnyMore, RevocationPending,
        IdempotencyKeyReused.
        """
        certificate_of(self.rulebook, self.certificates, command.certificate_id, command.officer)
        try:
            return self._propose(command)
        except Conflict:
            # The same request may have proposed this before.
            replay = self.revocations.find(command.claim)
            if replay is None:
                raise
            return replay

    def _propose(self, command: ProposeRevocation) -> Once[str]:
        certificate = self.certificates.get(command.certificate_id)
        if certificate is None or certificate.status is not Status.VALID:
            raise not_in_force()
        revocation = propose(
            revocation_id=command.revocation_id,
            certificate_id=certificate.id,
            reason=command.reason,
            officer=command.officer,
            remarks=command.remarks,
            at=command.at,
        )
        try:
            return self.revocations.propose(revocation, command.claim)
        except AnotherProposed as error:
            pending = [r.id for r in self.revocations.of(certificate.id) if r.standing is Standing.PROPOSED]
            raise RevocationPending(
                "Another officer decides the proposal that there is.", revocation_id=pending[0] if pending else None
            ) from error


def certificate_of(
    rulebook: Rulebook, certificates: Certificates, certificate_id: str, officer: Officer
) -> Certificate:
    """A certificate of the officer's department and districts. Raises CertificateNotFound."""
    certificate = certificates.get(certificate_id)
    if certificate is not None:
        last_step = rulebook.types[certificate.type_code].steps[-1]
        if officer.serves(last_step.department, certificate.district_code):
            return certificate
    raise CertificateNotFound("There is no such certificate in your department and districts.")


def not_in_force() -> NotInForceAnyMore:
    """The refusal to revoke what ended before."""
    return NotInForceAnyMore(
        "It was revoked before, or another one stands in its place.",
        detail_hi="यह पहले ही रद्द हो चुका है, या इसके स्थान पर नया जारी हो चुका है।",
    )
