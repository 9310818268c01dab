"""One suite for both stores of applications: the real one and the fake that the unit tests trust."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.builders import CALENDAR, DOMICILE, MONDAY, TEHSILDAR, a_claim, in_verification, submitted
from tests.support.fakes import FakeApplications
from tests.support.world import World

from certificates.adapters.mongo.applications import MongoApplications
from certificates.application.applications.ports import Applications, Changes, NumberTaken, VersionMoved
from certificates.domain.applications import application as rules
from certificates.domain.applications.application import (
    Application,
    Change,
    FeeRefused,
    Happening,
    HistoryEntry,
    Refusal,
    RefusedPayment,
)
from certificates.domain.applications.decide import decide
from certificates.domain.certificates.certificate import Certificate, CertificateIssued, Status
from servicekit.errors import IdempotencyKeyReused
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.testing import published


@pytest.fixture(params=["mongo", "fake"])
def store(request: pytest.FixtureRequest) -> Applications:
    if request.param == "fake":
        return FakeApplications()
    world: World = request.getfixturevalue("world")
    return MongoApplications(world.mongo, Outbox(world.mongo.db, "certificates"))


def a_new_one() -> Change:
    change = submitted(id=public_id("app"), transaction_token=transaction_token())
    change = replace(change, application=replace(in_verification(), id=change.application.id))
    application = replace(change.application, transaction_token=transaction_token())
    entry = replace(change.entry, key=f"{application.id}:1", application_id=application.id)
    return Change(application, entry, rules.ApplicationSubmitted(event_id(), application))


def approved(application: Application, number: str = "DOM-0000000001-1") -> tuple[Change, CertificateIssued]:
    change = decide(
        application,
        history=(),
        officer=TEHSILDAR,
        decision=rules.Decision.APPROVED,
        reason=None,
        remarks=None,
        certificate_id=public_id("crt"),
        at=MONDAY,
        event_id=event_id(),
        application_type=DOMICILE,
        calendar=CALENDAR,
    )
    certificate = Certificate(
        id=change.application.certificate_id or "",
        number=number,
        application_id=application.id,
        transaction_token=application.transaction_token,
        type_code="domicile",
        district_code="102",
        client_id="cli_kiosk",
        kiosk_id=None,
        issued_at=MONDAY,
        issued_on=date(2026, 11, 23),
        valid_until=None,
        status=Status.VALID,
        document="signed",
    )
    return change, CertificateIssued(event_id(), certificate)


def add(store: Applications, change: Change) -> Application:
    key = a_claim(change.application.id)
    assert not store.once(key, change.application.id, lambda changes: changes.add(change, "req_1")).replayed
    return change.application


def approve(store: Applications, application: Application, number: str, key: str = "approve") -> None:
    change, issued = approved(application, number)
    store.once(
        a_claim(f"{key}:{application.id}", operation="decide"),
        application.id,
        lambda changes: changes.save(change, "req_2", issued),
    )


def test_an_application_is_read_back_as_it_was_added(store: Applications) -> None:
    application = add(store, a_new_one())

    assert store.get(application.id) == application
    assert store.get("app_unknown") is None


def test_a_claim_stands_for_the_first_effect(store: Applications) -> None:
    first, second = a_new_one(), a_new_one()
    claim = a_claim("one key")
    assert store.find(claim) is None
    store.once(claim, first.application.id, lambda changes: changes.add(first, "req_1"))

    again = store.once(claim, second.application.id, lambda changes: changes.add(second, "req_1"))

    assert (again.value, again.replayed) == (first.application.id, True)
    assert store.find(claim) == again
    assert store.get(second.application.id) is None
    with pytest.raises(IdempotencyKeyReused):
        store.once(replace(claim, fingerprint="another-body"), second.application.id, lambda _: None)


def test_an_effect_that_fails_leaves_nothing_and_the_key_free(store: Applications) -> None:
    change = a_new_one()

    def fails(changes: Changes) -> None:
        changes.add(change, "req_1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.once(a_claim(change.application.id), change.application.id, fails)

    assert store.get(change.application.id) is None
    add(store, change)


def test_only_the_first_of_two_changes_of_one_version_is_saved(store: Applications) -> None:
    application = add(store, a_new_one())
    approve(store, application, "DOM-0000000001-1")

    with pytest.raises(VersionMoved):
        approve(store, application, "DOM-0000000002-2", key="again")

    stored = store.get(application.id)
    assert stored is not None
    assert (stored.version, stored.state) == (2, rules.State.ISSUED)


def test_a_number_is_given_to_one_certificate_only(store: Applications) -> None:
    first, second = add(store, a_new_one()), add(store, a_new_one())
    approve(store, first, "DOM-0000000001-1")

    with pytest.raises(NumberTaken):
        approve(store, second, "DOM-0000000001-1")

    assert store.get(second.id) == second
    approve(store, second, "DOM-0000000002-2")


def test_a_payment_that_is_refused_twice_is_told_once_and_as_it_was(
    store: Applications, request: pytest.FixtureRequest
) -> None:
    application = add(store, a_new_one())
    line = HistoryEntry(
        key=f"{application.id}:payment:pay_1",
        application_id=application.id,
        what=Happening.FEE_PAID_AGAIN,
        at=MONDAY,
        state_before=application.state,
        state_after=application.state,
        payment_id="pay_1",
        paise=5000,
    )
    refusal = FeeRefused("evt_1", application, "pay_1", 5000, Refusal.PAID_TWICE, MONDAY)
    first = RefusedPayment(line, refusal)
    again = RefusedPayment(replace(line, paise=1), replace(refusal, event_id="evt_2", paise=1))
    store.once(a_claim("first"), application.id, lambda changes: changes.refuse(first, "req_1", "evt_paid"))
    store.once(a_claim("second"), application.id, lambda changes: changes.refuse(again, "req_1", "evt_paid"))

    if isinstance(store, FakeApplications):
        lines = list(store.kept.history.values())
        announced = [event.event_id for event in store.kept.outbox]
    else:
        assert isinstance(store, MongoApplications)
        lines = list(store.history(application.id))
        world: World = request.getfixturevalue("world")
        announced = [event["id"] for event in published(world.mongo)]
    assert [entry.paise for entry in lines if entry.key == line.key] == [5000]
    assert "evt_1" in announced
    assert "evt_2" not in announced
