"""The blueprint that all routes hang on, and who is calling."""

from typing import Any

from revenue_courts.application.viewer import Officer, Viewer
from revenue_courts.domain.label import Label
from servicekit.http import COUNTER, Blueprint, Role, caller

READ, FILE, ACT = "revenue-courts:read", "revenue-courts:file", "revenue-courts:act"
FILERS = frozenset({Role.CITIZEN, Role.MACHINE, *COUNTER})
READERS = FILERS | {Role.OFFICER, Role.DISTRICT_ADMIN, Role.STATE_ADMIN, Role.AUDITOR}
# Keys of requests that move no money are remembered for a week, because a centre may be offline for days.
KEY_RETENTION_DAYS = 7
PREFIX = "/v1/revenue-courts"

blueprint = Blueprint("revenue-courts", description="Revenue courts: what may be filed where, and each case's way.")

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


def viewer() -> Viewer:
    """The caller, as somebody who wants to see or do something."""
    person = caller().person
    officer = None
    if person is not None and person.role == Role.OFFICER and person.department and person.designation:
        post = Label(person.designation, person.designation_hi or person.designation)
        officer = Officer(person.id, person.department, person.districts, post, person.office)
    return Viewer(caller().reach, person.id if person else caller().client_id, officer)
