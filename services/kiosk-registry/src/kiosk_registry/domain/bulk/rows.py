"""A row of the register's table: reading it, and what becomes of it beside the centre that is there.

A row adds a centre, or changes what is told of one: its names, kind, PIN, tehsil, services and hours. It never changes
what only a decision may: whether the centre trades and since when, where it stands, in which district, and under whom.
Such a row is refused, so that no file goes around an approval, a notice or a verification.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.domain.places.districts import RAJASTHAN, Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.register.facts import MOST_SERVICES, SERVICE_FORM, TEHSIL_FORM
from kiosk_registry.domain.register.hours import HoursError, Interval, read_hours

COLUMNS = (
    "code", "name_en", "name_hi", "kind", "district_code", "lsp_id", "lat", "lon", "status", "approved_at", "pin",
    "tehsil_code", "services", "hours",
)  # fmt: skip
# What a row may be without: not known is left empty.
UNSET = frozenset({"approved_at", "pin", "tehsil_code", "services", "hours"})
BY_DECISION = ("district_code", "lsp_id", "place", "status", "approved_at")
SEPARATOR = ";"
_CODE = re.compile(r"RJ[0-9]{8}", re.ASCII)
_DISTRICT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_LSP = re.compile(r"lsp_[A-Za-z0-9]{1,30}", re.ASCII)
_DEGREES = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,15})?", re.ASCII)
# Rajasthan's postal circle has the sub-zones 30 to 34 (Department of Posts, the PIN's first two digits).
_PIN = re.compile(r"3[0-4][0-9]{4}", re.ASCII)
_TEHSIL = re.compile(TEHSIL_FORM, re.ASCII)
_SERVICE = re.compile(SERVICE_FORM, re.ASCII)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is refused: the line it begins on, its column (None: the row), a stable code, what to do in both
    languages. Never repeats the cell."""

    line: int
    column: str | None
    code: str
    detail: str
    detail_hi: str


@dataclass(frozen=True, slots=True)
class CentreRow:
    """What a row says of a centre; None is not known."""

    code: str
    name_en: str
    name_hi: str
    kind: Kind
    district_code: str
    lsp_id: str
    place: Place
    status: Status
    approved_at: datetime | None
    pin: str | None
    tehsil_code: str | None
    services: tuple[str, ...] | None
    hours: tuple[Interval, ...] | None

    @property
    def kiosk_id(self) -> str:
        """The centre's permanent id."""
        return f"ksk_{self.code}"


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are held against: districts by LGD code, districts of PINs, LSPs (None: any), and the instant."""

    districts: Collection[str]
    pin_districts: Mapping[str, Collection[str]]
    lsps: Collection[str] | None
    at: datetime


class CellError(ValueError):
    """A cell is not acceptable."""

    def __init__(self, code: str, detail: str, detail_hi: str) -> None:
        super().__init__(detail)
        self.code, self.detail, self.detail_hi = code, detail, detail_hi


def read_row(
    line: int, cells: Mapping[str, str], known: Known, names: Mapping[str, Callable[[str], str]]
) -> CentreRow | list[RowProblem]:
    """What the cells say, by their columns. `names` read the two names and raise CellError."""
    values: dict[str, object] = {}
    problems: list[RowProblem] = []
    for column in COLUMNS:
        cell = cells[column]
        try:
            if not cell and column not in UNSET:
                raise CellError("required", "Fill this cell.", "इस खाने को भरें।")
            values[column] = (names.get(column) or _READERS[column])(cell) if cell else None
        except CellError as error:
            problems.append(RowProblem(line, column, error.code, error.detail, error.detail_hi))
    if problems:
        return problems
    row = CentreRow(place=Place(lat=values.pop("lat"), lon=values.pop("lon")), **values)  # type: ignore[arg-type]
    return _contradictions(line, row, known) or row


def refused_change(line: int, there: CentreRow, row: CentreRow) -> list[RowProblem]:
    """Why the row may not become of the centre that is there; nothing where it may."""
    return [
        RowProblem(
            line,
            "lat" if member == "place" else member,
            "by-decision",
            "The register has another value, and only a decision changes it; leave the register's.",
            "रजिस्टर में दूसरा मान है और वह केवल निर्णय से बदलता है; रजिस्टर वाला मान रहने दें।",
        )
        for member in BY_DECISION
        if getattr(there, member) != getattr(row, member)
    ]


def _contradictions(line: int, row: CentreRow, known: Known) -> list[RowProblem]:
    problems: list[RowProblem] = []

    def refuse(column: str, code: str, detail: str, detail_hi: str) -> None:
        problems.append(RowProblem(line, column, code, detail, detail_hi))

    if row.district_code not in known.districts:
        refuse(
            "district_code",
            "unknown-district",
            "Use a district_code of GET /v1/districts.",
            "GET /v1/districts का district_code लिखें।",
        )
    if known.lsps is not None and row.lsp_id not in known.lsps:
        refuse("lsp_id", "unknown-lsp", "The register has no such LSP.", "रजिस्टर में ऐसा कोई LSP नहीं है।")
    if not RAJASTHAN.holds(row.place):
        refuse(
            "lat",
            "outside-the-state",
            "This point is not in Rajasthan; lat is the first number of a geo-tag, lon the second.",
            "यह बिंदु राजस्थान में नहीं है; lat जियो-टैग का पहला अंक है, lon दूसरा।",
        )
    if row.pin and row.district_code not in known.pin_districts.get(row.pin, [row.district_code]):
        refuse(
            "pin",
            "pin-of-another-district",
            "The post offices of this PIN code lie in another district; correct one of the two.",
            "इस पिन कोड के डाकघर दूसरे ज़िले में हैं; दोनों में से एक सुधारें।",
        )
    if row.approved_at is not None and row.approved_at > known.at:
        refuse("approved_at", "in-the-future", "This instant has not come yet.", "यह समय अभी आया नहीं है।")
    if (row.approved_at is None) != (row.status is Status.UNDER_VERIFICATION):
        refuse(
            "approved_at",
            "not-of-this-status",
            "Leave it empty for a centre under verification; every other one was approved on some day.",
            "सत्यापनाधीन केंद्र के लिए इसे खाली छोड़ें; बाकी हर केंद्र किसी दिन स्वीकृत हुआ था।",
        )
    return problems


def _form(form: re.Pattern[str], detail: str, detail_hi: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if not form.fullmatch(cell):
            raise CellError("invalid-format", detail, detail_hi)
        return cell

    return read


def _one_of(values: Sequence[str]) -> CellError:
    listed = ", ".join(values)
    return CellError("not-allowed", f"Use one of {listed}.", f"इनमें से एक लिखें: {listed}।")


def _kind(cell: str) -> Kind:
    try:
        return Kind(cell)
    except ValueError as error:
        raise _one_of([kind.value for kind in Kind]) from error


def _status(cell: str) -> Status:
    try:
        return Status(cell)
    except ValueError as error:
        raise _one_of([status.value for status in Status]) from error


def _degrees(cell: str) -> float:
    if not _DEGREES.fullmatch(cell):
        raise CellError(
            "invalid-format", "Write degrees as 26.9124, with a point.", "अंश 26.9124 की तरह, बिंदु के साथ लिखें।"
        )
    return float(cell)


def _instant(cell: str) -> datetime:
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CellError(
            "invalid-format",
            "Write an instant as 2026-11-23T05:41:07Z.",
            "समय 2026-11-23T05:41:07Z की तरह लिखें।",
        )
    return at


def _services(cell: str) -> tuple[str, ...]:
    services = [part.strip() for part in cell.split(SEPARATOR)]
    if (
        len(services) > MOST_SERVICES
        or len(set(services)) < len(services)
        or not all(map(_SERVICE.fullmatch, services))
    ):
        raise CellError(
            "invalid-format",
            f"Write each service's code once, with {SEPARATOR} between them, at most {MOST_SERVICES}.",
            f"हर सेवा का कोड एक बार, बीच में {SEPARATOR} देकर लिखें, अधिकतम {MOST_SERVICES}।",
        )
    return tuple(sorted(services))


def _hours(cell: str) -> tuple[Interval, ...]:
    try:
        return read_hours([part.strip() for part in cell.split(SEPARATOR)])
    except HoursError as error:
        raise CellError(
            "invalid-hours",
            f"{error} Put {SEPARATOR} between intervals.",
            f"समय MON 09:00-18:00 की तरह लिखें, बीच में {SEPARATOR}; अंतराल एक-दूसरे पर न पड़ें और दिन में ही समाप्त हों।",
        ) from error


_READERS: Mapping[str, Callable[[str], object]] = {
    "code": _form(_CODE, "Write the code as RJ10200001.", "कोड RJ10200001 की तरह लिखें।"),
    "kind": _kind,
    "district_code": _form(_DISTRICT, "Write the LGD code as 102.", "LGD कोड 102 की तरह लिखें।"),
    "lsp_id": _form(_LSP, "Write the LSP's id as lsp_RJ11.", "LSP की आईडी lsp_RJ11 की तरह लिखें।"),
    "lat": _degrees,
    "lon": _degrees,
    "status": _status,
    "approved_at": _instant,
    "pin": _form(
        _PIN,
        "A PIN code of Rajasthan has six digits and begins with 30 to 34.",
        "राजस्थान के पिन कोड में छह अंक होते हैं और वह 30 से 34 से शुरू होता है।",
    ),
    "tehsil_code": _form(_TEHSIL, "Write the tehsil's LGD code.", "तहसील का LGD कोड लिखें।"),
    "services": _services,
    "hours": _hours,
}
