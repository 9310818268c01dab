"""Officers who stand in for one another, and who decide many cases with one request."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.builders import MONDAY, RULEBOOK, SDO, TEHSILDAR, a_claim, in_verification
from tests.support.fake_officers import FakeBulkDecisions, FakeCharges
from tests.support.fakes import FakeApplications, FakeTakings

from certificates.application.officers.begin_bulk_decision import BeginBulkDecision, BeginBulkDecisionHandler
from certificates.application.officers.decide_application import DecideApplication
from certificates.application.officers.decide_in_bulk import AT_ONCE, CLAIM_KEPT, DecideInBulk, DecideInBulkHandler
from certificates.application.officers.errors import (
    AlreadyDecided,
    BulkDecisionNotFound,
    ChargeNotFound,
    OfficerRequired,
)
from certificates.application.officers.hand_over_charge import HandOverCharge, HandOverChargeHandler
from certificates.application.officers.ports import DeskQueue
from certificates.application.officers.read_officers import OfficerReader
from certificates.domain.applications.application import Decision
from certificates.domain.label import Label
from certificates.domain.officers.bulk import BulkDecision, BulkItem, Outcome
from certificates.domain.officers.charge import MOST_DAYS, Charge, StandIn, posts_held
from certificates.domain.officers.officer import AN_OFFICER, Officer
from servicekit.access import EVERYTHING, Reach
from servicekit.errors import DependencyUnavailable, FieldProblem, ServiceError, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
COLLEAGUE = replace(TEHSILDAR, id="per_colleague")
CLAIM = a_claim("key_1")


def a_charge(**changes: Any) -> Charge:
    """The tehsildar's charge in Jaipur, which the SDO has from today for two days."""
    charge = Charge(
        id="chg_1",
        officer_id="per_tehsildar",
        post=TEHSILDAR.designation,
        department="revenue",
        districts=frozenset({"102"}),
        from_on=TODAY,
        until_on=TODAY + DAY,
        to_officer_id="per_sdo",
        to_posts=(),
        made_at=MONDAY,
    )
    return replace(charge, **changes)


@pytest.mark.parametrize(
    ("changes", "today", "is_held"),
    [
        ({}, TODAY - DAY, False),
        ({}, TODAY, True),
        ({}, TODAY + DAY, True),
        ({}, TODAY + 2 * DAY, False),
        ({"ended_at": MONDAY}, TODAY, False),
        ({"department": "water"}, TODAY, False),
        ({"officer_id": "per_sdo"}, TODAY, False),  # nobody has their own
        ({"to_officer_id": "per_other", "to_posts": ("Sub-Divisional Officer",)}, TODAY, False),
        ({"to_officer_id": None, "to_posts": ("Naib Tehsildar", "Sub-Divisional Officer")}, TODAY, True),
        ({"to_officer_id": None, "to_posts": ("Naib Tehsildar",)}, TODAY, False),
    ],
)
def test_a_charge_is_held_on_its_days_by_the_person_or_in_an_absence_by_the_posts(
    changes: dict[str, Any], today: date, is_held: bool
) -> None:
    assert a_charge(**changes).is_held_by("per_sdo", "revenue", "Sub-Divisional Officer", today) is is_held


def test_of_several_charges_of_one_post_the_first_counts_and_only_in_its_districts() -> None:
    first, second, elsewhere = a_charge(), a_charge(id="chg_2"), a_charge(id="chg_3", districts=frozenset({"86"}))

    assert posts_held([first, second, elsewhere], "102") == {"Tehsildar": first}
    assert posts_held([first, second, elsewhere], "86") == {"Tehsildar": elsewhere}


CASTE_STEPS = RULEBOOK.types["caste"].steps


def test_who_has_a_charge_decides_for_that_post_and_signs_as_who_they_are_in_charge_of() -> None:
    step = next(step for step in CASTE_STEPS if "Tehsildar" in [post.name.en for post in step.posts])
    acting = replace(SDO, charges=(a_charge(),))

    assert acting.holds_a_post_of(step, "102")
    assert not SDO.holds_a_post_of(step, "102")
    assert not acting.holds_a_post_of(step, "86")
    assert acting.signs_as(step, "102") == Label(
        "Sub-Divisional Officer (in charge of: Tehsildar)", "उपखण्ड अधिकारी (प्रभार: तहसीलदार)"
    )
    # Whose own post it is signs as that, whatever charges they have.
    assert replace(TEHSILDAR, charges=(a_charge(),)).charge_for(step, "102") is None
    assert TEHSILDAR.signs_as(step, "102") == TEHSILDAR.designation


def handed_over(charges: FakeCharges, **changes: Any) -> Once[str]:
    """The tehsildar hands over to the SDO, for today."""
    command = HandOverCharge(
        charge_id="chg_1", officer=TEHSILDAR, to_officer_id="per_sdo", from_on=TODAY, until_on=TODAY, at=MONDAY,
        claim=CLAIM,
    )  # fmt: skip
    rule = StandIn(("Naib Tehsildar",), Label("An order", "एक आदेश"))
    rulebook = replace(RULEBOOK, stand_ins={"Tehsildar": rule})
    return HandOverChargeHandler(rulebook, charges)(replace(command, **changes))


def test_a_post_is_handed_to_a_person_for_some_days_once() -> None:
    charges = FakeCharges()

    first, again = handed_over(charges), handed_over(charges, charge_id="chg_2")

    assert (first, again) == (Once("chg_1", replayed=False), Once("chg_1", replayed=True))
    assert charges.charges == {"chg_1": a_charge(until_on=TODAY)}


def test_who_is_absent_is_stood_in_for_by_the_posts_of_the_rule() -> None:
    charges = FakeCharges()

    handed_over(charges, to_officer_id=None)

    assert charges.charges == {"chg_1": a_charge(until_on=TODAY, to_officer_id=None, to_posts=("Naib Tehsildar",))}


def test_a_post_without_a_name_cannot_be_handed_over() -> None:
    with pytest.raises(OfficerRequired) as nameless:
        handed_over(FakeCharges(), officer=replace(TEHSILDAR, designation=AN_OFFICER))

    assert nameless.value.detail == "Your token names no post; what has no name cannot be handed over."


OWN = FieldProblem("/to_officer_id", "own", "Must be another officer.", "किसी अन्य अधिकारी को दें।")
PAST = FieldProblem("/from_on", "past", "Must be today or later.", "आज या इसके बाद का दिन दें।")
BEFORE = FieldProblem("/until_on", "before-begin", "Must not be before from_on.", "यह दिन from_on से पहले न हो।")
TOO_LONG = FieldProblem(
    "/until_on", "too-long", "May be 90 days at most; longer is a transfer.", "अधिकतम 90 दिन हो सकते हैं।"
)
NO_RULE = FieldProblem(
    "/to_officer_id",
    "required",
    "No rule says who stands in for: Sub-Divisional Officer. Name the officer.",
    "इस पद के लिए कोई नियम नहीं बताता कि कार्य कौन देखेगा: उपखण्ड अधिकारी। अधिकारी का नाम दें।",
)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"from_on": TODAY - DAY}, (PAST,)),
        ({"until_on": TODAY - DAY}, (BEFORE,)),
        ({"until_on": TODAY + MOST_DAYS * DAY}, (TOO_LONG,)),
        ({"to_officer_id": "per_tehsildar"}, (OWN,)),
        ({"officer": SDO, "to_officer_id": None}, (NO_RULE,)),
        ({"from_on": TODAY - DAY, "until_on": TODAY - 2 * DAY, "to_officer_id": "per_tehsildar"}, (PAST, BEFORE, OWN)),
    ],
)
def test_a_charge_that_cannot_be_is_refused_with_all_that_is_wrong(
    changes: dict[str, Any], problems: tuple[FieldProblem, ...]
) -> None:
    charges = FakeCharges()

    with pytest.raises(ValidationFailed) as refused:
        handed_over(charges, **changes)

    assert (refused.value.detail, refused.value.errors) == ("The charge cannot be handed over so.", problems)
    assert charges.charges == {}


def test_ninety_days_counted_with_both_ends_are_the_most() -> None:
    assert not handed_over(FakeCharges(), until_on=TODAY + (MOST_DAYS - 1) * DAY).replayed


@dataclass
class KnownQueues:
    """application.officers.ports.Queues: what a test puts in, and what was asked."""

    queues: list[DeskQueue] = field(default_factory=list)
    asked: list[tuple[Reach, set[tuple[str, str]], date]] = field(default_factory=list)

    def count(self, reach: Reach, without: Collection[tuple[str, str]], today: date) -> Iterable[DeskQueue]:
        self.asked.append((reach, set(without), today))
        return iter(self.queues)


def reader_of(
    charges: FakeCharges | None = None, bulk: FakeBulkDecisions | None = None, queues: KnownQueues | None = None
) -> OfficerReader:
    return OfficerReader(
        RULEBOOK, queues or KnownQueues(), FakeTakings(), charges or FakeCharges(), bulk or FakeBulkDecisions()
    )


def test_an_officer_has_the_charges_of_today_and_knows_of_those_to_come() -> None:
    today, later, gone = a_charge(), a_charge(id="chg_2", from_on=TODAY + DAY), a_charge(id="chg_3", ended_at=MONDAY)
    others = a_charge(id="chg_4", to_officer_id="per_other")
    reader = reader_of(FakeCharges({charge.id: charge for charge in (today, later, gone, others)}))

    assert reader.with_charges(SDO, MONDAY) == replace(SDO, charges=(today,))
    # Half past midnight in India is the next day.
    assert reader.with_charges(SDO, MONDAY.replace(hour=19)).charges == (today, later)
    assert reader.charges_of(SDO, MONDAY) == [today, later]
    assert reader.charges_of(TEHSILDAR, MONDAY) == [today, later, others]
    assert reader.charges_of(COLLEAGUE, MONDAY) == []


def test_only_who_handed_a_charge_over_ends_it_and_it_ends_once() -> None:
    charges = FakeCharges({"chg_1": a_charge()})
    reader = reader_of(charges)

    for charge_id, officer in (("chg_1", SDO), ("chg_none", TEHSILDAR)):
        with pytest.raises(ChargeNotFound, match=r"^There is no such charge that you handed over\.$"):
            reader.end_charge(charge_id, officer, MONDAY)
    assert reader.end_charge("chg_1", TEHSILDAR, MONDAY) == a_charge(ended_at=MONDAY)
    assert reader.end_charge("chg_1", TEHSILDAR, MONDAY + DAY) == a_charge(ended_at=MONDAY)


def test_what_waits_is_counted_without_the_steps_of_other_posts_and_the_longest_wait_is_first() -> None:
    short, long = (DeskQueue("domicile", "verification", "102", 1, 0, 0, MONDAY - wait * DAY) for wait in (1, 2))
    queues = KnownQueues([short, long])

    assert reader_of(queues=queues).queue_counts(TEHSILDAR, EVERYTHING, MONDAY.replace(hour=19)) == [long, short]
    ((reach, without, today),) = queues.asked
    assert (reach, today) == (EVERYTHING, TODAY + DAY)
    assert without
    assert all(
        "Tehsildar" not in [post.name.en for post in RULEBOOK.types[type_code].step(step).posts]
        for type_code, step in without
    )


def test_an_operation_is_shown_to_its_officer_alone() -> None:
    bulk = FakeBulkDecisions()
    begun(bulk, "app_1")

    assert reader_of(bulk=bulk).bulk_decision("blk_1", TEHSILDAR) == bulk.kept["blk_1"]
    for bulk_id, officer in (("blk_1", COLLEAGUE), ("blk_none", TEHSILDAR)):
        with pytest.raises(BulkDecisionNotFound, match=r"^There is no such operation of yours\.$"):
            reader_of(bulk=bulk).bulk_decision(bulk_id, officer)


def begun(bulk: FakeBulkDecisions, *application_ids: str, version: int | None = None) -> Once[str]:
    """The tehsildar asks for the approval of these."""
    items = [BulkItem(application_id, "verification", version) for application_id in application_ids]
    command = BeginBulkDecision(
        bulk_id="blk_1", officer=TEHSILDAR, client_id="cli_1", remarks="all in order", items=items,
        request_id="req_1", at=MONDAY, claim=CLAIM,
    )  # fmt: skip
    return BeginBulkDecisionHandler(bulk)(command)


def test_what_is_asked_for_is_written_down_and_nothing_is_decided_yet() -> None:
    bulk = FakeBulkDecisions()

    assert begun(bulk, "app_1", "app_2") == Once("blk_1", replayed=False)

    items = (BulkItem("app_1", "verification", None), BulkItem("app_2", "verification", None))
    assert bulk.kept == {
        "blk_1": BulkDecision(
            id="blk_1", officer=TEHSILDAR, client_id="cli_1", remarks="all in order", request_id="req_1", items=items,
            made_at=MONDAY,
        )
    }  # fmt: skip
    assert begun(bulk, "app_1", "app_2") == Once("blk_1", replayed=True)


def test_each_application_that_is_named_again_is_told_by_its_place() -> None:
    bulk = FakeBulkDecisions()

    with pytest.raises(ValidationFailed) as refused:
        begun(bulk, "app_1", "app_2", "app_1", "app_1")

    assert refused.value.detail == "Some applications are named twice."
    assert refused.value.errors == tuple(
        FieldProblem(
            f"/items/{place}/application_id", "repeated", "Name each application once.", "हर आवेदन एक ही बार दें।"
        )
        for place in (2, 3)
    )
    assert bulk.kept == {}


@dataclass
class Deciding:
    """Decides, or answers as `errors` says of an application; keeps what it was asked."""

    errors: dict[str, ServiceError] = field(default_factory=dict)
    asked: list[DecideApplication] = field(default_factory=list)

    def __call__(self, command: DecideApplication) -> Once[str]:
        self.asked.append(command)
        if error := self.errors.get(command.application_id):
            raise error
        return Once(command.application_id, replayed=False)


def run_of(bulk: FakeBulkDecisions, deciding: Deciding, charges: FakeCharges | None = None) -> int:
    issued = replace(in_verification(), certificate_id="crt_1")
    applications = FakeApplications()
    applications.get = {"app_1": issued, "app_2": in_verification()}.get  # type: ignore[assignment,method-assign]
    handler = DecideInBulkHandler(
        applications,
        deciding,  # type: ignore[arg-type]
        bulk,
        reader_of(charges, bulk),
        lambda: MONDAY + DAY,
    )
    return handler(DecideInBulk(MONDAY))


def test_each_case_is_approved_under_a_claim_of_its_own_by_the_officer_with_todays_charges() -> None:
    bulk, deciding = FakeBulkDecisions(), Deciding()
    begun(bulk, "app_1", "app_2", "app_gone", version=3)
    charge = a_charge(officer_id="per_sdo", to_officer_id="per_tehsildar")

    assert run_of(bulk, deciding, FakeCharges({"chg_1": charge})) == 3

    first = deciding.asked[0]
    assert (first.application_id, first.step, first.decision, first.reason) == (
        "app_1",
        "verification",
        Decision.APPROVED,
        None,
    )
    assert (first.officer, first.remarks, first.request_id) == (
        replace(TEHSILDAR, charges=(charge,)),
        "all in order",
        "req_1",
    )
    assert (first.precondition, first.at) == (Precondition(frozenset({3})), MONDAY + DAY)
    assert [command.claim for command in deciding.asked] == [
        Claim("cli_1", "bulk-decision", f"blk_1:{place}", "blk_1", MONDAY + DAY + CLAIM_KEPT) for place in range(3)
    ]
    names = [first.certificate_id, first.decided_event_id, first.issued_event_id, *first.ended_event_ids]
    assert len(set(names)) == 5
    assert [name.partition("_")[0] for name in names[:1]] == ["crt"]
    assert [item.outcome for item in bulk.kept["blk_1"].items] == [
        Outcome(None, certificate_id="crt_1"),
        Outcome(None, certificate_id=None),
        Outcome(None, certificate_id=None),
    ]
    assert bulk.noted == [(place, MONDAY + DAY) for place in range(3)]


def test_a_case_without_a_version_is_approved_as_it_stands() -> None:
    bulk, deciding = FakeBulkDecisions(), Deciding()
    begun(bulk, "app_1")

    run_of(bulk, deciding)

    assert deciding.asked[0].precondition == Precondition()


def test_a_case_that_is_refused_says_why_and_the_others_go_on() -> None:
    refusal = AlreadyDecided("This step is decided.", detail_hi="इस चरण पर निर्णय हो चुका है।")
    bulk, deciding = FakeBulkDecisions(), Deciding({"app_1": refusal})
    begun(bulk, "app_1", "app_2")

    assert run_of(bulk, deciding) == 2

    assert [item.outcome for item in bulk.kept["blk_1"].items] == [
        Outcome("already-decided", "This step is decided.", "इस चरण पर निर्णय हो चुका है।"),
        Outcome(None),
    ]


def test_a_dependency_that_is_away_stops_the_run_and_the_next_goes_on_where_it_stopped() -> None:
    bulk, deciding = FakeBulkDecisions(), Deciding({"app_2": DependencyUnavailable("away")})
    begun(bulk, "app_1", "app_2", "app_3")

    with pytest.raises(DependencyUnavailable):
        run_of(bulk, deciding)
    assert [item.outcome is None for item in bulk.kept["blk_1"].items] == [False, True, True]

    deciding.errors.clear()
    assert run_of(bulk, deciding) == 2
    assert [command.application_id for command in deciding.asked] == ["app_1", "app_2", "app_2", "app_3"]
    assert run_of(bulk, deciding) == 0


def test_one_run_goes_through_a_bounded_number() -> None:
    bulk, deciding = FakeBulkDecisions(), Deciding()
    begun(bulk, *(f"app_{number}" for number in range(AT_ONCE + 1)))

    assert [run_of(bulk, deciding) for _ in range(3)] == [AT_ONCE, 1, 0]


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


def test_whoever_dies_between_a_decision_and_its_note_decides_it_again_under_the_same_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    bulk, deciding = FakeBulkDecisions(), Deciding()
    begun(bulk, "app_1")
    with monkeypatch.context() as dying:
        dying.setattr("os.kill", kill)
        dying.setenv("CRASH_POINT", "Q1")
        with pytest.raises(Killed):
            run_of(bulk, deciding)

    run_of(bulk, deciding)

    first, second = deciding.asked
    assert first.claim == second.claim
    assert bulk.noted == [(0, MONDAY + DAY)]


def test_a_step_without_posts_is_for_any_officer_of_the_department() -> None:
    step = replace(CASTE_STEPS[0], posts=())
    officer = Officer("per_9", "officer", "revenue", frozenset({"102"}))

    assert officer.holds_a_post_of(step, "102")
    assert (officer.may_decide(step, "102"), officer.may_decide(step, "86")) == (True, False)
    assert not replace(officer, role="auditor").may_decide(step, "102")
    assert not replace(officer, department="water").may_decide(step, "102")
