"""The blueprint that the areas' routes hang on, and who is calling."""

from typing import Any

from certificates.application.viewer import Viewer
from certificates.bootstrap import Certificates
from certificates.domain.label import Label
from certificates.domain.officers.officer import AN_OFFICER, Officer
from servicekit.http import COUNTER, Blueprint, Person, Role, application, caller
from servicekit.instants import utc_now

APPLICANTS = frozenset({Role.CITIZEN, Role.MACHINE, *COUNTER})
READERS = APPLICANTS | {Role.OFFICER, Role.DISTRICT_ADMIN, Role.AUDITOR}
# Keys of requests that move no money are remembered for a week, because a centre may be offline for days.
KEY_RETENTION_DAYS = 7

blueprint = Blueprint("certificates", description="Applications, decisions and certificates.")

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


def acting_officer() -> Officer | None:
    """The officer that the caller's token names, with the charges they have; None for no officer of a department."""
    person = caller().person
    if person is None or person.role != Role.OFFICER or person.department is None:
        return None
    officer = Officer(person.id, person.role, person.department, person.districts, _designation(person))
    return application(Certificates).officers.with_charges(officer, utc_now())


def _designation(person: Person) -> Label:
    """The post as the token names it: in English too where nobody has recorded its Hindi name."""
    if person.designation is None:
        return AN_OFFICER
    return Label(person.designation, person.designation_hi or person.designation)


def viewer() -> Viewer:
    """The caller, as somebody who wants to see something."""
    return Viewer(caller().reach, acting_officer())
