"""The rulebook, read from files: a TOML file for each application type, the districts, the holidays.

All files are checked when the service starts, and all problems of all files are reported together.
"""

import csv
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from certificates.adapters.rulebook.form_schemas import FieldSchema
from certificates.adapters.rulebook.rule_schemas import RuleField, misplaced, misused
from certificates.adapters.rulebook.values import Day, words
from certificates.domain.certificates.certificate import District
from certificates.domain.rulebook import SEE_REMARKS, Rulebook
from certificates.domain.sla.calendar import WorkingCalendar
from certificates.domain.types.application_type import ApplicationType, FeeRule, Post, RequiredDocument, Step
from certificates.domain.types.form import FieldKind, Writing
from certificates.domain.types.label import Label
from servicekit.fields import Code

DATA = Path(__file__).parents[2] / "data"
SHIPPED_TYPES = DATA / "application_types"

# The contract of application.submitted.v1 limits what may name an order.
_ORDER = r"[0-9A-Za-zऀ-ॿ₹ .,:;/()&'–—_-]{3,160}"
MOST_FIELDS = 60
# At most 6.4 KB when encoded in a document, far below the longest document that is verified.
MOST_PRINTED_CHARACTERS = 1_200
# With what else a QR holds, in whatever script, half as much as the largest one can.
MOST_HOLDER_CHARACTERS = 200
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class RulebookInvalid(Exception):
    """The files cannot be used; `problems` has a line for everything that is wrong, in all files."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join([f"{len(problems)} problem(s) in the rulebook:", *problems]))
        self.problems = problems


def _code() -> Code:
    return Code(r"[a-z][a-z0-9-]{1,39}", longest=40, required=True)


def _not_issued_by_the_state(issuer: str) -> None:
    if issuer == "rajasthan":
        raise ValidationError("Ask once: the state may not demand a paper that it issued itself.")


class _DocumentSchema(Schema):
    code = _code()
    issued_by = fields.String(
        required=True,
        validate=[validate.OneOf(["applicant", "india", "other", "rajasthan"]), _not_issued_by_the_state],
    )
    label = words()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RequiredDocument:
        return RequiredDocument(data["code"], data["label"])


class _FeeSchema(Schema):
    effective_from = Day(required=True)
    paise = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10**9))
    head = Code(r"[A-Z][A-Z_]{1,39}", longest=40, required=True)
    order = Code(_ORDER, longest=160, required=True)
    after_days = fields.Integer(strict=True, validate=validate.Range(1, 36_525))
    order_hi = Code(_ORDER, longest=160)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> FeeRule:
        return FeeRule(**{"order_hi": data["order"], **data})


class _PostSchema(Schema):
    name = words()
    order = words(required=False)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Post:
        return Post(**data)


class _StepSchema(Schema):
    name = _code()
    label = words()
    role = fields.String(required=True, validate=validate.OneOf(["officer"]))
    department = _code()
    working_days = fields.Integer(strict=True, required=True, validate=validate.Range(1, 250))
    posts = fields.List(fields.Nested(_PostSchema), load_default=list)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Step:
        return Step(**{**data, "posts": tuple(data["posts"])})


class _TypeSchema(Schema):
    code = _code()
    title = words()
    prefix = Code(r"[A-Z]{3}", longest=3, required=True)
    doctype = Code(r"[A-Z]{3,12}", longest=12, required=True)
    legal_basis = words()
    signer = words()
    validity_months = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 1200))
    form = fields.List(
        fields.Nested(FieldSchema), required=True, data_key="fields", validate=validate.Length(1, MOST_FIELDS)
    )
    documents = fields.List(fields.Nested(_DocumentSchema), load_default=list)
    fees = fields.List(fields.Nested(_FeeSchema), required=True, validate=validate.Length(min=1))
    steps = fields.List(fields.Nested(_StepSchema), required=True, validate=validate.Length(1, 10))
    event = fields.String()
    rules = fields.List(RuleField(), load_default=list)
    # Files from before November 2026 lack it: of their certificates nobody's initials are told.
    holder = fields.List(fields.String(), load_default=list)

    @validates_schema
    def parts_fit_together(self, data: dict[str, Any], **_: Any) -> None:
        for member, names in (
            ("fields", [f.name for f in data["form"]]),
            ("documents", [d.code for d in data["documents"]]),
            ("steps", [s.name for s in data["steps"]]),
        ):
            if twice := _repeated(names):
                raise ValidationError(f"Twice in the list: {', '.join(twice)}.", member)
        days = [(fee.after_days, fee.effective_from) for fee in data["fees"]]
        if days != sorted(set(days)):
            raise ValidationError("Must be in order of after_days and effective_from, each pair once.", "fees")
        kinds = {field.name: field.kind for field in data["form"]}
        if days[-1][0] and kinds.get(data.get("event", "")) is not FieldKind.DATE:
            raise ValidationError("Fees of a late report need `event`, the date field of what is reported.", "event")
        last_step = data["steps"][-1]
        if not last_step.posts:
            told = "The last step must name who decides it: the paper says who signed."
            raise ValidationError({"steps": {len(data["steps"]) - 1: {"posts": [told]}}})
        if data["signer"] not in [post.name for post in last_step.posts]:
            raise ValidationError("Must be one of the posts of the last step, which signs.", "signer")
        if wrong := misplaced(data["rules"], data["form"]):
            raise ValidationError(wrong, "rules")
        if wrong := misused(data["form"]):
            raise ValidationError(wrong, "fields")
        printed = [f for f in data["form"] if f.on_certificate]
        if not printed:
            raise ValidationError("At least one field must be on_certificate.", "fields")
        if strangers := set(data["holder"]) - {f.name for f in printed if f.writing is Writing.NAME}:
            raise ValidationError(
                f"Must be names that are on_certificate, which these are not: {', '.join(sorted(strangers))}.", "holder"
            )
        if sum(f.max_length for f in printed if f.kind is FieldKind.TEXT) > MOST_PRINTED_CHARACTERS:
            raise ValidationError(
                f"Texts on the certificate may have {MOST_PRINTED_CHARACTERS} characters in all.", "fields"
            )
        if sum(f.max_length for f in printed if f.name in data["holder"]) > MOST_HOLDER_CHARACTERS:
            raise ValidationError(f"May have {MOST_HOLDER_CHARACTERS} characters in all: a QR holds them.", "holder")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ApplicationType:
        for name in ("form", "documents", "fees", "steps", "rules", "holder"):
            data[name] = tuple(data[name])
        return ApplicationType(**data)


class _HolidaySchema(Schema):
    on = Day(required=True)
    name = words()


class _CalendarSchema(Schema):
    weekly_off = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)), required=True, validate=validate.Length(1, 6)
    )
    known_until = Day(required=True)
    holidays = fields.List(fields.Nested(_HolidaySchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> WorkingCalendar:
        return WorkingCalendar(
            weekly_off=frozenset(WEEKDAYS.index(name) for name in data["weekly_off"]),
            holidays=frozenset(holiday["on"] for holiday in data["holidays"]),
            known_until=data["known_until"],
        )


class _ReasonSchema(Schema):
    code = _code()
    label = words()


class _ReasonsSchema(Schema):
    reasons = fields.List(fields.Nested(_ReasonSchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> dict[str, Label]:
        reasons = {reason["code"]: reason["label"] for reason in data["reasons"]}
        if SEE_REMARKS not in reasons:
            raise ValidationError(f"Must have {SEE_REMARKS}.", "reasons")
        return reasons


def load_rulebook(types: Path = SHIPPED_TYPES) -> Rulebook:
    """The rulebook: application types from the folder `types`, the rest from this package. Raises RulebookInvalid."""
    problems: list[str] = []
    loaded: dict[str, ApplicationType] = {}
    files = sorted(types.glob("*.toml"))
    if not files:
        problems.append(f"{types}: has no application type; expected *.toml files")
    for path in files:
        application_type = _load(_TypeSchema(), path, problems)
        if application_type is None:
            continue
        if application_type.code != path.stem:
            problems.append(f"{path.name}: code: is {application_type.code!r}; the file must be named after it")
        loaded[application_type.code] = application_type
    for member in ("prefix", "doctype"):
        for value in _repeated(getattr(application_type, member) for application_type in loaded.values()):
            problems.append(f"{member} {value!r} belongs to more than one type")
    calendar = _load(_CalendarSchema(), DATA / "holidays.toml", problems)
    reasons = _load(_ReasonsSchema(), DATA / "refusal_reasons.toml", problems)
    if problems:
        raise RulebookInvalid(problems)
    return Rulebook(types=loaded, districts=_load_districts(), calendar=calendar, refusal_reasons=reasons)


def _load(schema: Schema, path: Path, problems: list[str]) -> Any:
    """The file's content as the schema loads it, or None: then its problems are added to `problems`."""
    try:
        return schema.load(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: is not TOML: {error}")
    except ValidationError as error:
        problems.extend(f"{path.name}: {line}" for line in _lines(error.normalized_messages()))
    return None


def _load_districts() -> dict[str, District]:
    with (DATA / "districts.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["lgd_code"]: District(row["lgd_code"], Label(row["name_en"], row["name_hi"]))
            for row in csv.DictReader(rows)
        }


def _lines(messages: Mapping[Any, Any], path: str = "") -> Iterable[str]:
    """A line such as `fields.2.label.hi: Missing data…` for each message in marshmallow's nested dictionary."""
    for name, inner in messages.items():
        here = path if name == "_schema" else f"{path}.{name}" if path else str(name)
        if isinstance(inner, Mapping):
            yield from _lines(inner, here)
        else:
            yield from (f"{here}: {message}" for message in inner)


def _repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]
