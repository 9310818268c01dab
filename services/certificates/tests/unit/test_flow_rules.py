"""What moves an application beside payments and decisions: answers, withdrawal, expiry; and the clock meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.support.builders import CALENDAR, CASTE, DOMICILE, FEE, MONDAY, TEHSILDAR, domicile_form, submitted

from certificates.domain.applications.application import (
    Application,
    Ask,
    Change,
    Decision,
    Happening,
    HistoryEntry,
    NotAllowedNow,
    RefusalReason,
    State,
)
from certificates.domain.applications.decide import decide, desk_days
from certificates.domain.applications.expire import Term, expire, last_day
from certificates.domain.applications.pay import receive_payment
from certificates.domain.applications.resubmit import Opened, opened, resubmit
from certificates.domain.applications.withdraw import withdraw
from certificates.domain.label import Label
from certificates.domain.types.application_type import ApplicationType, WithdrawalRule

REASON = RefusalReason("documents-not-in-order", Label("Not in order", "ठीक नहीं"))
ADDRESS = Ask(REASON, field="address")
GOES_BACK = WithdrawalRule(date(2026, 1, 1), True, "Sample order", "नमूना आदेश")


def days(count: int) -> timedelta:
    return timedelta(days=count)


class Case:
    """app_1 with its history; each act is done and kept."""

    def __init__(self, application_type: ApplicationType = DOMICILE, **changed: Any) -> None:
        begun = submitted(application_type, **changed)
        self.type = application_type
        self.now: Application = begun.application
        self.history: list[HistoryEntry] = [begun.entry]
        self.told: list[Any] = [begun.event]

    def _kept(self, change: Change) -> Change:
        assert change.application.version == self.now.version + 1
        self.now = change.application
        self.history.append(change.entry)
        self.told.append(change.event)
        return change

    def paid(self, at: datetime = MONDAY) -> Change:
        change = receive_payment(
            self.now,
            payment_id="pay_1",
            paise=self.now.fee.paise,
            at=at,
            refused_event_id="evt_r",
            refused_at=at,
            application_type=self.type,
            calendar=CALENDAR,
        )
        assert isinstance(change, Change)
        return self._kept(change)

    def decided(self, decision: Decision, at: datetime, asks: Sequence[Ask] = (), officer: Any = TEHSILDAR) -> Change:
        return self._kept(
            decide(
                self.now,
                history=self.history,
                officer=officer,
                decision=decision,
                reason=None,
                remarks=None,
                asks=asks,
                certificate_id="crt_1",
                at=at,
                event_id="evt_d",
                application_type=self.type,
                calendar=CALENDAR,
            )
        )

    def answered(self, at: datetime, **answers: Any) -> Change:
        return self._kept(
            resubmit(
                self.now,
                history=self.history,
                applicant={**self.now.applicant, **answers},
                answered=sorted(answers),
                attached=[],
                at=at,
                event_id="evt_a",
                application_type=self.type,
                calendar=CALENDAR,
            )
        )

    def withdrawn(self, at: datetime = MONDAY) -> Change:
        return self._kept(withdraw(self.now, history=self.history, at=at, event_id="evt_w", application_type=self.type))


def test_what_is_answered_goes_back_to_the_same_desk_with_the_form_as_it_was_answered() -> None:
    case = Case()
    case.paid()
    case.decided(Decision.SENT_BACK, MONDAY + days(1), [ADDRESS])
    change = case.answered(MONDAY + days(10), address="14, Sandbox Marg")
    assert (case.now.state, case.now.step, case.now.version) == (State.IN_VERIFICATION, "approval", 4)
    assert case.now.applicant == {**domicile_form(), "address": "14, Sandbox Marg"}
    assert (change.entry.what, change.entry.answered, change.entry.step) == (
        Happening.RESUBMITTED,
        ("address",),
        "approval",
    )
    assert [event.application.events_told for event in case.told if event] == [1, 2, 3]


@pytest.mark.parametrize(
    ("sent_back_after", "answered_after", "due_after"),
    [
        # Domicile has 7 working days from Monday 23 November: until Wednesday 2 December.
        # Sent back on Tuesday with 7 days left (that day does not count), answered on Thursday: as of a new beginning.
        (1, 3, 14),
        # Sent back on Monday itself, and answered: nothing was used up, and nothing is won.
        (0, 0, 9),
        # Sent back on the last day: one day is left.
        (9, 20, 21),
        # Sent back on a Saturday: three days are left, and the weekend gives none.
        (5, 7, 10),
    ],
)
def test_the_clock_stands_from_the_day_of_sending_back_to_the_day_of_the_answer(
    sent_back_after: int, answered_after: int, due_after: int
) -> None:
    case = Case()
    case.paid()
    assert case.now.due_on == date(2026, 12, 2)
    case.decided(Decision.SENT_BACK, MONDAY + days(sent_back_after))
    case.answered(MONDAY + days(answered_after), address="x")
    assert case.now.due_on == date(2026, 11, 23) + days(due_after)


def test_an_office_that_was_late_already_wins_no_day_by_sending_back() -> None:
    case = Case()
    case.paid()
    case.decided(Decision.SENT_BACK, MONDAY + days(15))
    case.answered(MONDAY + days(20), address="x")
    assert case.now.due_on == date(2026, 12, 2)


def test_a_case_can_be_sent_back_and_answered_as_often_as_it_takes() -> None:
    case = Case()
    case.paid()
    for turn in (1, 2, 3):
        case.decided(Decision.SENT_BACK, MONDAY + days(2 * turn), [ADDRESS])
        case.answered(MONDAY + days(2 * turn + 1), address=f"{turn}")
    case.decided(Decision.APPROVED, MONDAY + days(8))
    assert case.now.state is State.ISSUED


def test_the_days_of_a_desk_are_working_days_without_those_on_which_it_was_sent_back() -> None:
    case = Case()
    case.paid()
    # Tuesday and Wednesday lie with the office; Thursday to Monday with the applicant; then Tuesday and Wednesday.
    case.decided(Decision.SENT_BACK, MONDAY + days(3))
    case.answered(MONDAY + days(7), address="x")
    assert case.decided(Decision.APPROVED, MONDAY + days(9)).entry.desk_days == 4
    assert desk_days([], MONDAY, CALENDAR) is None


def test_the_days_of_the_second_desk_begin_when_the_first_one_passed_it_on() -> None:
    case = Case(CASTE, fee=replace(FEE, paise=5000))
    case.paid()
    assert case.decided(Decision.APPROVED, MONDAY + days(3)).entry.desk_days == 3
    sdo = replace(TEHSILDAR, id="per_sdo", designation=Label("Sub-Divisional Officer", "उपखण्ड अधिकारी"))
    assert case.decided(Decision.APPROVED, MONDAY + days(8), officer=sdo).entry.desk_days == 3


@pytest.mark.parametrize("state", [State.FEE_DUE, State.IN_VERIFICATION, State.ISSUED, State.REJECTED, State.EXPIRED])
def test_only_what_was_sent_back_is_answered(state: State) -> None:
    case = Case(state=state, due_on=date(2026, 12, 1))
    with pytest.raises(NotAllowedNow) as refused:
        case.answered(MONDAY, address="x")
    assert refused.value.state is state


@pytest.mark.parametrize("state", [State.ISSUED, State.REJECTED, State.WITHDRAWN, State.EXPIRED])
def test_what_is_decided_or_ended_is_not_withdrawn(state: State) -> None:
    with pytest.raises(NotAllowedNow):
        Case(state=state).withdrawn()


@pytest.mark.parametrize(
    ("rule", "paid", "sent_back", "refund"),
    [
        (GOES_BACK, True, False, 5000),
        (GOES_BACK, True, True, 5000),
        (replace(GOES_BACK, undecided_only=True), True, False, 5000),
        (replace(GOES_BACK, undecided_only=True), True, True, 0),
        (replace(GOES_BACK, fee_returned=False), True, False, 0),
        (replace(GOES_BACK, effective_from=date(2027, 1, 1)), True, False, 0),
        (GOES_BACK, False, False, 0),
        (None, True, False, 0),
    ],
)
def test_whether_the_fee_goes_back_is_a_rule_of_the_type(
    rule: WithdrawalRule | None, paid: bool, sent_back: bool, refund: int
) -> None:
    case = Case(replace(DOMICILE, withdrawals=(rule,) if rule else ()))
    if paid:
        case.paid()
    if sent_back:
        case.decided(Decision.SENT_BACK, MONDAY)
    event = case.withdrawn().event
    assert (case.now.state, event.refund) == (State.WITHDRAWN, refund)  # type: ignore[union-attr]


def test_a_payment_for_what_was_withdrawn_is_refused_and_goes_back() -> None:
    case = Case()
    case.withdrawn()
    with pytest.raises(AssertionError):
        case.paid()
    assert case.now.state is State.WITHDRAWN


TERMS = {State.FEE_DUE: (Term(date(2026, 11, 1), 10, Label("a", "अ")), Term(date(2026, 12, 1), 20, Label("b", "ब")))}


@pytest.mark.parametrize(
    ("submitted_at", "after_days", "expires"),
    [
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), 10, False),
        # Half past eleven at night in Jaipur, and half past midnight.
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), 11, True),
        (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), 10, False),
        (datetime(2026, 10, 31, 10, 0, tzinfo=UTC), 400, False),
        (datetime(2026, 11, 30, 19, 0, tzinfo=UTC), 20, False),
        (datetime(2026, 11, 30, 19, 0, tzinfo=UTC), 21, True),
    ],
)
def test_what_waits_beyond_the_last_day_of_its_term_expires(
    submitted_at: datetime, after_days: int, expires: bool
) -> None:
    waiting = submitted(submitted_at=submitted_at, updated_at=submitted_at).application
    change = expire(waiting, terms=TERMS, at=submitted_at + days(after_days), event_id="evt_e")
    assert (change is not None) is expires
    if change is not None:
        assert (change.application.state, change.entry.what) == (State.EXPIRED, Happening.EXPIRED)


def test_what_waits_for_an_office_never_expires() -> None:
    with_the_office = submitted(state=State.IN_VERIFICATION).application
    assert expire(with_the_office, terms=TERMS, at=MONDAY + days(1000), event_id="evt_e") is None


def test_a_last_day_counts_from_the_day_in_india() -> None:
    day, term = last_day(TERMS[State.FEE_DUE], datetime(2026, 11, 23, 19, 0, tzinfo=UTC)) or (None, None)
    assert (day, term and term.days) == (date(2026, 12, 4), 10)


def test_what_is_asked_for_opens_what_its_answer_may_bring_with_it_and_nothing_else() -> None:
    assert opened(DOMICILE, [ADDRESS]).fields == {"address", "address_absent"}
    ground = opened(DOMICILE, [Ask(REASON, field="ground")])
    assert ground.fields == {"ground", "husband_name", "husband_certificate_number", "years_of_residence"}
    assert ground.documents == frozenset()
    photograph = opened(DOMICILE, [Ask(REASON, document="photograph")])
    assert photograph == Opened(frozenset(), frozenset({"photograph"}))


def test_without_asks_all_is_open() -> None:
    everything = opened(DOMICILE, [])
    assert {"name", "witnesses", "address"} <= everything.fields
    assert "identity" in everything.documents
