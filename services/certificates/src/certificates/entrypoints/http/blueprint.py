"""The blueprint that the areas' routes hang on, and who calls them."""

from typing import Any

from certificates.application.viewer import Viewer
from certificates.domain.officer import Officer
from servicekit.http import Blueprint, caller

OFFICER_ROLE = "officer"
# Records that move no money are remembered for a week: a centre may be offline for days.
KEY_RETENTION_DAYS = 7

blueprint = Blueprint("certificates", description="Applications, decisions and certificates.")

WithHeaders = tuple[dict[str, Any], int, dict[str, str]]


def acting_officer() -> Officer | None:
    """The officer of a department that the caller's token names, if it does."""
    person = caller().person
    if person is None or person.role != OFFICER_ROLE or person.department is None:
        return None
    return Officer(person.id, person.role, person.department, person.districts)


def viewer() -> Viewer:
    """The caller as one who looks."""
    client = caller()
    return Viewer(client.client_id, client.kiosk_id, acting_officer())
