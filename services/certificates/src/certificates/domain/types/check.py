"""A form as it was sent, held to its type: what is kept of it, and everything that is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from certificates.domain.label import Label
from certificates.domain.types.form import Answers, Condition, FormField, FormProblem, FormValue, Row, Rule

# Who sends more names that no form has is told of the first ones only.
MOST_UNKNOWN = 100
# A group is filled in at a counter too, and a page shows its rows.
MOST_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class Group:
    """Lines of a form that repeat, such as witnesses: from `at_least` to `at_most` rows of the same fields.

    Without rows it is left out, if it is not `required`. Conditions are as those of a field; those of its fields read
    the same row and the form around it.
    """

    name: str
    label: Label
    fields: tuple[FormField, ...]
    required: bool
    at_least: int
    at_most: int
    asked_when: tuple[Condition, ...] = ()
    required_when: tuple[Condition, ...] = ()


def check_form(
    form: tuple[FormField, ...],
    groups: Sequence[Group],
    rules: Sequence[Rule],
    values: Mapping[str, object],
    today: date,
) -> tuple[dict[str, FormValue], list[FormProblem]]:
    """The form as it is stored, and everything that is wrong with it, unknown fields included."""
    own = {name: value for name, value in values.items() if name not in {group.name for group in groups}}
    answers, wrong, problems = _check_fields(form, own, Answers((), {}), frozenset(), today)
    kept = dict(answers.values)
    for group in groups:
        rows, in_rows = _check_group(group, values.get(group.name), answers, wrong, today)
        problems.extend(in_rows)
        if rows:
            kept[group.name] = rows
    whole = Answers(form, kept)
    problems.extend(problem for rule in rules if (problem := rule.problem(whole, today)) is not None)
    return kept, problems


def _check_fields(
    fields: tuple[FormField, ...],
    values: Mapping[str, object],
    around: Answers,
    wrong_around: Collection[str],
    today: date,
) -> tuple[Answers, frozenset[str], list[FormProblem]]:
    """The acceptable answers beside those `around`, the names of those that are not, and the problems."""
    checked = {field.name: field.check(values[field.name], today) for field in fields if _given(values, field.name)}
    kept = {name: value for name, value in checked.items() if not isinstance(value, FormProblem)}
    wrong = frozenset({*wrong_around, *(checked.keys() - kept.keys())})
    answers = Answers((*around.form, *fields), {**around.values, **kept})
    known = {field.name for field in fields}
    problems = [
        FormProblem(name, "unknown-field", "This form has no such field.", "इस आवेदन में ऐसी कोई जानकारी नहीं है।")
        for name in [name for name in values if name not in known][:MOST_UNKNOWN]
    ]
    not_asked = set()
    for field in fields:
        asked = _hold(field.asked_when, answers, wrong, today)
        if field.name not in checked:
            if asked and (field.required or _demanded(field.required_when, answers, wrong, today)):
                instead = [other.name for other in fields if field.name in other.instead_of]
                if not checked.keys() & set(instead):
                    problems.append(_missing(field, instead))
            continue
        if asked is False:
            not_asked.add(field.name)
            problems.append(_not_asked(field.name, field.asked_when))
            continue
        if both := sorted(checked.keys() & set(field.instead_of)):
            problems.append(_both(field.name, both))
        outcome = checked[field.name]
        if isinstance(outcome, FormProblem):
            problems.append(outcome)
    own = {name: value for name, value in answers.values.items() if name not in not_asked}
    return Answers(answers.form, own), wrong, problems


def _check_group(
    group: Group, value: object, around: Answers, wrong: Collection[str], today: date
) -> tuple[list[Row], list[FormProblem]]:
    asked = _hold(group.asked_when, around, wrong, today)
    if value is None or value == []:
        needed = asked and (group.required or _demanded(group.required_when, around, wrong, today))
        return [], [_missing(group, [])] if needed else []
    if asked is False:
        return [], [_not_asked(group.name, group.asked_when)]
    if not isinstance(value, list):
        return [], [FormProblem(group.name, "wrong-type", "Must be a list of rows.", "पंक्तियों की सूची दें।")]
    if not group.at_least <= len(value) <= group.at_most:
        return [], [_wrong_count(group, len(value))]
    rows: list[Row] = []
    problems: list[FormProblem] = []
    for place, row in enumerate(value):
        if not isinstance(row, Mapping):
            problem = FormProblem(str(place), "wrong-type", "Must be an object.", "पंक्ति के उत्तर नाम सहित दें।")
            problems.append(replace(problem, within=(group.name,)))
            continue
        answers, _, in_row = _check_fields(group.fields, row, around, wrong, today)
        names = {field.name for field in group.fields}
        rows.append({n: v for n, v in answers.values.items() if n in names and not isinstance(v, list)})
        problems.extend(replace(problem, within=(group.name, str(place))) for problem in in_row)
    return rows, problems


def _given(values: Mapping[str, object], name: str) -> bool:
    return values.get(name) is not None


def _hold(conditions: Sequence[Condition], answers: Answers, wrong: Collection[str], today: date) -> bool | None:
    """Whether all hold; None where that depends on an answer that is not acceptable."""
    if any(name in wrong for condition in conditions for name in condition.reads):
        return None
    return all(condition.holds(answers, today) for condition in conditions)


def _demanded(conditions: Sequence[Condition], answers: Answers, wrong: Collection[str], today: date) -> bool:
    return bool(conditions) and _hold(conditions, answers, wrong, today) is True


def _named(conditions: Sequence[Condition]) -> str:
    return ", ".join(dict.fromkeys(name for condition in conditions for name in condition.reads))


def _missing(asked: FormField | Group, instead: Sequence[str]) -> FormProblem:
    en, hi = "This field is required.", "यह जानकारी आवश्यक है।"
    if because := _named((*asked.asked_when, *(() if asked.required else asked.required_when))):
        en, hi = f"This is required because of: {because}.", f"यह जानकारी इस उत्तर के कारण आवश्यक है: {because}।"
    if instead:
        others = ", ".join(instead)
        en += f" Where there is nothing to say here, answer instead: {others}."
        hi += f" यदि यहाँ लिखने को कुछ नहीं है, तो इसके स्थान पर भरें: {others}।"
    return FormProblem(asked.name, "missing", en, hi)


def _not_asked(name: str, conditions: Sequence[Condition]) -> FormProblem:
    because = _named(conditions)
    return FormProblem(
        name,
        "not-asked",
        f"Is not asked because of: {because}; leave it out.",
        f"यह जानकारी इस उत्तर के कारण नहीं माँगी जाती: {because}; इसे न भरें।",
    )


def _both(name: str, fields: Sequence[str]) -> FormProblem:
    others = ", ".join(fields)
    return FormProblem(
        name, "both-given", f"Stands in for {others}; leave one out.", f"यह {others} के स्थान पर है; कोई एक ही भरें।"
    )


def _wrong_count(group: Group, given: int) -> FormProblem:
    code = "too-few" if given < group.at_least else "too-many"
    if group.at_least == group.at_most:
        return FormProblem(
            group.name, code, f"Must have {group.at_least} rows.", f"इसमें {group.at_least} पंक्तियाँ होनी चाहिए।"
        )
    return FormProblem(
        group.name,
        code,
        f"Must have from {group.at_least} to {group.at_most} rows.",
        f"इसमें {group.at_least} से {group.at_most} तक पंक्तियाँ होनी चाहिए।",
    )
