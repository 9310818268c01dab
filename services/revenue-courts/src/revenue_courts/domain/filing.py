"""What somebody files: the parties, the land, what is asked for. Nearly all of it is personal data: never log it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from revenue_courts.domain.case_kinds import AGAINST_AN_ORDER, CaseKind, Form
from revenue_courts.domain.courts import Court


class Side(StrEnum):
    PETITIONER = "petitioner"
    RESPONDENT = "respondent"


class PartyKind(StrEnum):
    PERSON = "person"
    BODY = "body"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Who acts for a minor; `relation` is what they are to the minor."""

    name: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One of a side. A person is told from others by `parent_or_spouse`; a minor acts through the guardian; the State
    has no name of its own, and answers `through` an officer.
    """

    side: Side
    kind: PartyKind
    name: str | None = None
    parent_or_spouse: str | None = None
    address: str | None = None
    minor: bool = False
    guardian: Guardian | None = None
    through: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Land in one village. No register of villages is loaded: neither village nor khasra is held against one."""

    tehsil: str
    village: str
    khasras: tuple[str, ...]
    area_sqm: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document by the hash of its content; who files keeps the document, and brings it when it is asked for."""

    kind: str
    title: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """`order_on` is the day of the order that an appeal, a revision or a review is against, and `against` the
    number of the case in which it was passed, where that is kept here; `condonation` says why the
    delay should be forgiven where it comes after the limitation. `affirmed`: an affidavit stands behind the facts.
    """

    court_code: str
    kind_code: str
    district_code: str
    parties: tuple[Party, ...]
    land: tuple[Parcel, ...]
    reliefs: tuple[str, ...]
    facts: str | None
    papers: tuple[Paper, ...]
    order_on: date | None = None
    against: str | None = None
    condonation: str | None = None
    affirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The case that an appeal, a revision or a review is against: its court, and the days on which it passed orders."""

    court: Court
    order_days: frozenset[date]


def lacks_of_earlier(
    filing: Filing, court: Court, kind: CaseKind, earlier: Earlier | None
) -> Iterator[tuple[str, str]]:
    """What does not fit the case that it is against; as lacks() says.

    Of an order that is not kept here there is the day alone.
    """
    if filing.against is None:
        return
    if kind.form not in AGAINST_AN_ORDER:
        yield "/against", "against-no-order"
    elif earlier is None:
        yield "/against", "no-such-case"
    else:
        if kind.form is Form.REVIEW and earlier.court.code != court.code:
            yield "/court_code", "not-the-same-court"
        if kind.form is not Form.REVIEW and not court.is_above(earlier.court):
            yield "/court_code", "not-a-higher-court"
        if filing.order_on not in earlier.order_days:
            yield "/order_on", "no-order-that-day"


def lacks(filing: Filing, court: Court, kind: CaseKind, today: date) -> Iterator[tuple[str, str]]:
    """What keeps it from being submitted: JSON pointers into the filing, each with the code of what is wrong there."""
    yield from lacks_of_court(filing, court, today)
    for side in Side:
        if not any(party.side is side for party in filing.parties):
            yield "/parties", f"no-{side.value}"
    for place, party in enumerate(filing.parties):
        yield from _lacks_of_party(f"/parties/{place}", party)
    if not filing.land:
        yield "/land", "no-land"
    if not filing.reliefs:
        yield "/reliefs", "no-relief"
    for place, relief in enumerate(filing.reliefs):
        if relief not in kind.reliefs:
            yield f"/reliefs/{place}", "unknown-relief"
    if not filing.facts:
        yield "/facts", "no-facts"
    if not filing.affirmed:
        yield "/affirmed", "not-affirmed"
    yield from _lacks_of_order(filing, kind, today)


def lacks_of_court(filing: Filing, court: Court, today: date) -> Iterator[tuple[str, str]]:
    """Why this court may not hear it, whichever it was filed in; as lacks() says."""
    if not court.is_there_on(today):
        yield "/court_code", "no-court-then"
    if not court.serves(filing.district_code):
        yield "/district_code", "outside-jurisdiction"
    if not court.hears(filing.kind_code):
        yield "/kind_code", "not-heard-there"
    for place, parcel in enumerate(filing.land):
        if not court.covers_tehsil(parcel.tehsil):
            yield f"/land/{place}/tehsil", "outside-jurisdiction"


def _lacks_of_party(pointer: str, party: Party) -> Iterator[tuple[str, str]]:
    if party.kind is PartyKind.STATE:
        if party.through is None:
            yield f"{pointer}/through", "no-officer"
        return
    if party.name is None:
        yield f"{pointer}/name", "no-name"
    if party.address is None:
        yield f"{pointer}/address", "no-address"
    if party.kind is not PartyKind.PERSON:
        return
    if party.parent_or_spouse is None:
        yield f"{pointer}/parent_or_spouse", "no-parent"
    if party.minor and party.guardian is None:
        yield f"{pointer}/guardian", "no-guardian"


def _lacks_of_order(filing: Filing, kind: CaseKind, today: date) -> Iterator[tuple[str, str]]:
    if kind.form not in AGAINST_AN_ORDER:
        return
    if filing.order_on is None:
        yield "/order_on", "no-order"
    elif filing.order_on > today:
        yield "/order_on", "order-to-come"
    elif _is_late(filing.order_on, kind, today) and filing.condonation is None:
        # It is taken in all the same, with an application for condonation of the delay.
        yield "/condonation", "after-limitation"


def _is_late(order_on: date, kind: CaseKind, today: date) -> bool:
    return kind.limitation_days is not None and (today - order_on).days > kind.limitation_days
