"""The first page, and the choice of a language before it."""

from flask import Response

from portal.entrypoints.frame import SPOKEN, page
from servicekit.http import Blueprint

blueprint = Blueprint("start")


@blueprint.route("/")
@blueprint.public("a page for everybody", documented=False)
def choose_language() -> Response:
    """Both languages at once: nothing is guessed from the browser, which is often somebody else's."""
    return page("choose_language.html", kept=True)


@blueprint.route(SPOKEN)
@blueprint.public("a page for everybody", documented=False)
def start() -> Response:
    """What can be done here."""
    return page("start.html", kept=True)
