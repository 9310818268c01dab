"""What an act on an issued record changes in the certificate that was issued before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from certificates.domain.types.application_type import ApplicationType, Record
from certificates.domain.types.form import FieldKind, FormField, FormProblem, FormValue


@dataclass(frozen=True)
class Amended:
    """One answer of the act's form that changes the record: where it stands in that form, the entry, and the answer."""

    field: str
    within: tuple[str, ...]
    entry: str
    value: FormValue


def amended_by(record: Record, applicant: Mapping[str, FormValue]) -> list[Amended]:
    """What the form of the act says is to be changed."""
    if record.rows is None:
        entries = [amendment.entry for amendment in record.amends if amendment.entry in applicant]
        return [Amended(entry, (), entry, applicant[entry]) for entry in entries]
    rows = applicant.get(record.rows.group, [])
    assert isinstance(rows, list)
    return [
        Amended(record.rows.value, (record.rows.group, str(place)), str(row[record.rows.entry]), row[record.rows.value])
        for place, row in enumerate(rows)
    ]


def amendment_problems(
    record: Record, applicant: Mapping[str, FormValue], of: ApplicationType, today: date
) -> list[FormProblem]:
    """What the form of the act asks for that a certificate of the type `of` cannot say."""
    problems = []
    for change in amended_by(record, applicant):
        target = _target(record, change.entry, of)
        if target is None:
            wrong = FormProblem(
                change.field,
                "not-on-certificate",
                f"A certificate of the type {of.title.en} has no such entry.",
                f"{of.title.hi} में ऐसी प्रविष्टि नहीं होती।",
            )
        else:
            checked = target.check(_as_stored(target, change.value), today)
            if not isinstance(checked, FormProblem):
                continue
            wrong = checked
        problems.append(replace(wrong, field=change.field, within=change.within))
    return problems


def amended(
    holder: Mapping[str, FormValue], record: Record, applicant: Mapping[str, FormValue], of: ApplicationType
) -> dict[str, FormValue]:
    """The facts of a certificate of the type `of` after the act; `holder` are those before it.

    What stood in for a fact that is known now is left out.
    """
    facts = dict(holder)
    for change in amended_by(record, applicant):
        target = _target(record, change.entry, of)
        if target is not None:
            facts[target.name] = _as_stored(target, change.value)
            for field in of.form:
                if target.name in field.instead_of:
                    facts.pop(field.name, None)
    return facts


def _target(record: Record, entry: str, of: ApplicationType) -> FormField | None:
    name = next((a.fields.get(of.code) for a in record.amends if a.entry == entry), None)
    return next((field for field in of.form if field.name == name), None)


def _as_stored(field: FormField, value: FormValue) -> FormValue:
    """A choice by its code: in a row of corrections it is written in words."""
    if field.kind is FieldKind.CHOICE:
        written = str(value).strip().casefold()
        for choice in field.choices:
            if written in {choice.code, choice.label.en.casefold(), choice.label.hi}:
                return choice.code
    return value
