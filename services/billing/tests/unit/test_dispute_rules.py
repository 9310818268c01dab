"""What the payment's own record tells of a dispute, what may be written in one, and how one ends."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError
from tests.support.builders import NOW, a_payment

from billing.adapters.data.dispute_codes import load_dispute_codes, read_dispute_codes
from billing.adapters.data.marked_yaml import BadFile
from billing.domain.disputes.causes import Cause, CauseKind, cause_of
from billing.domain.disputes.dispute import (
    Dispute,
    DisputeMove,
    DisputeState,
    Evidence,
    EvidenceKind,
    NotOpen,
    with_evidence,
)
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import Failure, Payment, State
from billing.entrypoints.http.disputes.schemas import DisputeRequestSchema

TODAY = NOW.date()
REFUSED = Failure("biller-refused", "no", money_returned=True)


def paid(at: Any = NOW, **changes: Any) -> Payment:
    return replace(a_payment().posted(at, "ref", resume_at=at), **changes)


def cause(payment: Payment, *, other: bool = False, renumbered_on: date | None = None) -> Cause:
    return cause_of(payment, other_payment=other, renumbered_on=renumbered_on)


PART = Part("due", 200_000, NOW)
CARD = a_payment(mode="CARD").move(NOW, State.AUTHORISED, State.POST_REQUESTED, authorisation_id="aut_1")


@pytest.mark.parametrize(
    ("payment", "told", "kind"),
    [
        (a_payment(), {}, CauseKind.IN_DOUBT),
        (a_payment().move(NOW, State.MANUAL), {"other": True}, CauseKind.IN_DOUBT),
        (a_payment().refused(NOW, REFUSED, resume_at=NOW), {}, CauseKind.NOT_PAID),
        (CARD.refused(NOW, REFUSED, resume_at=NOW), {}, CauseKind.NOT_PAID),  # its card is let go of a moment later
        (a_payment().refused(NOW, REFUSED, resume_at=NOW), {"other": True}, CauseKind.PAID_BY_ANOTHER),
        (paid(refunded_paise=152_500), {"other": True}, CauseKind.PAID_BY_ANOTHER),
        (paid(refunded_paise=1, due_on=TODAY - timedelta(days=1)), {}, CauseKind.REVERSED),
        (paid(part=PART), {"renumbered_on": TODAY}, CauseKind.OLD_NUMBER),
        (paid(part=PART, due_on=TODAY - timedelta(days=1)), {}, CauseKind.PART_PAID),
        (paid(part=replace(PART, due_paise=152_500)), {}, CauseKind.BILLER_HAD_IT),
        (paid(due_on=TODAY - timedelta(days=1)), {}, CauseKind.TENDERED_LATE),
        (paid(NOW + timedelta(days=1), due_on=TODAY), {}, CauseKind.POSTED_LATE),
        (paid(NOW + timedelta(days=1)), {}, CauseKind.POSTED_LATE),
        (paid(NOW + timedelta(days=1), due_on=TODAY + timedelta(days=1)), {}, CauseKind.BILLER_HAD_IT),
        (paid(), {}, CauseKind.BILLER_HAD_IT),
        (paid(), {"other": True}, CauseKind.BILLER_HAD_IT),
    ],
)
def test_the_record_of_a_payment_names_the_cause(payment: Payment, told: dict[str, Any], kind: CauseKind) -> None:
    assert cause(payment, **told).kind is kind


def test_days_of_a_cause_are_indias_to_the_millisecond() -> None:
    midnight = NOW.replace(hour=18, minute=30, second=0)  # in India
    tendered = midnight - timedelta(hours=1)
    in_time = paid(midnight - timedelta(milliseconds=1), created_at=tendered, due_on=TODAY)
    late = paid(midnight, created_at=tendered, due_on=TODAY)
    assert (cause(in_time).kind, cause(late).kind) == (CauseKind.BILLER_HAD_IT, CauseKind.POSTED_LATE)
    too_late = paid(midnight, created_at=midnight, due_on=TODAY)
    assert cause(too_late).kind is CauseKind.TENDERED_LATE


def test_a_cause_tells_the_facts_that_it_follows_from() -> None:
    later = NOW + timedelta(minutes=3)
    facts = cause(paid(later, due_on=TODAY, part=PART, refunded_paise=500))
    assert (facts.tendered_at, facts.sent_at, facts.answered_at) == (NOW, NOW, later)
    assert (facts.in_time, facts.left_paise, facts.refunded_paise) == (True, 47_500, 500)
    assert cause(a_payment()).answered_at is None
    assert cause(a_payment()).in_time is None


def a_dispute(**changes: Any) -> Dispute:
    opened = DisputeMove(DisputeState.OPEN, NOW, "per_1", "paid-twice")
    dispute = Dispute(
        "dsp_1", "pay_1", "paid-twice", "cli_1", None, None, None, DisputeState.OPEN, 1, (opened,), (), None
    )
    return replace(dispute, **changes)


def test_a_dispute_is_decided_once() -> None:
    end = {"at": NOW, "by": "per_2", "reason": "paid-twice", "refund_id": "rfd_1"}
    decided = a_dispute().decided(DisputeState.UPHELD, **end)  # type: ignore[arg-type]
    assert (decided.state, decided.version, decided.refund_id) == (DisputeState.UPHELD, 2, "rfd_1")
    assert [move.by for move in decided.history] == ["per_1", "per_2"]
    with pytest.raises(NotOpen):
        decided.decided(DisputeState.REJECTED, **end)  # type: ignore[arg-type]


def test_evidence_that_is_said_twice_is_kept_as_it_was_said_first() -> None:
    first = Evidence(EvidenceKind.TEXT, "a", "per_1", NOW)
    again = replace(first, by="per_2", at=NOW + timedelta(hours=1))
    digest = Evidence(EvidenceKind.SHA256, "0" * 64, "per_2", NOW + timedelta(hours=2))
    assert with_evidence((first,), (again, digest)) == (first, digest)


@pytest.mark.parametrize(
    "written",
    ["call me on 9829012345", "982 901 2345", "98290-12345", "खाता १०००००००००१", "RJ 1 2 3 4 5 6 7", "४५६७ ८९०१ २३४५"],
)
def test_numbers_of_people_are_no_evidence(written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DisputeRequestSchema().load({"code": "paid-twice", "evidence": [{"kind": "text", "text": written}]})
    (message,) = refused.value.normalized_messages()["evidence"][0]["text"]
    assert message.code == "number-of-a-person"


@pytest.mark.parametrize(
    "written", ["Notice of 28 11 in the year 2026", "₹1,525.00 twice", "मीटर ५१२३४ कटा", "On 27.11, at 9"]
)
def test_days_amounts_and_readings_may_be_written(written: str) -> None:
    loaded = DisputeRequestSchema().load({"code": "paid-twice", "evidence": [{"kind": "text", "text": written}]})
    assert loaded["evidence"][0]["text"] == written


def test_no_turn_around_time_is_known_and_an_order_sets_one_from_its_day_on() -> None:
    codes = load_dispute_codes()
    assert len(codes) >= 5
    assert {code.turn_around_on(TODAY) for code in codes.values()} == {None}
    text = """codes:
  - code: paid-twice
    name: a
    name_hi: "क"
    is_explained: false
    turn_around:
      - {source: "Order 1", effective_from: 2026-01-01, hours: 24}
      - {source: "Order 2", effective_from: 2026-06-01, hours: 48}
"""
    code = read_dispute_codes("x.yaml", text)["paid-twice"]
    orders = [code.turn_around_on(date(*day)) for day in ((2025, 12, 31), (2026, 1, 1), (2026, 6, 1))]
    assert [order.limit // timedelta(hours=1) if order else None for order in orders] == [None, 24, 48]
    with pytest.raises(BadFile):
        read_dispute_codes("x.yaml", text.replace("hours: 48", "hours: soon"))
