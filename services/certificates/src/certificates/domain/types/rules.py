"""The kinds of rules that a type's file may set. Each is data there, with its words and the law it comes from.

Where only a year is known, a rule is broken when it would be on every day of that year: a doubt is the officer's.
"""

from dataclasses import dataclass, replace
from datetime import date

from certificates.domain.label import Label
from certificates.domain.sla.calendar import is_later_than, years_between
from certificates.domain.types.form import Answers, Condition, FormProblem, Row, Rule, Span


def _refused(field: str, code: str, text: Label) -> FormProblem:
    return FormProblem(field, code, text.en, text.hi)


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
        oldest, youngest = years_between(born.first, at.last), years_between(born.last, at.first)
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
    """`years` is no more than the years from `born` to `at` (today without it)."""

    text: Label
    years: str
    born: str
    at: str | None = None

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """At `years`."""
        years, born = answers.values.get(self.years), answers.span(self.born)
        at = Span("", today, today) if self.at is None else answers.span(self.at)
        # Before the birth there are no years: that is for InOrder to say.
        if not isinstance(years, int) or born is None or at is None or born.first > at.last:
            return None
        too_many = years > years_between(born.first, at.last)
        return _refused(self.years, "more-than-the-age", self.text) if too_many else None


@dataclass(frozen=True, kw_only=True)
class Rung:
    """From more than so many days or years after the event on, `permitted_by` must permit the report."""

    permitted_by: Label
    after_days: int = 0
    after_years: int = 0


@dataclass(frozen=True, kw_only=True)
class LateReport:
    """`needs` is answered when a report of `event` comes so late that somebody must permit it.

    `rungs` are in order of time; the last one that is reached says who.
    """

    text: Label
    event: str
    needs: str
    rungs: tuple[Rung, ...]

    def rung(self, answers: Answers, today: date) -> Rung | None:
        """The rung that is reached. A year counts from its last day, as for the fee."""
        event = answers.span(self.event)
        if event is None:
            return None
        reached = [
            rung
            for rung in self.rungs
            if is_later_than(event.last, today, days=rung.after_days, years=rung.after_years)
        ]
        return reached[-1] if reached else None

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """At `needs`; names who must permit."""
        rung = self.rung(answers, today)
        if rung is None or self.needs in answers.values:
            return None
        told = Label(
            f"{self.text.en}. Permitted by: {rung.permitted_by.en}",
            f"{self.text.hi}। अनुमति देने वाला: {rung.permitted_by.hi}",
        )
        return _refused(self.needs, "missing", told)


@dataclass(frozen=True, kw_only=True)
class InRange:
    """A number is from `minimum` to `maximum`, more narrowly than its field says."""

    text: Label
    field: str
    minimum: int | None = None
    maximum: int | None = None

    def problem(self, answers: Answers, today: date) -> FormProblem | None:  # noqa: ARG002 - a rule's form
        """At the number."""
        number = answers.values.get(self.field)
        if not isinstance(number, int):
            return None
        low = self.minimum is not None and number < self.minimum
        high = self.maximum is not None and number > self.maximum
        return _refused(self.field, "out-of-range", self.text) if low or high else None


@dataclass(frozen=True, kw_only=True)
class Distinct:
    """The rows of a group differ in `field`: two witnesses are two people. Letter case and spaces do not count."""

    text: Label
    group: str
    field: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:  # noqa: ARG002 - a rule's form
        """At the first row that repeats another."""
        seen = set()
        for place, row in enumerate(rows_of(answers, self.group)):
            value = " ".join(str(row[self.field]).split()).casefold() if self.field in row else None
            if value in seen:
                problem = _refused(self.field, "repeated", self.text)
                return replace(problem, within=(self.group, str(place)))
            if value is not None:
                seen.add(value)
        return None


@dataclass(frozen=True, kw_only=True)
class AddsUp:
    """The numbers `field` of a group's rows make `total` together."""

    text: Label
    group: str
    field: str
    total: str

    def problem(self, answers: Answers, today: date) -> FormProblem | None:  # noqa: ARG002 - a rule's form
        """At `total`; a form without rows says nothing of it."""
        rows, total = rows_of(answers, self.group), answers.values.get(self.total)
        numbers = [number for row in rows if isinstance(number := row.get(self.field), int)]
        if not rows or len(numbers) < len(rows) or not isinstance(total, int) or sum(numbers) == total:
            return None
        return _refused(self.total, "does-not-add-up", self.text)


@dataclass(frozen=True)
class RuleWhen:
    """A rule that holds under conditions only."""

    rule: Rule
    when: tuple[Condition, ...]

    @property
    def text(self) -> Label:
        """The rule's own words."""
        return self.rule.text

    def problem(self, answers: Answers, today: date) -> FormProblem | None:
        """The rule's, when all conditions hold."""
        held = all(condition.holds(answers, today) for condition in self.when)
        return self.rule.problem(answers, today) if held else None


def rows_of(answers: Answers, group: str) -> list[Row]:
    """The rows of a group, none where it is left out."""
    rows = answers.values.get(group, [])
    return rows if isinstance(rows, list) else []
