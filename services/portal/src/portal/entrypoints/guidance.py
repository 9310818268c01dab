"""Help, and the accessibility statement."""

from flask import Response

from portal.entrypoints.frame import SPOKEN, page
from servicekit.http import Blueprint

blueprint = Blueprint("guidance")


@blueprint.route(f"{SPOKEN}/help")
@blueprint.public("a page for everybody", documented=False)
def show_help() -> Response:
    """What people ask."""
    return page("help.html", kept=True)


@blueprint.route(f"{SPOKEN}/accessibility")
@blueprint.public("a page for everybody", documented=False)
def show_accessibility() -> Response:
    """For whom this site works, how that was tried, and what is known not to."""
    return page("accessibility.html", kept=True)
