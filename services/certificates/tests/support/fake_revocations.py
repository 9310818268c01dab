"""A fake that passes the suite of MongoRevocations (tests/service/test_revocation_stores)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.support.fakes import FakeApplications

from certificates.adapters.events import to_event
from certificates.application.revocations.ports import AnotherProposed, DecidedMeanwhile
from certificates.domain.certificates.certificate import CertificateRevoked, NotInForce, Status
from certificates.domain.revocations.revocation import Revocation, Standing
from servicekit.errors import IdempotencyKeyReused
from servicekit.idempotency import Claim, Once


@dataclass
class FakeRevocations:
    """Implements application.revocations.ports.Revocations; certificates and the outbox are those of `store`."""

    store: FakeApplications
    kept: dict[str, Revocation] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def get(self, revocation_id: str) -> Revocation | None:
        return self.kept.get(revocation_id)

    def of(self, certificate_id: str) -> Sequence[Revocation]:
        return sorted(
            (one for one in self.kept.values() if one.certificate_id == certificate_id), key=lambda one: one.proposed.at
        )

    def propose(self, revocation: Revocation, claim: Claim) -> Once[str]:
        if replay := self.find(claim):
            return replay
        if any(one.standing is Standing.PROPOSED for one in self.of(revocation.certificate_id)):
            raise AnotherProposed
        return self._write(revocation, claim)

    def decide(
        self, revocation: Revocation, revoked: CertificateRevoked | None, claim: Claim, request_id: str
    ) -> Once[str]:
        if replay := self.find(claim):
            return replay
        if self.kept[revocation.id].standing is not Standing.PROPOSED:
            raise DecidedMeanwhile
        if revoked is not None:
            known = self.store.kept
            if known.certificates[revoked.certificate.application_id].status is not Status.VALID:
                raise NotInForce
            self.store.kept = replace(
                known,
                certificates={**known.certificates, revoked.certificate.application_id: revoked.certificate},
                outbox=(*known.outbox, to_event(revoked, request_id)),
            )
        return self._write(revocation, claim)

    def find(self, claim: Claim) -> Once[str] | None:
        known = self.claims.get((claim.client_id, claim.operation, claim.key))
        if known is None:
            return None
        if known[0] != claim.fingerprint:
            raise IdempotencyKeyReused("another body")
        return Once(known[1], replayed=True)

    def _write(self, revocation: Revocation, claim: Claim) -> Once[str]:
        self.kept[revocation.id] = revocation
        self.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, revocation.id)
        return Once(revocation.id, replayed=False)
