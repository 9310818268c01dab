"""How an application moves, and that it never moves backwards."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.builders import (
    CALENDAR,
    CASTE,
    DOMICILE,
    FEE,
    MONDAY,
    SDO,
    TEHSILDAR,
    in_verification,
    submitted,
)

from certificates.domain.applications import application as rules
from certificates.domain.applications import decide as acts
from certificates.domain.applications.application import (
    Application,
    Change,
    Decision,
    Happening,
    Refusal,
    RefusedPayment,
    State,
)
from certificates.domain.applications.pay import receive_payment
from certificates.domain.label import Label
from certificates.domain.officers.officer import AN_OFFICER, Officer
from certificates.domain.types.application_type import ApplicationType, Post

LATER = MONDAY + timedelta(days=1)


def pay(
    application: Application, payment_id: str = "pay_1", paise: int = 5000, application_type: ApplicationType = DOMICILE
) -> Change | RefusedPayment | None:
    return receive_payment(
        application,
        payment_id=payment_id,
        paise=paise,
        at=LATER,
        refused_event_id="evt_refused",
        refused_at=LATER + timedelta(minutes=1),
        application_type=application_type,
        calendar=CALENDAR,
    )


def decide(application: Application, decision: Decision = Decision.APPROVED, **changed: Any) -> Change:
    members: dict[str, Any] = {
        "history": (),
        "officer": TEHSILDAR,
        "decision": decision,
        "reason": None,
        "remarks": None,
        "certificate_id": "crt_1",
        "at": LATER,
        "event_id": "evt_2",
        "application_type": DOMICILE,
        "calendar": CALENDAR,
        **changed,
    }
    return acts.decide(application, **members)


def test_a_fee_is_due_first_and_the_clock_waits_for_it() -> None:
    application = submitted().application
    assert (application.state, application.due_on) == (State.FEE_DUE, None)


def test_without_a_fee_the_clock_runs_from_the_submission() -> None:
    application = submitted(fee=replace(FEE, paise=0)).application
    assert (application.state, application.due_on) == (State.IN_VERIFICATION, date(2026, 12, 2))


def test_the_clock_runs_from_the_payment() -> None:
    change = pay(submitted().application)
    assert isinstance(change, Change)
    assert (change.application.state, change.application.due_on) == (State.IN_VERIFICATION, date(2026, 12, 3))


def test_more_than_the_fee_is_enough() -> None:
    assert isinstance(pay(submitted().application, paise=5001), Change)


def test_less_than_the_fee_is_refused() -> None:
    application = submitted().application
    refused = pay(application, paise=4999)
    assert isinstance(refused, RefusedPayment)
    line, event = refused.entry, refused.event
    assert (line.what, line.state_after, line.paise) == (Happening.FEE_PAID_SHORT, State.FEE_DUE, 4999)
    assert (event.payment_id, event.paise, event.reason) == ("pay_1", 4999, Refusal.PAID_SHORT)
    assert (event.event_id, event.refused_at) == ("evt_refused", LATER + timedelta(minutes=1))
    assert event.application == application


def test_the_payment_that_is_known_already_is_nothing_new() -> None:
    change = pay(submitted().application)
    assert isinstance(change, Change)
    assert pay(change.application) is None


@pytest.mark.parametrize("state", [state for state in State if state is not State.FEE_DUE])
def test_a_payment_in_any_other_state_is_refused(state: State) -> None:
    refused = pay(submitted(state=state, payment_id="pay_1").application, "pay_2")
    assert isinstance(refused, RefusedPayment)
    line = refused.entry
    assert (line.what, line.state_before, line.state_after) == (Happening.FEE_PAID_AGAIN, state, state)
    assert refused.event.reason is Refusal.PAID_TWICE


def test_a_payment_for_what_is_free_is_refused_for_there_is_no_fee() -> None:
    refused = pay(submitted(fee=replace(FEE, paise=0)).application)
    assert isinstance(refused, RefusedPayment)
    assert refused.event.reason is Refusal.NOTHING_DUE


@pytest.mark.parametrize("state", [state for state in State if state is not State.IN_VERIFICATION])
def test_only_what_is_in_verification_is_decided(state: State) -> None:
    with pytest.raises(rules.NotAllowedNow, match=f"^{state}$") as refused:
        decide(submitted(state=state).application)
    assert refused.value.state is state


@pytest.mark.parametrize(
    "stranger",
    [
        replace(TEHSILDAR, districts=frozenset({"107"})),
        replace(TEHSILDAR, districts=frozenset()),
        replace(TEHSILDAR, department="water"),
        replace(TEHSILDAR, role="operator"),
    ],
)
@pytest.mark.parametrize("state", list(State))
def test_a_stranger_decides_nothing_and_learns_no_state(stranger: Officer, state: State) -> None:
    with pytest.raises(rules.NotThisOfficers):
        decide(submitted(state=state).application, officer=stranger)


@pytest.mark.parametrize("first", list(Decision))
@pytest.mark.parametrize("second", list(Decision))
def test_whoever_decided_one_step_in_whatever_way_decides_no_other_one(first: Decision, second: Decision) -> None:
    line = decide(in_verification(CASTE), first, application_type=CASTE).entry
    # As after a sending back too, once the application has come round again.
    later = replace(in_verification(CASTE), step="approval")
    with pytest.raises(rules.DecidedAnotherStep):
        decide(later, second, history=[line], application_type=CASTE)
    assert decide(later, second, history=[line], officer=SDO, application_type=CASTE).entry.officer_id == SDO.id


NAIB = Label("Naib Tehsildar", "नायब तहसीलदार")
UNNAMED = replace(TEHSILDAR, designation=AN_OFFICER)


@pytest.mark.parametrize(
    ("step", "officer", "may"),
    [
        ("verification", TEHSILDAR, True),
        ("verification", SDO, False),
        ("verification", UNNAMED, False),
        ("approval", SDO, True),
        ("approval", TEHSILDAR, False),
        ("approval", UNNAMED, False),
        ("approval", replace(SDO, designation=Label("sub-divisional officer", SDO.designation.hi)), False),
        ("approval", replace(SDO, designation=Label("Sub-Divisional Officer", "Sub-Divisional Officer")), True),
        ("approval", replace(SDO, designation=Label("Officer", SDO.designation.hi)), False),
    ],
)
@pytest.mark.parametrize("decision", list(Decision))
def test_a_step_is_decided_by_its_post_whatever_the_decision(
    step: str, officer: Officer, may: bool, decision: Decision
) -> None:
    application = replace(in_verification(CASTE), step=step)
    if may:
        assert decide(application, decision, officer=officer, application_type=CASTE).entry.officer_id == officer.id
    else:
        with pytest.raises(rules.NotThisPosts):
            decide(application, decision, officer=officer, application_type=CASTE)


@pytest.mark.parametrize("designation", [NAIB, TEHSILDAR.designation, AN_OFFICER])
def test_a_step_with_several_posts_is_each_ones_and_one_without_is_every_officers(designation: Label) -> None:
    several = replace(CASTE.steps[0], posts=(Post(NAIB), Post(TEHSILDAR.designation)))
    officer = replace(TEHSILDAR, designation=designation)
    assert officer.holds_a_post_of(several, "102") == (designation != AN_OFFICER)
    assert officer.holds_a_post_of(replace(several, posts=()), "102")


def test_who_sent_an_application_back_decides_the_same_step_when_it_comes_again() -> None:
    line = decide(in_verification(CASTE), Decision.SENT_BACK, application_type=CASTE).entry
    assert decide(in_verification(CASTE), history=[line], application_type=CASTE).application.step == "approval"


def test_the_next_step_has_a_clock_of_its_own() -> None:
    change = decide(in_verification(CASTE), application_type=CASTE)
    assert (change.application.step, change.application.due_on) == ("approval", date(2026, 12, 1))
    assert change.application.certificate_id is None
    assert isinstance(change.event, rules.ApplicationDecided)
    assert change.event.step == "verification"


def test_the_last_approval_names_the_certificate() -> None:
    change = decide(in_verification())
    assert (change.application.state, change.application.certificate_id) == (State.ISSUED, "crt_1")
    assert change.entry.certificate_id == "crt_1"


@pytest.mark.parametrize("decision", [Decision.REJECTED, Decision.SENT_BACK])
def test_a_refusal_names_no_certificate(decision: Decision) -> None:
    change = decide(in_verification(), decision)
    assert change.application.certificate_id is None
    assert change.entry.certificate_id is None


ORDER = [State.FEE_DUE, State.IN_VERIFICATION]
ACTS = st.lists(st.sampled_from(["pay", "pay short", *Decision]), max_size=12)


@given(ACTS)
def test_versions_and_events_count_up_and_no_state_moves_backwards(acts: list[str]) -> None:
    application = submitted(CASTE).application
    history: list[rules.HistoryEntry] = []
    keys = {f"{application.id}:1"}
    for number, act in enumerate(acts):
        before = application
        try:
            if act in {"pay", "pay short"}:
                outcome = pay(application, f"pay_{number}", 5000 if act == "pay" else 1, CASTE)
            else:
                officer = replace(SDO if application.step == "approval" else TEHSILDAR, id=f"per_{number % 2}")
                outcome = decide(application, Decision(act), history=history, officer=officer, application_type=CASTE)
                history.append(outcome.entry)
        except (rules.NotAllowedNow, rules.DecidedAnotherStep):
            continue
        if isinstance(outcome, RefusedPayment):
            keys.add(outcome.entry.key)
            continue
        assert outcome is not None
        application = outcome.application
        assert outcome.entry.key not in keys
        keys.add(outcome.entry.key)
        assert application.version == before.version + 1
        assert application.events_told == before.events_told + (outcome.event is not None)
        assert before.state in ORDER
        assert application.state not in ORDER or ORDER.index(application.state) >= ORDER.index(before.state)
    assert (application.state is State.ISSUED) == (application.certificate_id is not None)
    if application.state is State.ISSUED:
        assert len({line.officer_id for line in history}) == len(CASTE.steps)
