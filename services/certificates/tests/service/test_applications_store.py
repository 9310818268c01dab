"""One suite for both stores of applications: the real one and the fake that the unit tests trust."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

import pytest
from tests.support.builders import CALENDAR, DOMICILE, MONDAY, TEHSILDAR, a_claim, an_upload, submitted
from tests.support.fakes import FakeApplications, FakeCertificates, FakeUploads
from tests.support.world import World

from certificates.adapters.mongo.applications import MongoApplications
from certificates.adapters.mongo.attachments import MongoAttachments
from certificates.adapters.mongo.certificates import MongoCertificates
from certificates.application.applications.ports import (
    ApplicationQueries,
    Applications,
    AttachmentTaken,
    Changes,
    NumberTaken,
    Position,
    Selection,
    Uploads,
    VersionMoved,
)
from certificates.application.certificates.ports import Certificates
from certificates.domain.applications import application as rules
from certificates.domain.applications.application import (
    Application,
    Change,
    FeeRefused,
    Happening,
    HistoryEntry,
    Refusal,
    RefusedPayment,
    State,
)
from certificates.domain.applications.decide import decide
from certificates.domain.attachments.attachment import Attachment
from certificates.domain.attachments.attachment import State as UploadState
from certificates.domain.certificates.certificate import Certificate, CertificateIssued, Status
from servicekit.access import EVERYTHING, NOTHING, Reach, reach
from servicekit.errors import IdempotencyKeyReused
from servicekit.events.envelope import parse, serialise
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.testing import published


class Store(Applications, ApplicationQueries, Protocol):
    """Both ports, as both stores have them."""


@pytest.fixture(params=["mongo", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeApplications()
    world: World = request.getfixturevalue("world")
    return MongoApplications(world.mongo, Outbox(world.mongo.db, "certificates"))


def a_new_one() -> Change:
    """One that awaits its decision."""
    state, due_on = State.IN_VERIFICATION, date(2026, 12, 2)
    return told_anew(submitted(id=public_id("app"), transaction_token=transaction_token(), state=state, due_on=due_on))


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


def an_application(application_id: str, number: int, **changed: Any) -> Change:
    """An application of that id with the token `EM<number>`."""
    return told_anew(submitted(id=application_id, transaction_token=f"EM{number}", **changed))


def told_anew(change: Change) -> Change:
    """With an event id of its own: the outbox keeps each once."""
    return replace(change, event=rules.ApplicationSubmitted(event_id(), change.application))


def a_refused_payment(application: Application) -> RefusedPayment:
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
    return RefusedPayment(line, FeeRefused("evt_1", application, "pay_1", 5000, Refusal.PAID_TWICE, MONDAY))


def envelopes(store: Applications, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What is told, as it is published."""
    if isinstance(store, FakeApplications):
        return [parse(serialise(event, "certificates")) for event in store.kept.outbox]
    world: World = request.getfixturevalue("world")
    return published(world.mongo)


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


def test_the_audit_trail_is_told_oldest_first_and_of_one_application(store: Applications) -> None:
    application = add(store, a_new_one())
    add(store, a_new_one())
    approve(store, application, "DOM-0000000001-1")
    change, _ = approved(application)

    lines = store.history(application.id)

    assert [line.key for line in lines] == [f"{application.id}:1", f"{application.id}:2"]
    assert lines[1] == replace(change.entry, certificate_id=lines[1].certificate_id)
    assert store.history("app_unknown") == []


def test_what_is_told_names_the_request_and_its_cause(store: Applications, request: pytest.FixtureRequest) -> None:
    application = add(store, a_new_one())
    refused = a_refused_payment(application)
    store.once(a_claim("refuse"), application.id, lambda changes: changes.refuse(refused, "req_3", "evt_paid"))
    approve(store, application, "DOM-0000000001-1")

    told = {
        (event["type"].removeprefix("org.emitra."), event["correlationid"], event.get("causationid"))
        for event in envelopes(store, request)
    }

    assert told == {
        ("application.submitted.v1", "req_1", None),
        ("fee.refused.v1", "req_3", "evt_paid"),
        ("application.decided.v1", "req_2", None),
        ("certificate.issued.v1", "req_2", None),
    }


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
    first = a_refused_payment(application)
    again = RefusedPayment(replace(first.entry, paise=1), replace(first.event, event_id="evt_2", paise=1))
    store.once(a_claim("first"), application.id, lambda changes: changes.refuse(first, "req_1", "evt_paid"))
    store.once(a_claim("second"), application.id, lambda changes: changes.refuse(again, "req_1", "evt_paid"))

    assert [entry.paise for entry in store.history(application.id) if entry.key == first.entry.key] == [5000]
    announced = [event["id"] for event in envelopes(store, request)]
    assert "evt_1" in announced
    assert "evt_2" not in announced


REVENUE = Reach({"department": frozenset({"revenue"})})
MAY, JUNE = date(2026, 5, 4), date(2026, 6, 1)


def listed(store: Store, selection: Selection, after: Position | None = None, limit: int = 10) -> list[str]:
    return [application.id for application in store.page(selection, after, limit)]


def test_a_page_has_what_is_not_due_first_then_by_the_day_it_is_due_then_by_id(store: Store) -> None:
    lodged = {"app_3": MAY, "app_1": JUNE, "app_2": MAY, "app_4": None}
    for number, (application_id, due_on) in enumerate(lodged.items()):
        add(store, an_application(application_id, number, due_on=due_on))
    everything = Selection(reach=EVERYTHING)

    assert listed(store, everything) == ["app_4", "app_2", "app_3", "app_1"]
    assert listed(store, everything, limit=2) == ["app_4", "app_2"]
    assert listed(store, everything, Position("", "app_4")) == ["app_2", "app_3", "app_1"]
    assert listed(store, everything, Position("2026-05-04", "app_2"), limit=1) == ["app_3"]
    assert listed(store, everything, Position("2026-06-01", "app_1")) == []


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(reach=REVENUE), ["app_1", "app_2"]),
        (Selection(reach=EVERYTHING, districts=frozenset({"102"})), ["app_1", "app_3"]),
        (Selection(reach=EVERYTHING, districts=frozenset({"102", "107"})), ["app_1", "app_2", "app_3"]),
        (Selection(reach=EVERYTHING, districts=frozenset()), []),
        (Selection(reach=reach("operator", client_id="cli_app", kiosk_id="ksk_1")), ["app_1"]),
        (Selection(reach=reach("machine", client_id="cli_portal")), ["app_2"]),
        (Selection(reach=reach("machine", client_id="cli_kiosk")), ["app_1", "app_3"]),
        (Selection(reach=reach("citizen", client_id="cli_portal", person_id="per_1")), ["app_4"]),
        (Selection(reach=reach("citizen", client_id="cli_portal", person_id="per_2")), []),
        (Selection(reach=NOTHING), []),
        (Selection(reach=reach("officer", client_id="cli_office", department="revenue", districts={"107"})), ["app_2"]),
        (
            Selection(
                reach=reach("district_admin", client_id="cli_office", districts={"107"}), districts=frozenset({"102"})
            ),
            [],
        ),
        (Selection(reach=EVERYTHING, states=frozenset({State.ISSUED})), ["app_3"]),
        (Selection(reach=REVENUE, states=frozenset({State.ISSUED})), []),
        (
            Selection(reach=EVERYTHING, without=frozenset({("caste", "verification"), ("domicile", "registration")})),
            ["app_1", "app_3", "app_4"],
        ),
        (
            Selection(reach=REVENUE, without=frozenset({("domicile", "approval"), ("birth", "registration")})),
            ["app_2"],
        ),
    ],
)
def test_a_page_has_what_is_asked_for_only(store: Store, selection: Selection, ids: list[str]) -> None:
    here: dict[str, Any] = {"kiosk_id": None, "client_id": "cli_kiosk", "due_on": MAY}
    add(store, an_application("app_1", 1, **{**here, "kiosk_id": "ksk_1"}))
    elsewhere = {"client_id": "cli_portal", "district_code": "107", "type_code": "caste", "step": "verification"}
    add(store, an_application("app_2", 2, **{**here, **elsewhere}))
    registered = {"department": "statistics", "state": State.ISSUED, "type_code": "birth", "step": "registration"}
    add(store, an_application("app_3", 3, **{**here, **registered}))
    own = {"client_id": "cli_portal", "person_id": "per_1", "department": "home", "district_code": "113"}
    add(store, an_application("app_4", 4, **{**here, **own}))

    assert listed(store, selection) == ids
    assert listed(store, selection, Position("", "")) == ids


def test_an_application_is_known_by_its_token(store: Store) -> None:
    add(store, an_application("app_1", 1))
    second = add(store, an_application("app_2", 2))

    assert store.by_token("EM2") == second
    assert store.by_token("EM3") is None


def test_a_certificate_is_known_by_its_id_and_by_its_number(
    store: Applications, request: pytest.FixtureRequest
) -> None:
    certificates: Certificates = (
        FakeCertificates(store)
        if isinstance(store, FakeApplications)
        else MongoCertificates(request.getfixturevalue("world").mongo)
    )
    for number in ("DOM-0000000001-1", "DOM-0000000002-2"):
        application = add(store, a_new_one())
        approve(store, application, number)
        stored = store.get(application.id)
        assert stored is not None
        certificate = certificates.get(stored.certificate_id or "")
        assert certificate is not None
        assert (certificate.number, certificate.application_id) == (number, application.id)
        assert certificates.by_number(number) == certificate
        assert certificates.by_number_and_day(number, certificate.issued_on) == certificate
        assert certificates.by_number_and_day(number, certificate.issued_on + timedelta(days=1)) is None

    assert certificates.get("crt_unknown") is None
    assert certificates.by_number("DOM-0000000003-3") is None
    assert certificates.by_number_and_day("DOM-0000000003-3", MONDAY.date()) is None


def keep(store: Store, upload: Attachment, request: pytest.FixtureRequest) -> Uploads:
    """The uploads of the store, with this one."""
    if isinstance(store, FakeApplications):
        store.kept = replace(store.kept, uploads={**store.kept.uploads, upload.id: upload})
        return FakeUploads(store)
    uploads = MongoAttachments(request.getfixturevalue("world").mongo)
    uploads.once(a_claim(upload.id, operation="begin"), replace(upload, state=UploadState.RECEIVING))
    if upload.state is not UploadState.RECEIVING:
        uploads.settle(upload)
    return uploads


def test_an_upload_is_attached_with_the_application_and_only_once(store: Store, request: pytest.FixtureRequest) -> None:
    uploads = keep(store, an_upload(), request)
    change, other = a_new_one(), a_new_one()

    def taking(application: Application) -> Callable[[Changes], object]:
        return lambda changes: changes.attach("att_1", application_id=application.id, code="photograph", at=MONDAY)

    store.once(a_claim("first"), change.application.id, taking(change.application))
    taken = replace(an_upload(), application_id=change.application.id, code="photograph", expires_at=None)
    assert uploads.get("att_1") == taken
    with pytest.raises(AttachmentTaken):
        store.once(a_claim("second"), other.application.id, taking(other.application))
    assert uploads.get("att_1") == taken


@pytest.mark.parametrize(
    "changed", [{"state": UploadState.RECEIVING}, {"state": UploadState.REFUSED}, {"expires_at": MONDAY}], ids=range(3)
)
def test_an_upload_that_is_not_ready_or_too_old_is_not_attached(
    store: Store, request: pytest.FixtureRequest, changed: dict[str, Any]
) -> None:
    uploads = keep(store, an_upload(**changed), request)
    for attachment_id in ("att_1", "att_2"):
        with pytest.raises(AttachmentTaken):
            store.once(
                a_claim("first"),
                "app_1",
                lambda changes: changes.attach(attachment_id, application_id="app_1", code="photograph", at=MONDAY),  # noqa: B023 - called at once
            )
    kept = uploads.get("att_1")
    assert kept is not None
    assert kept.application_id is None
