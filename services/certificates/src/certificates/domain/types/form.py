"""A type's form: its fields, what each may hold, and what the answers say together."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from certificates.domain.label import Label

# No living person and no register of the state is older: an earlier date is a mistake in writing.
EARLIEST_DATE = date(1875, 1, 1)

# A form is filled in and read at a counter: more than this nobody would read.
LONGEST_TEXT = 500

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# A repeated group is a list of rows, each the answers to the group's fields.
Row = dict[str, str | int]
FormValue = str | int | list[Row]


class FieldKind(StrEnum):
    """What a form field holds; dates travel as `YYYY-MM-DD`, choices as their code."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    CHOICE = "choice"


class Writing(StrEnum):
    """What is written in a text field: the name of a person or a place, or any line such as an address."""

    NAME = "name"
    LINE = "line"


class TextRefusal(Protocol):
    """Why a text is refused, in both languages; never the text."""

    @property
    def code(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def detail_hi(self) -> str: ...


class TextRule(Protocol):
    """How a text must be written; the rule is the same for the whole platform."""

    def check(self, text: str) -> str | TextRefusal:
        """The text as it is kept, or why it is refused."""


@dataclass(frozen=True)
class Choice:
    """One of the values that a choice field may have."""

    code: str
    label: Label


@dataclass(frozen=True)
class FormProblem:
    """What is wrong with one field. Never holds the value: it is personal data.

    `within` leads to the field: the group and the row, counted from 0, of a field of a repeated group.
    """

    field: str
    code: str
    detail: str
    detail_hi: str | None = None
    within: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One line of a type's form.

    `maximum` and `minimum` are bounds of an integer; `max_length` counts characters of a text, `rule` is how it must
    be written (every text has one), and `writing` and `script` (as Unicode names it) tell clients the same; `pattern`
    must match a text in full, and `hint` says it to people. `on_certificate`: the value is printed on the paper.

    Some people do not have a fact that a form must ask for. `instead_of` names such fields: an answer here stands in
    for them, and is a reason (a choice) or the nearest thing that is known, such as the year of a birth.

    A field is asked when all of `asked_when` hold, and not answered otherwise; `required` is meant of when it is asked.
    What is not `required` is so all the same when there are `required_when` and all of them hold.
    """

    name: str
    label: Label
    kind: FieldKind
    required: bool
    on_certificate: bool = False
    writing: Writing = Writing.LINE
    script: str | None = None
    rule: TextRule | None = None
    pattern: re.Pattern[str] | None = None
    hint: Label | None = None
    max_length: int = 100
    minimum: int = 0
    maximum: int = 10**12
    choices: tuple[Choice, ...] = ()
    instead_of: tuple[str, ...] = ()
    asked_when: tuple["Condition", ...] = ()
    required_when: tuple["Condition", ...] = ()

    def __post_init__(self) -> None:
        if self.kind is FieldKind.TEXT and self.rule is None:
            raise ValueError(f"{self.name} is a text without a rule")

    def check(self, value: object, today: date) -> str | int | FormProblem:
        """The value as it is stored, or what is wrong with it."""
        match self.kind:
            case FieldKind.TEXT:
                return self._check_text(value)
            case FieldKind.DATE:
                return self._check_date(value, today)
            case FieldKind.INTEGER:
                return self._check_integer(value)
            case FieldKind.CHOICE:
                return self._check_choice(value)

    def _problem(self, code: str, detail: str, detail_hi: str) -> FormProblem:
        return FormProblem(self.name, code, detail, detail_hi)

    def _check_text(self, value: object) -> str | int | FormProblem:
        if not isinstance(value, str) or self.rule is None:
            return self._problem("wrong-type", "Must be a text.", "पाठ लिखें।")
        text = self.rule.check(value)
        if not isinstance(text, str):
            return self._problem(text.code, text.detail, text.detail_hi)
        if self.pattern is not None and not self.pattern.fullmatch(text):
            hint = self.hint or Label(self.pattern.pattern, self.pattern.pattern)
            return self._problem("wrong-form", f"Must be: {hint.en}.", f"ऐसे लिखें: {hint.hi}।")
        return text

    def _check_date(self, value: object, today: date) -> str | int | FormProblem:
        if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
            return self._problem("wrong-form", "Must be a date written YYYY-MM-DD.", "तिथि YYYY-MM-DD रूप में लिखें।")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return self._problem("no-such-date", "Must be a date that exists.", "ऐसी तिथि लिखें जो होती है।")
        if day < EARLIEST_DATE:
            return self._problem("too-early", f"Must not be before {EARLIEST_DATE}.", f"{EARLIEST_DATE} से पहले की न हो।")
        if day > today:
            return self._problem("in-the-future", "Must not be in the future.", "भविष्य की न हो।")
        return value

    def _check_integer(self, value: object) -> str | int | FormProblem:
        # A bool is an int in Python, and 1.0 == 1; who sends either did not mean a whole number.
        if not isinstance(value, int) or isinstance(value, bool):
            return self._problem("wrong-type", "Must be a whole number.", "पूर्ण संख्या लिखें।")
        if not self.minimum <= value <= self.maximum:
            return self._problem(
                "out-of-range",
                f"Must be from {self.minimum} to {self.maximum}.",
                f"{self.minimum} से {self.maximum} तक लिखें।",
            )
        return value

    def _check_choice(self, value: object) -> str | int | FormProblem:
        codes = [choice.code for choice in self.choices]
        if not isinstance(value, str) or value not in codes:
            return self._problem(
                "unknown-choice", f"Must be one of: {', '.join(codes)}.", f"इनमें से एक दें: {', '.join(codes)}।"
            )
        return value


@dataclass(frozen=True)
class Span:
    """The days on which something may have happened, and the field that says so: one day, or those of a year."""

    field: str
    first: date
    last: date


@dataclass(frozen=True)
class Answers:
    """The acceptable answers of a form, asked for facts that may stand in other fields."""

    form: tuple[FormField, ...]
    values: Mapping[str, FormValue]

    def span(self, name: str) -> Span | None:
        """When it happened, as the date field `name` or an answer instead of it says; None when neither knows."""
        for field in self.form:
            if field.name == name or name in field.instead_of:
                match (field.kind, self.values.get(field.name)):
                    case (FieldKind.DATE, str() as day):
                        return Span(field.name, date.fromisoformat(day), date.fromisoformat(day))
                    case (FieldKind.INTEGER, int() as year):
                        return Span(field.name, date(year, 1, 1), date(year, 12, 31))
        return None


class Condition(Protocol):
    """When something is asked; the kinds are in `conditions`."""

    @property
    def reads(self) -> Collection[str]:
        """The fields on whose answers it depends."""

    def holds(self, answers: Answers, today: date) -> bool:
        """Whether it does; of what is not known it does not."""


class Rule(Protocol):
    """What must hold between a form's answers, or between them and today; the kinds are in `rules`."""

    @property
    def text(self) -> Label:
        """The rule as people are told it, with its source where it has one."""

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """What is wrong, or None: also when a fact that the rule needs is not known."""
