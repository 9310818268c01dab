"""What may be applied for. Each type is read from a file of its own, so that a new type is a new file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from certificates.domain.types.form import Answers, FormField, FormProblem, FormValue, Rule
from certificates.domain.types.label import Label


@dataclass(frozen=True)
class RequiredDocument:
    """A document that the operator must see at the counter."""

    code: str
    label: Label


@dataclass(frozen=True)
class FeeRule:
    """The fee from `effective_from` on, until the next rule; `paise` may be 0.

    `order_hi` is the order's name in Hindi, or `order` again where nobody has written it. A late report has a fee of
    its own: the rule holds when more than `after_days` days have passed since the event that is reported.
    """

    effective_from: date
    paise: int
    head: str
    order: str
    order_hi: str
    after_days: int = 0


@dataclass(frozen=True)
class Post:
    """A post of the state. `name` as identity records it; `order` says why it decides, where that is known."""

    name: Label
    order: Label | None = None


@dataclass(frozen=True)
class Step:
    """One decision among those an application needs: who makes it, and within how many working days.

    Whoever decides holds one of `posts`; without posts every officer of the department may.
    """

    name: str
    label: Label
    role: str
    department: str
    working_days: int
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApplicationType:
    """One thing that may be applied for.

    `signer` is the post that signs by rule, one of those of the last step. The certificate's number begins
    with `prefix`; `doctype` is its document type in DigiLocker. `validity_months` says how long the certificate is
    valid; None is for ever. `fees` are in order of `after_days` and date, `steps` in order of work. `event` is the date
    field of the event that is reported by the application; without a report it is empty. `holder` are the fields that
    name those whom the certificate is about.
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
    event: str = ""
    rules: tuple[Rule, ...] = ()
    holder: tuple[str, ...] = ()

    def fees_on(self, day: date) -> list[FeeRule]:
        """The fee rules in force on `day`, that of a report in time first; empty before the type is open."""
        in_force = {rule.after_days: rule for rule in self.fees if rule.effective_from <= day}
        return list(in_force.values()) if 0 in in_force else []

    def fee_of(self, values: Mapping[str, FormValue], today: date) -> FeeRule:
        """The fee of an application with that form, lodged on a day on which the type is open.

        A year counts from its last day: nobody pays for a delay that may not have been.
        """
        happened = Answers(self.form, values).span(self.event)
        return [
            rule
            for rule in self.fees_on(today)
            if rule.after_days == 0 or (happened and (today - happened.last).days > rule.after_days)
        ][-1]

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
        answered = {name for name, value in values.items() if value is not None}
        known = {field.name for field in self.form}
        problems.extend(
            FormProblem(name, "unknown-field", "This form has no such field.", "इस आवेदन में ऐसी कोई जानकारी नहीं है।")
            for name in values
            if name not in known
        )
        for field in self.form:
            if field.name not in answered:
                instead = [other.name for other in self.form if field.name in other.instead_of]
                if field.required and not answered.intersection(instead):
                    problems.append(_missing(field.name, instead))
                continue
            if both := sorted(answered.intersection(field.instead_of)):
                problems.append(_both(field.name, both))
            checked = field.check(values[field.name], today)
            if isinstance(checked, FormProblem):
                problems.append(checked)
            else:
                kept[field.name] = checked
        answers = Answers(self.form, kept)
        unmet = (rule.problem(answers, today) for rule in self.rules)
        problems.extend(problem for problem in unmet if problem is not None)
        return kept, problems


def _missing(name: str, instead: list[str]) -> FormProblem:
    if not instead:
        return FormProblem(name, "missing", "This field is required.", "यह जानकारी आवश्यक है।")
    others = ", ".join(instead)
    return FormProblem(
        name,
        "missing",
        f"This field is required. Where there is nothing to say here, answer instead: {others}.",
        f"यह जानकारी आवश्यक है। यदि यहाँ लिखने को कुछ नहीं है, तो इसके स्थान पर भरें: {others}।",
    )


def _both(name: str, fields: list[str]) -> FormProblem:
    others = ", ".join(fields)
    return FormProblem(
        name, "both-given", f"Stands in for {others}; leave one out.", f"यह {others} के स्थान पर है; कोई एक ही भरें।"
    )
