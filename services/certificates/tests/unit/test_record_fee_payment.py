"""Recording a payment, over the fake store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.builders import CASTE, FEE, MONDAY, RULEBOOK, submitted
from tests.support.commands import pay_command
from tests.support.fakes import FakeApplications
from tests.support.sentences import english

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.record_fee_payment import RecordFeePaymentHandler
from certificates.domain.applications.application import Happening, HistoryEntry, State

PAID_AT, REFUSED_AT = MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, minutes=3)


def store_with(**changed: Any) -> FakeApplications:
    store = FakeApplications()
    store.transact(lambda changes: changes.add(submitted(CASTE, **changed), "req_1"))
    return store


def pay(store: FakeApplications, **changed: Any) -> None:
    command = pay_command(completed_at=PAID_AT, refused_at=REFUSED_AT, **changed)
    store.transact(lambda changes: RecordFeePaymentHandler(RULEBOOK, changes)(command))


def test_the_fee_moves_the_application_to_verification_and_its_clock_runs_from_the_payment() -> None:
    store = store_with()
    before = store.kept

    pay(store)

    application = before.applications["app_1"]
    moved = replace(
        application,
        state=State.IN_VERIFICATION,
        payment_id="pay_1",
        due_on=RULEBOOK.calendar.due_on(PAID_AT, CASTE.steps[0].working_days),
        updated_at=PAID_AT,
        version=2,
    )
    assert store.get("app_1") == moved
    assert store.history("app_1")[1:] == [
        HistoryEntry(
            key="app_1:2",
            application_id="app_1",
            what=Happening.FEE_PAID,
            at=PAID_AT,
            state_before=State.FEE_DUE,
            state_after=State.IN_VERIFICATION,
            payment_id="pay_1",
            paise=5000,
        )
    ]
    assert store.kept.outbox == before.outbox, "nobody is told: billing knows"


@pytest.mark.parametrize(
    ("changed", "paise", "what", "reason"),
    [
        ({}, 4999, Happening.FEE_PAID_SHORT, "paid-short"),
        ({"state": State.REJECTED, "payment_id": "pay_0"}, 5000, Happening.FEE_PAID_AGAIN, "paid-twice"),
        ({"fee": replace(FEE, paise=0)}, 5000, Happening.FEE_PAID_AGAIN, "nothing-due"),
    ],
)
def test_a_payment_that_moves_nothing_is_kept_and_told_with_its_cause(
    changed: dict[str, Any], paise: int, what: Happening, reason: str
) -> None:
    store = store_with(**changed)
    application = store.kept.applications["app_1"]

    pay(store, paise=paise)

    assert store.get("app_1") == application
    assert store.history("app_1")[1:] == [
        HistoryEntry(
            key="app_1:payment:pay_1",
            application_id="app_1",
            what=what,
            at=PAID_AT,
            state_before=application.state,
            state_after=application.state,
            payment_id="pay_1",
            paise=paise,
        )
    ]
    told = store.kept.outbox[-1]
    assert (told.id, told.type, told.aggregate_id) == ("evt_refused", "fee.refused.v1", "pay_1")
    assert (told.request_id, told.causation_id, told.occurred_at) == ("req_3", "evt_paid", REFUSED_AT)
    assert (told.data["reason"], told.data["amount"]["amount"]) == (reason, paise)


def test_the_payment_that_was_accepted_changes_nothing_when_it_comes_again() -> None:
    store = store_with()
    pay(store)
    before = store.kept
    pay(store, refused_event_id="evt_again")
    assert store.kept == before


def test_a_payment_for_what_is_not_here_is_an_error_and_names_nobody() -> None:
    with pytest.raises(ApplicationNotFound) as told:
        pay(store_with(), application_id="app_unknown")
    assert english(told.value.detail)
