"""What a filing lacks, by the rules."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.builders import filing

from revenue_courts.adapters.data.courts_file import read_courts
from revenue_courts.adapters.data.facts import read_kinds, shipped_text
from revenue_courts.domain.case_kinds import CaseKind
from revenue_courts.domain.courts import LEVELS, Court, Level
from revenue_courts.domain.filing import Filing, Guardian, Parcel, Party, PartyKind, Side, lacks

TODAY = date(2026, 11, 30)
KINDS = read_kinds()
COURTS = {court.code: court for court in read_courts(shipped_text("sandbox_courts.csv"), KINDS)[0]}


def lacking(
    one: Filing, *, court: Court = COURTS["test-tehsildar-jaipur"], kind: CaseKind = KINDS["tenancy-division"]
) -> dict[str, str]:
    return dict(lacks(one, court, kind, TODAY))


def person(**members: object) -> Party:
    given = {"name": "A", "parent_or_spouse": "B", "address": "C", **members}
    return Party(side=Side.PETITIONER, kind=PartyKind.PERSON, **given)  # type: ignore[arg-type]


STATE = Party(side=Side.RESPONDENT, kind=PartyKind.STATE, through="Tehsildar")


def test_there_are_ten_levels_from_the_board_to_the_naib_tehsildar() -> None:
    assert list(LEVELS) == list(Level)
    assert len(LEVELS) == 10
    assert (next(iter(LEVELS)), list(LEVELS)[-1]) == (Level.BOARD, Level.NAIB_TEHSILDAR)


def test_a_whole_filing_lacks_nothing() -> None:
    assert lacking(filing()) == {}


@pytest.mark.parametrize(
    ("party", "pointer", "code"),
    [
        (person(parent_or_spouse=None), "/parties/0/parent_or_spouse", "no-parent"),
        (person(name=None), "/parties/0/name", "no-name"),
        (person(address=None), "/parties/0/address", "no-address"),
        (person(minor=True), "/parties/0/guardian", "no-guardian"),
        (replace(STATE, side=Side.PETITIONER, through=None), "/parties/0/through", "no-officer"),
    ],
)
def test_a_party_is_known_and_can_be_summoned(party: Party, pointer: str, code: str) -> None:
    assert lacking(filing(parties=(party, STATE))) == {pointer: code}


def test_a_minor_with_a_guardian_and_a_body_without_a_father_are_parties() -> None:
    minor = person(minor=True, guardian=Guardian(name="G", relation="mother"))
    body = Party(side=Side.PETITIONER, kind=PartyKind.BODY, name="Gram Panchayat", address="C")
    assert lacking(filing(parties=(minor, body, STATE))) == {}


def test_both_sides_are_named() -> None:
    assert lacking(filing(parties=(STATE,))) == {"/parties": "no-petitioner"}
    assert lacking(filing(parties=(person(),))) == {"/parties": "no-respondent"}


def test_a_court_hears_what_is_in_its_jurisdiction_on_that_day() -> None:
    court = replace(
        COURTS["test-tehsildar-jaipur"],
        tehsils=frozenset({"Amber"}),
        kinds=frozenset({"tenancy-trespass"}),
        ends=date(2026, 11, 29),
    )
    land = (Parcel(tehsil="amber", village="G", khasras=("1",), area_sqm=1), *filing().land)
    assert lacking(filing(district_code="107", land=land), court=court) == {
        "/court_code": "no-court-then",
        "/district_code": "outside-jurisdiction",
        "/kind_code": "not-heard-there",
        "/land/1/tehsil": "outside-jurisdiction",
    }


def test_what_is_asked_for_is_of_its_kind_and_sworn_to() -> None:
    one = filing(reliefs=("ejectment",), facts=None, affirmed=False, land=())
    assert lacking(one) == {
        "/reliefs/0": "unknown-relief", "/facts": "no-facts", "/affirmed": "not-affirmed", "/land": "no-land",
    }  # fmt: skip


def test_an_appeal_names_its_order_and_after_the_limitation_says_why() -> None:
    appeal = KINDS["tenancy-appeal"]
    one = filing(kind_code="tenancy-appeal", reliefs=("stay",))
    assert lacking(one, kind=appeal) == {"/order_on": "no-order"}
    assert lacking(replace(one, order_on=date(2026, 12, 1)), kind=appeal) == {"/order_on": "order-to-come"}
    late = replace(one, order_on=date(2020, 1, 1))
    assert lacking(late, kind=appeal) == {}, "while the limitation is unset nothing is late"
    limited = replace(appeal, limitation_days=30)
    assert lacking(replace(one, order_on=date(2026, 10, 31)), kind=limited) == {}
    assert lacking(late, kind=limited) == {"/condonation": "after-limitation"}
    assert lacking(replace(late, condonation="Ill."), kind=limited) == {}


def test_a_fee_that_nobody_could_demand_is_refused_with_its_file() -> None:
    with pytest.raises(ValueError, match="tenancy-declaration: court_fee"):
        read_kinds(shipped_text("case_kinds.toml").replace('court_fee = "unset"', "court_fee = 500"))
