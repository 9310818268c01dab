"""The kinds of rules that a type's file may set. Each is data there, with its words and the law it comes from.

Where only a year is known, a rule is broken when it would be on every day of that year: a doubt is the officer's.
"""

from dataclasses import dataclass
from datetime import date

from certificates.domain.types.form import Answers, FormProblem, Span
from certificates.domain.types.label import Label


def _refused(field: str, code: str, text: Label) -> FormProblem:
    return FormProblem(field, code, text.en, text.hi)


def _years(born: date, at: date) -> int:
    """Completed years."""
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


@dataclass(frozen=True, kw_only=True)
class NotInFuture:
    """A year has begun. Dates are held to it by their kind; a year that stands in for one is a plain number."""

    text: Label
    field: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """What is wrong with the year, if anything is."""
        year = answers.values.get(self.field)
        return _refused(self.field, "in-the-future", self.text) if isinstance(year, int) and year > today.year else None


@dataclass(frozen=True, kw_only=True)
class InOrder:
    """`first` happened on the day of `then`, or before it."""

    text: Label
    first: str
    then: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:  # noqa: ARG002 - a rule's form
        """At `then`."""
        first, then = answers.span(self.first), answers.span(self.then)
        if first is None or then is None or first.first <= then.last:
            return None
        return _refused(then.field, "too-early", self.text)


@dataclass(frozen=True, kw_only=True)
class AgeAt:
    """Whoever was born at `born` had `minimum` completed years at `at` (today without it), and at most `maximum`.

    It holds for what happened from `applies_from` until before `applies_until`: the law of the day counts.
    """

    text: Label
    born: str
    at: str | None = None
    minimum: int = 0
    maximum: int | None = None
    applies_from: date | None = None
    applies_until: date | None = None

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """At `born`."""
        born = answers.span(self.born)
        at = Span("", today, today) if self.at is None else answers.span(self.at)
        if born is None or at is None or not self._applies(at):
            return None
        oldest, youngest = _years(born.first, at.last), _years(born.last, at.first)
        too_old = self.maximum is not None and youngest > self.maximum
        # Before the birth there is no age: that is for InOrder to say.
        if born.first <= at.last and (oldest < self.minimum or too_old):
            return _refused(born.field, "too-old" if too_old else "too-young", self.text)
        return None

    def _applies(self, at: Span) -> bool:
        begun = self.applies_from is None or at.first >= self.applies_from
        return begun and (self.applies_until is None or at.last < self.applies_until)


@dataclass(frozen=True, kw_only=True)
class YearsSince:
    """`years` is no more than the years since `born`."""

    text: Label
    years: str
    born: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """At `years`."""
        years, born = answers.values.get(self.years), answers.span(self.born)
        if not isinstance(years, int) or born is None or years <= _years(born.first, today):
            return None
        return _refused(self.years, "more-than-the-age", self.text)


@dataclass(frozen=True, kw_only=True)
class NeededAfter:
    """`needs` is answered when more than `after_days` days have passed since `event`."""

    text: Label
    event: str
    after_days: int
    needs: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """At `needs`."""
        event = answers.span(self.event)
        if event is None or (today - event.last).days <= self.after_days or self.needs in answers.values:
            return None
        return _refused(self.needs, "missing", self.text)
