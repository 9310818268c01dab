"""Another officer confirms or refuses a proposed revocation; confirmed, it ends the certificate at once."""

from dataclasses import dataclass
from datetime import datetime

from certificates.application.certificates.errors import CertificateNotFound
from certificates.application.certificates.ports import Certificates
from certificates.application.officers.errors import AnotherPostRequired
from certificates.application.revocations.errors import (
    RevocationDecided,
    RevocationNotFound,
    SecondOfficerRequired,
)
from certificates.application.revocations.ports import DecidedMeanwhile, Revocations
from certificates.application.revocations.propose_revocation import certificate_of, not_in_force
from certificates.domain.certificates.certificate import CertificateRevoked, Ending, NotInForce, ended
from certificates.domain.officers.officer import Officer
from certificates.domain.revocations.revocation import (
    NotProposedNow,
    ProposedItThemselves,
    decide,
)
from certificates.domain.rulebook import Rulebook
from servicekit.errors import Conflict, NotPermitted
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True, kw_only=True)
class DecideRevocation:
    """The command; ids and time are minted by the route."""

    revocation_id: str
    officer: Officer
    confirmed: bool
    remarks: str
    event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class DecideRevocationHandler:
    """The decision, the end of the certificate and its event are one transaction.

    All that is told of a certificate is made of what that transaction changed: its paper, the answers to its number and
    its QR, and the status list.
    """

    rulebook: Rulebook
    certificates: Certificates
    revocations: Revocations

    def __call__(self, command: DecideRevocation) -> Once[str]:
        """Safe to repeat with the same claim: the first decision stands.

        Whoever confirms holds a post of the type's last step, and proposed nothing. Raises RevocationNotFound,
        AnotherPostRequired, SecondOfficerRequired, RevocationDecided, NotInForceAnyMore, IdempotencyKeyReused.
        """
        try:
            return self._decide(command)
        except (Conflict, NotPermitted):
            replay = self.revocations.find(command.claim)
            if replay is None:
                raise
            return replay

    def _decide(self, command: DecideRevocation) -> Once[str]:
        revocation = self.revocations.get(command.revocation_id)
        if revocation is None:
            raise _not_found()
        try:
            certificate = certificate_of(self.rulebook, self.certificates, revocation.certificate_id, command.officer)
        except CertificateNotFound:
            raise _not_found() from None
        last_step = self.rulebook.types[certificate.type_code].steps[-1]
        if not command.officer.holds_a_post_of(last_step, certificate.district_code):
            raise AnotherPostRequired(
                "Whoever signs certificates of this type decides: "
                f"{', '.join(post.name.en for post in last_step.posts)}.",
                detail_hi="निर्णय वही पद करेगा जो ऐसे प्रमाण पत्र जारी करता है: "
                f"{', '.join(post.name.hi for post in last_step.posts)}।",
                posts=[{"en": post.name.en, "hi": post.name.hi} for post in last_step.posts],
            )
        try:
            decided = decide(
                revocation,
                officer=command.officer,
                confirmed=command.confirmed,
                remarks=command.remarks,
                at=command.at,
            )
            revoked = None
            if command.confirmed:
                end = ended(certificate, Ending(revocation.reason, command.at))
                revoked = CertificateRevoked(command.event_id, end)
            return self.revocations.decide(decided, revoked, command.claim, command.request_id)
        except ProposedItThemselves as error:
            raise SecondOfficerRequired("You proposed it; a colleague decides.") from error
        except (NotProposedNow, DecidedMeanwhile) as error:
            raise RevocationDecided("Read the certificate to see how it stands.") from error
        except NotInForce as error:
            raise not_in_force() from error


def _not_found() -> RevocationNotFound:
    return RevocationNotFound("There is no such revocation in your department and districts.")
