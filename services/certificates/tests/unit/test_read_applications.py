"""Reading applications, over the fake store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.builders import CASTE, DOMICILE, FEE, MONDAY, RULEBOOK, SDO, TEHSILDAR, citizen, submitted, viewer_of
from tests.support.commands import pay_command
from tests.support.fakes import FakeApplications
from tests.support.sentences import english

from certificates.application.applications.errors import ApplicationNotFound, TransactionNotFound
from certificates.application.applications.ports import Position
from certificates.application.applications.read_applications import ApplicationReader, TransactionEvent
from certificates.application.applications.record_fee_payment import RecordFeePaymentHandler
from certificates.application.viewer import Viewer
from certificates.domain.applications.application import Application, Decision, Happening, HistoryEntry, State
from servicekit.errors import ValidationFailed

OFFICE = viewer_of("cli_office", None, TEHSILDAR)
CENTRE = viewer_of("cli_kiosk", "ksk_RJ10200001", None)
PORTAL = viewer_of("cli_portal", None, None)


def reader(store: FakeApplications) -> ApplicationReader:
    return ApplicationReader(RULEBOOK, store, store)


def add(store: FakeApplications, application_id: str, application_type: Any = DOMICILE, **changed: Any) -> Application:
    change = submitted(application_type, id=application_id, transaction_token=f"EM-{application_id}", **changed)
    store.transact(lambda changes: changes.add(change, "req_1"))
    return change.application


def decided(number: int, decision: Decision, **changed: Any) -> HistoryEntry:
    return HistoryEntry(
        key=f"app_1:{number}",
        application_id="app_1",
        what=Happening.DECIDED,
        at=MONDAY + timedelta(hours=number),
        state_before=State.IN_VERIFICATION,
        state_after=State.IN_VERIFICATION,
        decision=decision,
        remarks="Neighbours asked.",
        **changed,
    )


def with_lines(store: FakeApplications, *lines: HistoryEntry, **changed: Any) -> FakeApplications:
    kept = store.kept
    application = replace(kept.applications["app_1"], **changed)
    store.kept = replace(
        kept,
        applications={**kept.applications, "app_1": application},
        history={**kept.history, **{line.key: line for line in lines}},
    )
    return store


def test_an_application_is_told_with_its_changes_oldest_first() -> None:
    store = FakeApplications()
    add(store, "app_1")
    add(store, "app_2")

    def pay(payment_id: str, paise: int) -> None:
        command = pay_command(payment_id=payment_id, paise=paise, completed_at=MONDAY + timedelta(hours=1))
        store.transact(lambda changes: RecordFeePaymentHandler(RULEBOOK, changes)(command))

    for payment_id, paise in (("pay_short", 1), ("pay_1", 5000), ("pay_again", 5000)):
        pay(payment_id, paise)

    application, lines = reader(store).get("app_1", OFFICE)

    assert application == store.get("app_1")
    # Payments that were refused are told by billing.
    assert [(line.what, line.payment_id) for line in lines] == [
        (Happening.SUBMITTED, None),
        (Happening.FEE_PAID, "pay_1"),
    ]


def test_a_line_that_came_after_the_application_was_read_is_left_out() -> None:
    store = FakeApplications()
    add(store, "app_1")
    with_lines(store, decided(2, Decision.APPROVED), decided(3, Decision.REJECTED), version=2)
    _, lines = reader(store).get("app_1", OFFICE)
    assert [line.key for line in lines] == ["app_1:1", "app_1:2"]


@pytest.mark.parametrize(
    ("viewer", "decision", "told"),
    [
        (OFFICE, Decision.APPROVED, True),
        (OFFICE, Decision.REJECTED, True),
        (CENTRE, Decision.APPROVED, False),
        (CENTRE, Decision.REJECTED, True),
        (CENTRE, Decision.SENT_BACK, True),
    ],
)
def test_remarks_on_an_approval_are_for_officers(viewer: Viewer, decision: Decision, told: bool) -> None:
    store = FakeApplications()
    add(store, "app_1")
    line = decided(2, decision)
    with_lines(store, line, version=2)
    _, lines = reader(store).get("app_1", viewer)
    assert lines[1] == (line if told else replace(line, remarks=None))


@pytest.mark.parametrize(
    ("application_id", "viewer"),
    [
        ("app_unknown", OFFICE),
        ("app_1", PORTAL),
        ("app_1", viewer_of("cli_kiosk", "ksk_RJ10200002", None)),
        ("app_1", viewer_of("cli_office", None, replace(TEHSILDAR, districts=frozenset({"107"})))),
        ("app_1", viewer_of("cli_office", None, replace(TEHSILDAR, department="statistics"))),
    ],
)
def test_what_is_not_ones_own_is_not_there(application_id: str, viewer: Viewer) -> None:
    store = FakeApplications()
    add(store, "app_1")
    with pytest.raises(ApplicationNotFound) as told:
        reader(store).get(application_id, viewer)
    assert english(told.value.detail)


def test_a_portal_sees_what_it_lodged() -> None:
    store = FakeApplications()
    application = add(store, "app_1", client_id="cli_portal", kiosk_id=None)
    assert reader(store).get("app_1", PORTAL)[0] == application


def page(store: FakeApplications, viewer: Viewer, limit: int = 10, **asked: Any) -> tuple[list[str], Position | None]:
    members: dict[str, Any] = {"states": None, "district_code": None, "after": None, **asked}
    applications, following = reader(store).page(viewer, limit=limit, **members)
    return [application.id for application in applications], following


def full_store() -> FakeApplications:
    store = FakeApplications()
    mine: dict[str, Any] = {"state": State.IN_VERIFICATION, "due_on": date(2026, 12, 1)}
    add(store, "app_1", **mine)
    add(store, "app_2", CASTE, **mine)
    add(store, "app_3", CASTE, **{**mine, "step": "approval"})
    add(store, "app_4", **{**mine, "district_code": "107"})
    add(store, "app_5")  # its fee is due
    add(store, "app_6", CASTE, step="approval", client_id="cli_portal", kiosk_id=None, state=State.ISSUED)
    add(store, "app_7", RULEBOOK.types["birth"], **mine)
    add(store, "app_8", client_id="cli_kiosk", kiosk_id="ksk_RJ10200002")
    own = {"client_id": "cli_portal", "kiosk_id": None, "district_code": "107", "person_id": "per_1"}
    add(store, "app_9", RULEBOOK.types["birth"], **own)
    return store


BOTH = viewer_of("cli_office", None, replace(TEHSILDAR, districts=frozenset({"102", "107"})))


@pytest.mark.parametrize(
    ("viewer", "asked", "ids"),
    [
        (OFFICE, {}, ["app_1", "app_2"]),
        (OFFICE, {"states": frozenset({State.IN_VERIFICATION})}, ["app_1", "app_2"]),
        (viewer_of("cli_office", None, SDO), {}, ["app_3"]),
        (OFFICE, {"states": frozenset({State.FEE_DUE})}, ["app_5", "app_8"]),
        (OFFICE, {"states": frozenset({State.ISSUED})}, ["app_6"]),
        (OFFICE, {"district_code": "107"}, []),
        (BOTH, {}, ["app_1", "app_2", "app_4"]),
        (BOTH, {"district_code": "107"}, ["app_4"]),
        (BOTH, {"district_code": "102"}, ["app_1", "app_2"]),
        (CENTRE, {}, ["app_5", "app_1", "app_2", "app_3", "app_4", "app_7"]),
        (CENTRE, {"states": frozenset({State.FEE_DUE})}, ["app_5"]),
        (CENTRE, {"district_code": "107"}, ["app_4"]),
        (PORTAL, {}, ["app_6"]),
        (PORTAL, {"states": frozenset({State.FEE_DUE})}, []),
        (PORTAL, {"district_code": "107"}, []),
        (
            viewer_of("cli_kiosk", None, None),
            {"district_code": "102", "states": frozenset({State.FEE_DUE})},
            ["app_5", "app_8"],
        ),
        (citizen("per_1"), {}, ["app_9"]),
        (citizen("per_2"), {}, []),
    ],
)
def test_a_list_has_what_is_the_viewers(viewer: Viewer, asked: dict[str, Any], ids: Sequence[str]) -> None:
    assert page(full_store(), viewer, **asked) == (ids, None)


def test_pages_follow_one_another_and_the_last_says_that_it_is() -> None:
    store = full_store()
    first = Position("2026-12-01", "app_1")
    assert page(store, CENTRE, 2) == (["app_5", "app_1"], first)
    assert page(store, CENTRE, 1) == (["app_5"], Position("", "app_5"))
    assert page(store, CENTRE, 3, after=first) == (["app_2", "app_3", "app_4"], Position("2026-12-01", "app_4"))
    assert page(store, CENTRE, 4, after=first) == (["app_2", "app_3", "app_4", "app_7"], None)


def test_a_district_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationFailed) as told:
        page(full_store(), OFFICE, district_code="999")
    (problem,) = told.value.errors
    assert (problem.pointer, problem.code) == ("?district_code", "unknown")
    assert english(problem.detail)
    assert english(told.value.detail)


def test_a_transaction_tells_its_events_in_order() -> None:
    store = FakeApplications()
    add(store, "app_2")
    application = add(store, "app_1", fee=replace(FEE, paise=0))
    paid_again = replace(decided(0, Decision.APPROVED), key="app_1:payment:pay_1", what=Happening.FEE_PAID_AGAIN)
    lines = decided(2, Decision.APPROVED), decided(3, Decision.APPROVED, certificate_id="crt_1")
    with_lines(store, paid_again, *lines)
    shown, events = reader(store).transaction("EM-app_1")
    assert shown == application
    assert events == [
        TransactionEvent("application.submitted.v1", MONDAY),
        TransactionEvent("application.decided.v1", MONDAY + timedelta(hours=2)),
        TransactionEvent("application.decided.v1", MONDAY + timedelta(hours=3)),
        TransactionEvent("certificate.issued.v1", MONDAY + timedelta(hours=3)),
    ]


def test_a_token_of_nothing_is_not_found() -> None:
    with pytest.raises(TransactionNotFound) as told:
        reader(full_store()).transaction("EM-unknown")
    assert english(told.value.detail)
