"""The rulebook, read from files: a TOML file for each application type, the districts, the holidays.

All files are checked when the service starts, and all problems of all files are reported together, each with its line.
"""

import csv
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, post_load, validate

from certificates.adapters.rulebook.positions import Path as TomlPath
from certificates.adapters.rulebook.positions import lines_of
from certificates.adapters.rulebook.type_schemas import TypeSchema, code, repeated
from certificates.adapters.rulebook.values import Day, words
from certificates.domain.applications.application import State
from certificates.domain.applications.expire import Term
from certificates.domain.certificates.certificate import District
from certificates.domain.label import Label
from certificates.domain.officers.charge import StandIn
from certificates.domain.rulebook import MOST_DAYS_KEPT, SEE_REMARKS, MedianRule, Rulebook
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.sla.desk_health import WarningRule
from certificates.domain.sla.penalty import PenaltyRule
from certificates.domain.types.application_type import Appeal, ApplicationType

Types = dict[str, ApplicationType]

# How tomllib says where it stopped; at the end of a text it says so.
_AT_LINE = re.compile(r".*\(at line ([0-9]+), .*", re.DOTALL)

DATA = Path(__file__).parents[2] / "data"
SHIPPED_TYPES = DATA / "application_types"

# What the terms are of: the states in which an application waits for its applicant, and drafts.
_WAITING_FOR = {"fee": State.FEE_DUE, "answer": State.SENT_BACK}
_DRAFT = "draft"

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Terms(NamedTuple):
    of_states: Mapping[State, Sequence[Term]]
    of_drafts: Sequence[Term]
    medians: MedianRule
    warnings: WarningRule


class RulebookInvalid(Exception):
    """The files cannot be used; `problems` has a line for everything that is wrong, in all files."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join([f"{len(problems)} problem(s) in the rulebook:", *problems]))
        self.problems = problems


class _HolidaySchema(Schema):
    on = Day(required=True)
    name = words()


class _CalendarSchema(Schema):
    weekly_off = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)), required=True, validate=validate.Length(1, 6)
    )
    known_until = Day(required=True)
    holidays = fields.List(fields.Nested(_HolidaySchema), required=True)
    half_days = fields.List(fields.Nested(_HolidaySchema), load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> WorkingCalendar:
        return WorkingCalendar(
            weekly_off=frozenset(WEEKDAYS.index(name) for name in data["weekly_off"]),
            holidays=frozenset(holiday["on"] for holiday in data["holidays"]),
            known_until=data["known_until"],
            half_days=frozenset(half_day["on"] for half_day in data["half_days"]),
        )


class _ReasonSchema(Schema):
    code = code()
    label = words()


class _ReasonsSchema(Schema):
    reasons = fields.List(fields.Nested(_ReasonSchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Label]:
        reasons = {reason["code"]: reason["label"] for reason in data["reasons"]}
        if SEE_REMARKS not in reasons:
            raise ValidationError(f"Must have {SEE_REMARKS}.", "reasons")
        return reasons


class _AppealSchema(Schema):
    stage = code()
    title = words()
    within_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, 3_650))
    source = words()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Appeal:
        return Appeal(**data)


class _LadderSchema(Schema):
    code = code()
    stages = fields.List(fields.Nested(_AppealSchema), required=True, validate=validate.Length(min=1))


class _AppealsSchema(Schema):
    ladders = fields.List(fields.Nested(_LadderSchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, tuple[Appeal, ...]]:
        return {ladder["code"]: tuple(ladder["stages"]) for ladder in data["ladders"]}


class _TermSchema(Schema):
    of = fields.String(required=True, validate=validate.OneOf([*_WAITING_FOR, _DRAFT]))
    effective_from = Day(required=True)
    days = fields.Integer(strict=True, required=True, validate=validate.Range(1, 3_650))
    order = words()


class _MediansSchema(Schema):
    window_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_DAYS_KEPT))
    least_decisions = fields.Integer(strict=True, required=True, validate=validate.Range(1, 1_000))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> MedianRule:
        return MedianRule(**data)


class _WarningsSchema(Schema):
    least_late = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    least_waiting = fields.Integer(strict=True, required=True, validate=validate.Range(1, 100_000))
    window_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, MOST_DAYS_KEPT))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> WarningRule:
        return WarningRule(**data)


class _PenaltySchema(Schema):
    effective_from = Day(required=True)
    paise_a_day = fields.Integer(strict=True, required=True, validate=validate.Range(1))
    least_paise = fields.Integer(strict=True, required=True, validate=validate.Range(0))
    most_paise = fields.Integer(strict=True, required=True, validate=validate.Range(1))
    order = words()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> PenaltyRule:
        if data["least_paise"] > data["most_paise"]:
            raise ValidationError("Must not be above most_paise.", "least_paise")
        return PenaltyRule(**data)


class _PenaltiesSchema(Schema):
    penalties = fields.List(fields.Nested(_PenaltySchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> tuple[PenaltyRule, ...]:
        return tuple(sorted(data["penalties"], key=lambda rule: rule.effective_from))


class _TermsSchema(Schema):
    terms = fields.List(fields.Nested(_TermSchema), required=True)
    medians = fields.Nested(_MediansSchema, required=True)
    warnings = fields.Nested(_WarningsSchema, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> _Terms:
        rows = data["terms"]
        days = [(row["of"], row["effective_from"]) for row in rows]
        if len(days) != len(set(days)):
            raise ValidationError("Must have each pair of `of` and `effective_from` once.", "terms")
        by_kind = {
            kind: tuple(
                Term(row["effective_from"], row["days"], row["order"])
                for row in sorted(rows, key=lambda row: row["effective_from"])
                if row["of"] == kind
            )
            for kind in (*_WAITING_FOR, _DRAFT)
        }
        return _Terms(
            {_WAITING_FOR[kind]: by_kind[kind] for kind in _WAITING_FOR},
            by_kind[_DRAFT],
            data["medians"],
            data["warnings"],
        )


class _StandInSchema(Schema):
    post = fields.String(required=True, validate=validate.Length(1, 80))
    by = fields.List(fields.String(validate=validate.Length(1, 80)), required=True, validate=validate.Length(1, 10))
    order = words()


class _StandInsSchema(Schema):
    stand_ins = fields.List(fields.Nested(_StandInSchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, StandIn]:
        if twice := repeated(row["post"] for row in data["stand_ins"]):
            raise ValidationError(f"Twice in the list: {', '.join(twice)}.", "stand_ins")
        return {row["post"]: StandIn(tuple(row["by"]), row["order"]) for row in data["stand_ins"]}


def load_rulebook(types: Path = SHIPPED_TYPES) -> Rulebook:
    """The rulebook: application types from the folder `types`, the rest from this package.

    Raises RulebookInvalid with every problem of every file.
    """
    problems: list[str] = []
    loaded = load_types(types, problems)
    calendar = _load(_by(_CalendarSchema()), DATA / "holidays.toml", problems)
    reasons = _load(_by(_ReasonsSchema()), DATA / "refusal_reasons.toml", problems)
    terms: _Terms = _load(_by(_TermsSchema()), DATA / "terms.toml", problems)
    penalties = _load(_by(_PenaltiesSchema()), DATA / "penalties.toml", problems)
    stand_ins = _load(_by(_StandInsSchema()), DATA / "stand_ins.toml", problems)
    if problems:
        raise RulebookInvalid(problems)
    return Rulebook(
        types=loaded,
        districts=_load_districts(),
        calendar=calendar,
        refusal_reasons=reasons,
        terms=terms.of_states,
        draft_terms=terms.of_drafts,
        medians=terms.medians,
        stand_ins=stand_ins,
        warnings=terms.warnings,
        penalties=penalties,
    )


def load_types(folder: Path, problems: list[str], beside: Mapping[str, ApplicationType] = {}) -> Types:
    """The types of a folder, by code; what is wrong with a file is added to `problems`, and its type is left out.

    `beside` are the types that are loaded from elsewhere.
    """
    files = sorted(folder.glob("*.toml"))
    if not files and not beside:
        problems.append(f"{folder}: has no application type; expected *.toml files")
    loaded: Types = {}
    for path in files:
        application_type = load_type(path, problems)
        if application_type is not None:
            loaded[application_type.code] = application_type
    problems.extend(clashes(loaded, beside))
    problems.extend(strange_records({**beside, **loaded}))
    return loaded


def load_type(path: Path, problems: list[str]) -> ApplicationType | None:
    """The type of a file, or None: then what is wrong with it is added to `problems`."""
    application_type: ApplicationType | None = _load(_type_of, path, problems)
    if application_type is not None and application_type.code != path.stem:
        place = f"{path.name}:{line_of(lines_of(path.read_text(encoding='utf-8')), ('code',))}"
        problems.append(f"{place}: code: is {application_type.code!r}; the file must be named after it")
    return application_type


def clashes(types: Mapping[str, ApplicationType], beside: Mapping[str, ApplicationType]) -> list[str]:
    """What two types may not share: their code, and what begins their certificates' numbers and addresses."""
    every = [*types.values(), *beside.values()]
    return [
        f"{member} {value!r} belongs to more than one type"
        for member in ("code", "prefix", "doctype")
        for value in repeated(getattr(application_type, member) for application_type in every)
    ]


def strange_records(types: Mapping[str, ApplicationType]) -> list[str]:
    """Records that are of no type there is, and what is to be changed on certificates that do not have it."""
    records = {known.code: known.record for known in types.values() if known.record is not None}
    printed = {code: {field.name for field in known.form if field.on_certificate} for code, known in types.items()}
    return [
        f"{act}.toml: record.types: there is no type {code}"
        for act, record in records.items()
        for code in record.types
        if code not in types
    ] + [
        f"{act}.toml: record.amends: {amendment.entry}: {code} prints no field {field}"
        for act, record in records.items()
        for amendment in record.amends
        for code, field in amendment.fields.items()
        if field not in printed.get(code, ())
    ]


@cache
def _appeals() -> Mapping[str, tuple[Appeal, ...]]:
    problems: list[str] = []
    ladders: Mapping[str, tuple[Appeal, ...]] | None = _load(_by(_AppealsSchema()), DATA / "appeals.toml", problems)
    if ladders is None:
        raise RulebookInvalid(problems)
    return ladders


# A type takes 20 ms to judge, and a department's folder is looked at again and again.
@lru_cache(maxsize=1_024)
def _type_of(text: str) -> ApplicationType:
    application_type: ApplicationType = _by(TypeSchema(_appeals()))(text)
    return application_type


def _by(schema: Schema) -> Callable[[str], Any]:
    return lambda text: schema.load(tomllib.loads(text))


def _load(read: Callable[[str], Any], path: Path, problems: list[str]) -> Any:
    """What `read` makes of the file's text, or None: then its problems go to `problems`, with their lines."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return read(text)
    except UnicodeDecodeError as error:
        problems.append(f"{path.name}:1: is not TOML: {error}")
    except OSError as error:
        problems.append(f"{path.name}:1: cannot be read: {error.strerror}")
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.fullmatch(str(error))
        problems.append(f"{path.name}:{line[1] if line else text.count(chr(10)) + 1}: is not TOML: {error}")
    except ValidationError as error:
        lines = lines_of(text)
        for place, message in _messages(error.normalized_messages()):
            problems.append(f"{path.name}:{line_of(lines, place)}: {'.'.join(map(str, place))}: {message}")
    return None


def line_of(lines: Mapping[TomlPath, int], place: TomlPath) -> int:
    """The line of the value at `place`, or of the nearest one around it that is in the file."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _load_districts() -> dict[str, District]:
    with (DATA / "districts.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["lgd_code"]: District(row["lgd_code"], Label(row["name_en"], row["name_hi"]))
            for row in csv.DictReader(rows)
        }


def _messages(messages: Mapping[Any, Any], place: TomlPath = ()) -> Iterator[tuple[TomlPath, str]]:
    """Each message in marshmallow's nested dictionary, with its place such as fields, 2, label, hi."""
    for name, inner in messages.items():
        here = place if name == "_schema" else (*place, name)
        if isinstance(inner, Mapping):
            yield from _messages(inner, here)
        else:
            yield from ((here, message) for message in inner)
