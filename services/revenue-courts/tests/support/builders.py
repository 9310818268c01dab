"""Filings, as clients send them and as the rules see them."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.case import Actor, Office
from revenue_courts.domain.filing import Filing, Paper, Parcel, Party, PartyKind, Side
from revenue_courts.domain.label import Label
from revenue_courts.entrypoints.http.case_schemas import FILING_EXAMPLE

AT = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)  # a Monday
CALENDAR = Calendar(
    frozenset({5, 6}), {date(2026, 12, 25): Label("Christmas Day", "क्रिसमस")}, known_until=date(2027, 12, 31)
)
READER = Actor("per_reader", Office.READER, Label("Reader", "रीडर"))
BENCH = Actor("per_bench", Office.PRESIDING_OFFICER, Label("Tehsildar", "तहसीलदार"))
FILER = Actor("per_citizen", Office.FILER)


def filing_body(**members: Any) -> dict[str, Any]:
    """The example of the documentation, with other members."""
    return {**deepcopy(FILING_EXAMPLE), **members}


def party_without(member: str, **members: Any) -> dict[str, Any]:
    """The first petitioner, lacking something."""
    party: Mapping[str, Any] = {**FILING_EXAMPLE["parties"][0], **members}
    return {name: value for name, value in party.items() if name != member}


def filing(**members: Any) -> Filing:
    """One that lacks nothing."""
    person = Party(side=Side.PETITIONER, kind=PartyKind.PERSON, name="A", parent_or_spouse="B", address="C")
    state = Party(side=Side.RESPONDENT, kind=PartyKind.STATE, through="Tehsildar")
    given: dict[str, Any] = {
        "court_code": "test-tehsildar-jaipur",
        "kind_code": "tenancy-division",
        "district_code": "102",
        "parties": (person, state),
        "land": (Parcel(tehsil="Jaipur", village="Gaon", khasras=("1",), area_sqm=None),),
        "reliefs": ("division",),
        "facts": "So it was.",
        "papers": (Paper(kind="affidavit", title="Affidavit", sha256="0" * 64),),
        "affirmed": True,
        **members,
    }
    return Filing(**given)
