"""The kinds of conditions under which a type asks for something. Each is data in the type's file."""

from dataclasses import dataclass
from datetime import date

from certificates.domain.sla.calendar import years_between
from certificates.domain.types.form import Answers, Span


@dataclass(frozen=True)
class IsOneOf:
    """A choice was answered with one of the codes."""

    field: str
    codes: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The choice."""
        return (self.field,)

    def holds(self, answers: Answers, today: date) -> bool:  # noqa: ARG002 - a condition's form
        """Whether it was."""
        return answers.values.get(self.field) in self.codes


@dataclass(frozen=True)
class IsAnswered:
    """A field was answered, or with `answered` false was not."""

    field: str
    answered: bool

    @property
    def reads(self) -> tuple[str, ...]:
        """The field."""
        return (self.field,)

    def holds(self, answers: Answers, today: date) -> bool:  # noqa: ARG002 - a condition's form
        """Whether it was, or was not."""
        return (self.field in answers.values) is self.answered


@dataclass(frozen=True)
class YoungerThan:
    """Whoever was born at `born` has fewer completed years at `at` (today without it).

    Where only a year is known, so on every day of that year: a doubt is the officer's.
    """

    born: str
    years: int
    at: str | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The dates."""
        return (self.born,) if self.at is None else (self.born, self.at)

    def holds(self, answers: Answers, today: date) -> bool:
        """Whether they have; not when a date is not known."""
        born = answers.span(self.born)
        at = Span("", today, today) if self.at is None else answers.span(self.at)
        return born is not None and at is not None and years_between(born.first, at.last) < self.years
