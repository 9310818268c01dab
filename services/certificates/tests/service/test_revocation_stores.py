"""One suite for both stores of revocations: the real one and the fake that the unit tests trust."""

from dataclasses import replace
from typing import Any

import pytest
from tests.service.test_applications_store import a_new_one, approved
from tests.support.builders import MONDAY, SDO, TEHSILDAR, a_claim
from tests.support.fake_revocations import FakeRevocations
from tests.support.fakes import FakeApplications
from tests.support.world import World

from certificates.adapters.mongo.applications import MongoApplications
from certificates.adapters.mongo.certificates import MongoCertificates
from certificates.adapters.mongo.revocations import MongoRevocations
from certificates.application.revocations.ports import AnotherProposed, DecidedMeanwhile
from certificates.domain.certificates.certificate import (
    Certificate,
    CertificateRevoked,
    Ending,
    EndReason,
    NotInForce,
    Status,
    ended,
)
from certificates.domain.revocations.revocation import Revocation, Standing, decide, propose
from servicekit.errors import IdempotencyKeyReused
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id
from servicekit.testing import published


class Stores:
    """Revocations, with one certificate in force."""

    def __init__(self, world: World | None) -> None:
        change = a_new_one()
        decision, issued = approved(change.application)
        self.certificate = issued.certificate
        self.world = world
        if world is None:
            self.fake = FakeApplications()
            self.fake.transact(lambda changes: changes.add(change, "req_1"))
            self.fake.transact(lambda changes: changes.save(decision, "req_2", issued))
            self.revocations: Any = FakeRevocations(self.fake)
        else:
            outbox = Outbox(world.mongo.db, "certificates")
            applications = MongoApplications(world.mongo, outbox)
            world.mongo.transact(lambda session: applications.within(session).add(change, "req_1"))
            world.mongo.transact(lambda session: applications.within(session).save(decision, "req_2", issued))
            self.revocations = MongoRevocations(world.mongo, outbox)

    def as_it_is(self) -> Certificate | None:
        if self.world is None:
            return self.fake.kept.certificates[self.certificate.application_id]
        return MongoCertificates(self.world.mongo).get(self.certificate.id)

    def revoked_events(self) -> int:
        if self.world is None:
            return sum(event.type == CertificateRevoked.type for event in self.fake.kept.outbox)
        return sum(CertificateRevoked.type in envelope["type"] for envelope in published(self.world.mongo))


@pytest.fixture(params=["mongo", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    return Stores(request.getfixturevalue("world") if request.param == "mongo" else None)


def a_proposal(stores: Stores) -> Revocation:
    return propose(
        revocation_id=public_id("rev"),
        certificate_id=stores.certificate.id,
        reason=EndReason.COURT_ORDER,
        officer=TEHSILDAR,
        remarks="Order 7.",
        at=MONDAY,
    )


def confirmed(stores: Stores, proposal: Revocation) -> tuple[Revocation, CertificateRevoked]:
    decided = decide(proposal, officer=SDO, confirmed=True, remarks="Seen.", at=MONDAY)
    end = ended(stores.certificate, Ending(EndReason.COURT_ORDER, MONDAY))
    return decided, CertificateRevoked(event_id(), end)


def test_a_proposal_is_read_as_it_was_stored_and_a_repeat_stores_nothing(stores: Stores) -> None:
    proposal, claim = a_proposal(stores), a_claim("propose")
    assert stores.revocations.propose(proposal, claim).replayed is False
    assert stores.revocations.propose(a_proposal(stores), claim).value == proposal.id
    assert list(stores.revocations.of(stores.certificate.id)) == [stores.revocations.get(proposal.id)] == [proposal]
    with pytest.raises(IdempotencyKeyReused):
        stores.revocations.propose(proposal, replace(claim, fingerprint="another"))


def test_there_is_one_open_proposal_at_most(stores: Stores) -> None:
    proposal = a_proposal(stores)
    stores.revocations.propose(proposal, a_claim("first"))
    with pytest.raises(AnotherProposed):
        stores.revocations.propose(a_proposal(stores), a_claim("second"))
    refused = decide(proposal, officer=SDO, confirmed=False, remarks="No.", at=MONDAY)
    stores.revocations.decide(refused, None, a_claim("refuse"), "req_3")
    assert stores.revocations.propose(a_proposal(stores), a_claim("third")).replayed is False


def test_a_confirmation_ends_the_certificate_and_tells_it_once(stores: Stores) -> None:
    proposal = a_proposal(stores)
    stores.revocations.propose(proposal, a_claim("propose"))
    decided, revoked = confirmed(stores, proposal)
    for _ in range(2):
        assert stores.revocations.decide(decided, revoked, a_claim("decide"), "req_3").value == proposal.id
    assert stores.revocations.get(proposal.id) == decided
    assert stores.as_it_is() == revoked.certificate
    assert stores.revoked_events() == 1


def test_a_second_decision_writes_nothing(stores: Stores) -> None:
    proposal = a_proposal(stores)
    stores.revocations.propose(proposal, a_claim("propose"))
    refused = decide(proposal, officer=SDO, confirmed=False, remarks="No.", at=MONDAY)
    stores.revocations.decide(refused, None, a_claim("refuse"), "req_3")
    with pytest.raises(DecidedMeanwhile):
        stores.revocations.decide(*confirmed(stores, proposal), a_claim("confirm"), "req_4")
    now = stores.as_it_is()
    assert now is not None
    assert now.status is Status.VALID
    assert stores.revoked_events() == 0


def test_what_ended_meanwhile_keeps_the_proposal_open(stores: Stores) -> None:
    first, second = a_proposal(stores), a_proposal(stores)
    stores.revocations.propose(first, a_claim("propose"))
    stores.revocations.decide(*confirmed(stores, first), a_claim("confirm"), "req_3")
    stores.revocations.propose(second, a_claim("propose again"))
    with pytest.raises(NotInForce):
        stores.revocations.decide(*confirmed(stores, second), a_claim("confirm again"), "req_4")
    assert stores.revocations.get(second.id).standing is Standing.PROPOSED
    assert stores.revoked_events() == 1
