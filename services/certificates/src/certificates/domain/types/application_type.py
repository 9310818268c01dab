"""What may be applied for. Each type is read from a file of its own, so that a new type is a new file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

# No living person and no register of the state is older: an earlier date is a mistake in writing.
EARLIEST_DATE = date(1875, 1, 1)

# A form is filled in and read at a counter: more than this nobody would read.
LONGEST_TEXT = 500

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

FormValue = str | int


@dataclass(frozen=True)
class Label:
    """The same words in English and in Hindi."""

    en: str
    hi: str


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
    """What is wrong with one field. Never holds the value: it is personal data."""

    field: str
    code: str
    detail: str
    detail_hi: str | None = None


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One line of a type's form.

    `maximum` and `minimum` are bounds of an integer; `max_length` counts characters of a text, `rule` is how it must
    be written (every text has one), and `writing` and `script` (as Unicode names it) tell clients the same; `pattern`
    must match a text in full, and `hint` says it to people. `on_certificate`: the value is printed on the paper.
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

    def __post_init__(self) -> None:
        if self.kind is FieldKind.TEXT and self.rule is None:
            raise ValueError(f"{self.name} is a text without a rule")

    def check(self, value: object, today: date) -> FormValue | FormProblem:
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

    def _problem(self, code: str, detail: str) -> FormProblem:
        return FormProblem(self.name, code, detail)

    def _check_text(self, value: object) -> FormValue | FormProblem:
        if not isinstance(value, str) or self.rule is None:
            return self._problem("wrong-type", "Must be a text.")
        text = self.rule.check(value)
        if not isinstance(text, str):
            return FormProblem(self.name, text.code, text.detail, text.detail_hi)
        if self.pattern is not None and not self.pattern.fullmatch(text):
            return self._problem("wrong-form", f"Must be: {self.hint.en if self.hint else self.pattern.pattern}.")
        return text

    def _check_date(self, value: object, today: date) -> FormValue | FormProblem:
        if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
            return self._problem("wrong-form", "Must be a date written YYYY-MM-DD.")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return self._problem("no-such-date", "Must be a date that exists.")
        if day < EARLIEST_DATE:
            return self._problem("too-early", f"Must not be before {EARLIEST_DATE}.")
        if day > today:
            return self._problem("in-the-future", "Must not be in the future.")
        return value

    def _check_integer(self, value: object) -> FormValue | FormProblem:
        # A bool is an int in Python, and 1.0 == 1; who sends either did not mean a whole number.
        if not isinstance(value, int) or isinstance(value, bool):
            return self._problem("wrong-type", "Must be a whole number.")
        if not self.minimum <= value <= self.maximum:
            return self._problem("out-of-range", f"Must be from {self.minimum} to {self.maximum}.")
        return value

    def _check_choice(self, value: object) -> FormValue | FormProblem:
        codes = [choice.code for choice in self.choices]
        if not isinstance(value, str) or value not in codes:
            return self._problem("unknown-choice", f"Must be one of: {', '.join(codes)}.")
        return value


@dataclass(frozen=True)
class RequiredDocument:
    """A document that the operator must see at the counter."""

    code: str
    label: Label


@dataclass(frozen=True)
class FeeRule:
    """The fee from `effective_from` on, until the next rule; `paise` may be 0."""

    effective_from: date
    paise: int
    head: str
    order: str


@dataclass(frozen=True)
class Step:
    """One decision among those an application needs: who makes it, and within how many working days."""

    name: str
    label: Label
    role: str
    department: str
    working_days: int


@dataclass(frozen=True, kw_only=True)
class ApplicationType:
    """One thing that may be applied for.

    The certificate's number begins with `prefix`; `doctype` is its document type in DigiLocker. `validity_months` says
    how long the certificate is valid; None is for ever. `fees` are in order of date, `steps` in order of work.
    """

    code: str
    title: Label
    prefix: str
    doctype: str
    legal_basis: Label
    signer: Label
    validity_months: int | None
    form: tuple[FormField, ...]
    documents: tuple[RequiredDocument, ...]
    fees: tuple[FeeRule, ...]
    steps: tuple[Step, ...]

    def fee_on(self, day: date) -> FeeRule | None:
        """The fee rule in force on `day`; None before the first one, when the type is not open yet."""
        in_force = [rule for rule in self.fees if rule.effective_from <= day]
        return in_force[-1] if in_force else None

    def step(self, name: str) -> Step:
        """The step of that name. Raises KeyError when there is none: a step that is in use may not be renamed."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def step_after(self, name: str) -> Step | None:
        """The step that follows `name`, or None when it is the last one."""
        next_place = self.steps.index(self.step(name)) + 1
        return self.steps[next_place] if next_place < len(self.steps) else None

    def check_form(self, values: Mapping[str, object], today: date) -> tuple[dict[str, FormValue], list[FormProblem]]:
        """The form as it is stored, and everything that is wrong with it, unknown fields included."""
        kept: dict[str, FormValue] = {}
        problems: list[FormProblem] = []
        known = {field.name for field in self.form}
        problems.extend(
            FormProblem(name, "unknown-field", "This form has no such field.") for name in values if name not in known
        )
        for field in self.form:
            if values.get(field.name) is None:
                if field.required:
                    problems.append(FormProblem(field.name, "missing", "This field is required."))
                continue
            checked = field.check(values[field.name], today)
            if isinstance(checked, FormProblem):
                problems.append(checked)
            else:
                kept[field.name] = checked
        return kept, problems
