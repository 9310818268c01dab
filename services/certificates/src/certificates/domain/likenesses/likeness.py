"""Whether two applications may be about the same fact: by whom they are about, their dates, and the record they name.

Twins are not the same: they share parents, day and place, and differ in their own name. Of a child without a name
nothing is said, for a twin without one would be the same in all that is written.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum

from certificates.domain.certificates.number import read_certificate_number
from certificates.domain.likenesses.names import plain, skeleton
from certificates.domain.types.application_type import ApplicationType
from certificates.domain.types.form import FieldKind, FormValue, Writing

_IN_HINDI = "_hi"


class Sign(StrEnum):
    """Why another application is shown beside one."""

    SAME_RECORD = "same-record"
    SAME_NAME = "same-name"
    NAME_SOUNDS_ALIKE = "name-sounds-alike"
    SAME_DATE = "same-date"


def likeness_keys(application_type: ApplicationType, applicant: Mapping[str, FormValue]) -> tuple[str, ...]:
    """What an application has in common with those that are like it, as hashes: they are compared and say nothing.

    One for each of its holder's names with each of its dates, and one for the record that it names.
    """
    keys = {_hash(application_type.code, "record", number) for number in _records(application_type, applicant)}
    for name in _names(application_type, applicant):
        if sounds := skeleton(name):
            keys |= {_hash(application_type.code, sounds, day) for day in _dates(application_type, applicant)}
    return tuple(sorted(keys))


def signs(
    application_type: ApplicationType, one: Mapping[str, FormValue], other: Mapping[str, FormValue]
) -> tuple[Sign, ...]:
    """Why the two, of one type, may be the same; empty when nothing says so."""
    told = []
    if _records(application_type, one) & _records(application_type, other):
        told.append(Sign.SAME_RECORD)
    names = [_names(application_type, form) for form in (one, other)]
    if {plain(name) for name in names[0]} & {plain(name) for name in names[1]}:
        told.append(Sign.SAME_NAME)
    elif ({skeleton(name) for name in names[0]} & {skeleton(name) for name in names[1]}) - {""}:
        told.append(Sign.NAME_SOUNDS_ALIKE)
    named = len(told) > 0
    if _dates(application_type, one) & _dates(application_type, other) and named:
        told.append(Sign.SAME_DATE)
    return tuple(told)


def _names(application_type: ApplicationType, applicant: Mapping[str, FormValue]) -> set[str]:
    """What those are called whom it is about, in both scripts."""
    fields = {field for name in application_type.holder for field in (name, name + _IN_HINDI)}
    return set(_texts(application_type, applicant, FieldKind.TEXT, fields))


def _dates(application_type: ApplicationType, applicant: Mapping[str, FormValue]) -> set[str]:
    return set(_texts(application_type, applicant, FieldKind.DATE, None))


def _records(application_type: ApplicationType, applicant: Mapping[str, FormValue]) -> set[str]:
    record = application_type.record
    if record is None or record.number not in applicant:
        return set()
    number = str(applicant[record.number])
    return {read_certificate_number(number) or plain(number)}


def _texts(
    application_type: ApplicationType, applicant: Mapping[str, FormValue], kind: FieldKind, among: set[str] | None
) -> Iterator[str]:
    for field in application_type.form:
        value = applicant.get(field.name)
        named = among is None or (field.name in among and field.writing is Writing.NAME)
        if field.kind is kind and named and isinstance(value, str):
            yield value


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
