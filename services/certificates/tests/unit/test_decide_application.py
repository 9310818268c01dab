"""Deciding, over the fake store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.builders import (
    CASTE,
    DOMICILE,
    FEE,
    MONDAY,
    RULEBOOK,
    SDO,
    TEHSILDAR,
    a_claim,
    caste_form,
    jwk,
    submitted,
)
from tests.support.commands import decide_command
from tests.support.fakes import FakeApplications, FakeCertificates, FakeTakings
from tests.support.sentences import english, hindi

from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.applications.ports import NumberTaken
from certificates.application.certificates.issue_certificate import IssueCertificateHandler
from certificates.application.officers.decide_application import DecideApplicationHandler
from certificates.application.officers.errors import (
    AlreadyDecided,
    AnotherOfficerRequired,
    AnotherPostRequired,
    FeeNotPaid,
)
from certificates.domain.applications.application import (
    Decision,
    Happening,
    HistoryEntry,
    RefusalReason,
    State,
)
from certificates.domain.certificates.certificate import Certificate, Status, paper
from certificates.domain.certificates.number import RANDOM_BITS, certificate_number
from certificates.domain.label import Label
from certificates.domain.types.application_type import Step
from servicekit.errors import IdempotencyKeyReused, ServiceError, StaleVersion, ValidationFailed
from servicekit.idempotency import Once
from servicekit.keys import read_signing_key
from servicekit.versions import Precondition

SIGNATURES = JwsSignatures(read_signing_key(jwk()), [])
FREE = replace(FEE, paise=0)
LATER = MONDAY + timedelta(days=1)
COLLEAGUE = replace(TEHSILDAR, id="per_colleague")


def store_with(application_type: Any = DOMICILE, **changed: Any) -> FakeApplications:
    """app_1, which awaits its first decision unless something else is said."""
    store = FakeApplications()
    members: dict[str, Any] = {"applicant": caste_form(), "state": State.IN_VERIFICATION, **changed}
    change = submitted(application_type, FREE, **members)
    store.transact(lambda changes: changes.add(change, "req_1"))
    return store


def decide(
    store: FakeApplications,
    *,
    draws: Sequence[int] = (1, 2, 3),
    rulebook: Any = RULEBOOK,
    test: bool = True,
    **changed: Any,
) -> Once[str]:
    numbers: Iterator[int] = iter(draws)

    def random_bits(bits: int) -> int:
        assert bits == RANDOM_BITS
        return next(numbers)

    issue = IssueCertificateHandler(rulebook, FakeCertificates(store), SIGNATURES, random_bits, test)
    return DecideApplicationHandler(rulebook, store, issue, FakeTakings())(decide_command(at=LATER, **changed))


@pytest.mark.parametrize("test", [True, False])
def test_the_last_approval_issues_a_signed_certificate_and_tells_both(test: bool) -> None:
    store = store_with(CASTE, step="approval", transaction_token="EM7", kiosk_id="ksk_7", client_id="cli_7")
    before = store.kept.applications["app_1"]

    assert decide(store, officer=SDO, test=test) == Once("app_1", replayed=False)

    application = replace(
        before, state=State.ISSUED, certificate_id="crt_1", updated_at=LATER, version=2, events_told=2
    )
    assert store.get("app_1") == application
    (certificate,) = store.kept.certificates.values()
    number = certificate_number("CST", 1)
    assert certificate == Certificate(
        id="crt_1",
        number=number,
        application_id="app_1",
        transaction_token="EM7",
        type_code="caste",
        district_code="102",
        client_id="cli_7",
        kiosk_id="ksk_7",
        issued_at=LATER,
        issued_on=date(2026, 11, 24),
        valid_until=date(2027, 11, 24),
        status=Status.VALID,
        document=certificate.document,
    )
    assert SIGNATURES.verify(certificate.document) == paper(
        application.applicant,
        CASTE,
        number=number,
        district=RULEBOOK.districts["102"],
        signer=SDO.designation,
        issued_at=LATER,
        test=test,
    )
    _, decided, issued = store.kept.outbox
    assert (decided.id, decided.type, decided.aggregate_id, decided.sequence) == (
        "evt_decided",
        "application.decided.v1",
        "app_1",
        2,
    )
    assert (issued.id, issued.type, issued.aggregate_id) == ("evt_issued", "certificate.issued.v1", "crt_1")
    assert {(told.request_id, told.causation_id) for told in (decided, issued)} == {("req_2", None)}
    assert (decided.occurred_at, issued.occurred_at) == (LATER, LATER)


@pytest.mark.parametrize(
    ("step", "decision", "reason", "state", "next_step"),
    [
        ("verification", Decision.APPROVED, None, State.IN_VERIFICATION, "approval"),
        ("approval", Decision.APPROVED, None, State.ISSUED, "approval"),
        ("verification", Decision.REJECTED, "facts-not-confirmed", State.REJECTED, "verification"),
        ("verification", Decision.SENT_BACK, None, State.SENT_BACK, "verification"),
        ("approval", Decision.SENT_BACK, "another-office", State.SENT_BACK, "approval"),
    ],
)
def test_a_decision_is_kept_with_who_made_it_and_why(
    step: str, decision: Decision, reason: str | None, state: State, next_step: str
) -> None:
    store = store_with(CASTE, step=step, due_on=date(2026, 12, 1), version=1)
    officer = SDO if step == "approval" else TEHSILDAR

    decide(store, officer=officer, decision=decision, reason=reason, remarks="As seen.")

    code = reason or "see-remarks"
    told = None if decision is Decision.APPROVED else RefusalReason(code, RULEBOOK.refusal_reasons[code])
    moved = next_step != step
    application = store.kept.applications["app_1"]
    assert (application.state, application.step, application.version, application.events_told) == (
        state,
        next_step,
        2,
        2,
    )
    assert (application.updated_at, application.department) == (LATER, "revenue")
    assert application.due_on == (RULEBOOK.calendar.due_on(LATER, 5) if moved else date(2026, 12, 1))
    assert application.certificate_id == ("crt_1" if state is State.ISSUED else None)
    assert store.history("app_1")[1:] == [
        HistoryEntry(
            key="app_1:2",
            application_id="app_1",
            what=Happening.DECIDED,
            at=LATER,
            state_before=State.IN_VERIFICATION,
            state_after=state,
            step=step,
            decision=decision,
            officer_id=officer.id,
            designation=officer.designation,
            reason=told,
            remarks="As seen.",
            certificate_id=application.certificate_id,
            # A holiday: no working day has passed. Of what is sent back the days are counted when it is decided.
            desk_days=None if decision is Decision.SENT_BACK else 0,
        )
    ]
    event = store.kept.outbox[1].data
    assert (event["step"], event["decision"], event["officer_id"]) == (step, decision.value, officer.id)
    assert (event.get("reason"), event["decided_at"]) == (told and told.code, "2026-11-24T05:00:00.000Z")
    assert len(store.kept.certificates) == (state is State.ISSUED)
    assert len(store.kept.outbox) == 2 + (state is State.ISSUED)


def test_the_next_step_may_be_another_departments() -> None:
    second = Step("entry", Label("Entry", "प्रविष्टि"), "officer", "statistics", 3, CASTE.steps[1].posts)
    kind = replace(CASTE, steps=(CASTE.steps[0], second))
    store = store_with(kind)
    decide(store, rulebook=replace(RULEBOOK, types={"caste": kind}))
    application = store.kept.applications["app_1"]
    assert (application.step, application.department) == ("entry", "statistics")
    assert application.due_on == RULEBOOK.calendar.due_on(LATER, 3)


def decided_before(step: str, officer_id: str) -> HistoryEntry:
    return HistoryEntry(
        key=f"app_1:by:{officer_id}",
        application_id="app_1",
        what=Happening.DECIDED,
        at=MONDAY,
        state_before=State.IN_VERIFICATION,
        state_after=State.IN_VERIFICATION,
        step=step,
        officer_id=officer_id,
    )


VERIFIED = {"step": "approval"}


@pytest.mark.parametrize(
    ("stored", "asked", "refusal"),
    [
        ({}, {"application_id": "app_unknown"}, ApplicationNotFound),
        ({}, {"officer": replace(TEHSILDAR, department="water")}, ApplicationNotFound),
        ({"state": State.ISSUED}, {"officer": replace(TEHSILDAR, districts=frozenset())}, ApplicationNotFound),
        ({"state": State.FEE_DUE}, {}, FeeNotPaid),
        ({"state": State.ISSUED}, {}, AlreadyDecided),
        ({"state": State.REJECTED}, {}, AlreadyDecided),
        ({"state": State.SENT_BACK}, {}, AlreadyDecided),
        (VERIFIED, {"step": "verification", "officer": SDO}, AlreadyDecided),
        (VERIFIED, {"step": "verification", "officer": COLLEAGUE}, AlreadyDecided),
        (VERIFIED, {"step": "verification"}, AlreadyDecided),
        (VERIFIED, {}, AnotherOfficerRequired),
        (VERIFIED, {"step": "approval"}, AnotherOfficerRequired),
        (VERIFIED, {"officer": replace(SDO, id=TEHSILDAR.id)}, AnotherOfficerRequired),
        (VERIFIED, {"officer": COLLEAGUE}, AnotherPostRequired),
        (VERIFIED, {"officer": COLLEAGUE, "step": "approval"}, AnotherPostRequired),
        ({}, {"officer": SDO}, AnotherPostRequired),
        ({}, {"precondition": Precondition(frozenset({2}))}, StaleVersion),
        ({}, {"step": "verification", "precondition": Precondition(frozenset({2, 3}))}, StaleVersion),
        (VERIFIED, {"officer": SDO, "step": "verification", "precondition": Precondition(None, None)}, AlreadyDecided),
    ],
)
@pytest.mark.parametrize("decision", list(Decision))
def test_a_refused_decision_says_why_and_changes_nothing(
    stored: dict[str, Any], asked: dict[str, Any], refusal: type[ServiceError], decision: Decision
) -> None:
    store = store_with(CASTE, **stored)
    lines = {} if not stored.get("step") else {"line": decided_before("verification", TEHSILDAR.id)}
    store.kept = replace(store.kept, history={**store.kept.history, **lines})
    before = store.kept
    with pytest.raises(ServiceError) as told:
        decide(store, decision=decision, **asked)
    assert type(told.value) is refusal
    assert english(told.value.detail), told.value.detail
    assert store.kept == before


def test_an_officer_of_another_post_is_told_the_posts_of_the_step() -> None:
    with pytest.raises(AnotherPostRequired) as told:
        decide(store_with(CASTE, step="approval"))
    refused = told.value
    assert refused.members["step"] == "approval"
    assert refused.members["posts"] == [{"en": "Sub-Divisional Officer", "hi": "उपखण्ड अधिकारी"}]
    assert refused.detail == "This step is decided by: Sub-Divisional Officer. Your post is: Tehsildar."
    assert hindi(refused.members["detail_hi"])
    assert "उपखण्ड अधिकारी" in refused.members["detail_hi"]
    assert "तहसीलदार" in refused.members["detail_hi"]


def test_several_posts_are_told_as_a_list() -> None:
    both = (*CASTE.steps[0].posts, *CASTE.steps[1].posts)
    kind = replace(CASTE, steps=(replace(CASTE.steps[0], posts=both), CASTE.steps[1]))
    naib = replace(TEHSILDAR, designation=Label("Naib Tehsildar", "नायब तहसीलदार"))
    with pytest.raises(AnotherPostRequired) as told:
        decide(store_with(kind), rulebook=replace(RULEBOOK, types={"caste": kind}), officer=naib)
    assert "by: Tehsildar, Sub-Divisional Officer. " in told.value.detail
    assert "तहसीलदार, उपखण्ड अधिकारी।" in told.value.members["detail_hi"]
    assert len(told.value.members["posts"]) == 2


def test_a_reason_that_does_not_exist_is_refused_with_those_that_do() -> None:
    store = store_with()
    with pytest.raises(ValidationFailed) as told:
        decide(store, decision=Decision.REJECTED, reason="nonsense")
    (problem,) = told.value.errors
    assert (problem.pointer, problem.code) == ("/reason", "not-allowed")
    known = ", ".join(RULEBOOK.refusal_reasons)
    assert known in problem.detail
    assert known in (problem.detail_hi or "")
    assert english(problem.detail)
    assert hindi(problem.detail_hi)
    assert english(told.value.detail)
    assert store.kept.applications["app_1"].state is State.IN_VERIFICATION


@pytest.mark.parametrize(
    "asked",
    [
        {"step": "approval"},
        {"precondition": Precondition(frozenset({1}))},
        {"step": "approval", "precondition": Precondition(frozenset({0, 1}))},
    ],
)
def test_a_decision_on_what_the_officer_looked_at_is_made(asked: dict[str, Any]) -> None:
    store = store_with()
    decide(store, **asked)
    assert store.kept.applications["app_1"].state is State.ISSUED


@pytest.mark.parametrize(
    "changed",
    [
        {},  # it is decided already
        {"officer": replace(TEHSILDAR, districts=frozenset({"107"}))},
        {"officer": replace(TEHSILDAR, designation=Label("Patwari", "पटवारी"))},
        {"application_id": "app_unknown"},
        {"precondition": Precondition(frozenset({1}))},
    ],
)
def test_a_repeat_gets_the_first_answer_whatever_has_changed_since(changed: dict[str, Any]) -> None:
    store = store_with(CASTE)
    decide(store)
    before = store.kept
    assert decide(store, **changed) == Once("app_1", replayed=True)
    assert store.kept == before
    with pytest.raises(IdempotencyKeyReused):
        decide(store, **changed, claim=replace(decide_command().claim, fingerprint="another"))


def test_a_number_in_use_is_replaced_by_another_and_the_third_such_in_a_row_is_an_error() -> None:
    store = FakeApplications()

    def approve(number: int, draws: Sequence[int]) -> None:
        change = submitted(id=f"app_{number}", transaction_token=f"EM{number}", state=State.IN_VERIFICATION)
        store.transact(lambda changes: changes.add(change, "req_1"))
        decide(
            store,
            draws=draws,
            application_id=f"app_{number}",
            certificate_id=f"crt_{number}",
            claim=a_claim(f"key {number}", operation="decide"),
        )

    for number, draws in ((1, [1]), (2, [1, 2]), (3, [1, 2, 3])):
        approve(number, draws)
    numbers = [certificate.number for certificate in store.kept.certificates.values()]
    assert numbers == [certificate_number("DOM", draw) for draw in (1, 2, 3)]
    with pytest.raises(NumberTaken):
        approve(4, [1, 2, 3, 4])
    assert store.kept.applications["app_4"].state is State.IN_VERIFICATION
    assert len(store.kept.certificates) == 3
    assert len(store.history("app_4")) == 1


@dataclass
class BusyApplications(FakeApplications):
    """Something happens after the application was read, and before the change is written."""

    meanwhile: Callable[[], object] | None = None

    def history(self, application_id: str) -> Sequence[HistoryEntry]:
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return super().history(application_id)


def test_of_two_who_decide_at_once_the_second_is_told_that_it_is_decided() -> None:
    store = BusyApplications(store_with().kept)
    colleague = a_claim("of a colleague", operation="decide")
    store.meanwhile = lambda: decide(store, officer=COLLEAGUE, claim=colleague, decision=Decision.REJECTED)
    with pytest.raises(AlreadyDecided):
        decide(store)
    assert store.kept.applications["app_1"].state is State.REJECTED
    assert store.kept.certificates == {}


def test_the_same_request_at_once_decides_once() -> None:
    store = BusyApplications(store_with().kept)
    store.meanwhile = lambda: decide(store)
    assert decide(store, draws=[2]) == Once("app_1", replayed=True)
    assert len(store.kept.certificates) == 1
