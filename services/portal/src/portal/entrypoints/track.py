"""How far a payment or an application is, by the token on its receipt, which stands in no address."""

from flask import Response, request

from portal.bootstrap import Portal
from portal.entrypoints.frame import SPOKEN, page
from servicekit.http import Blueprint, application
from servicekit.ids import read_transaction_token

# As much as somebody may paste around a token.
LONGEST_TOKEN = 64

blueprint = Blueprint("track")


@blueprint.route(f"{SPOKEN}/track")
@blueprint.public("a page for everybody", documented=False)
def ask_for_token() -> Response:
    """The form."""
    return page("track.html", kept=True, written="", problem=None)


@blueprint.route(f"{SPOKEN}/track", methods=["POST"])
@blueprint.public("a page for everybody", documented=False)
@blueprint.repeatable("a question: nothing is kept")
def show_transaction() -> Response:
    """How far it is. It reads only, so that sending the form twice does no harm."""
    written = request.form.get("token", "")[:LONGEST_TOKEN].strip()
    token = read_transaction_token(written)
    if token is None:
        return page("track.html", status=422, written=written, problem="form" if written else "empty")
    shown = application(Portal).platform.transaction(token)
    if shown is None:
        return page("track.html", status=404, written=written, problem="unknown")
    return page("transaction.html", shown=shown)
