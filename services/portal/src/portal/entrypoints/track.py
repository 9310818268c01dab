"""How far a payment or an application is, by the token on its receipt. The token stands in no address."""

from typing import NamedTuple

from flask import Response, request

from portal.bootstrap import Portal
from portal.entrypoints.frame import N_, SPOKEN, page
from servicekit.http import Blueprint, application
from servicekit.ids import read_transaction_token

# As much as somebody may paste around a token.
LONGEST_TOKEN = 64

blueprint = Blueprint("track")


class Meaning(NamedTuple):
    """What a status is called and what to do."""

    name: str
    advice: str


# By kind and status of GET /v1/transactions/{token}.
MEANINGS = {
    ("payment", "PROCESSING"): Meaning(
        N_("The payment is under way"),
        N_("It ends by itself, mostly within minutes. You need not pay again. Look here again later."),
    ),
    ("payment", "COMPLETED"): Meaning(
        N_("Paid"),
        N_("There is nothing left to do. You get the receipt where you paid."),
    ),
    ("payment", "FAILED"): Meaning(
        N_("Not paid"),
        N_("The payment did not succeed. Ask where you paid for your money, and pay the bill again."),
    ),
    ("payment", "IN_DOUBT"): Meaning(
        N_("Not certain yet"),
        N_(
            "The payment was sent, and the biller has not said yet whether it arrived. We go on asking the biller "
            "until it is certain. You need not pay again. Look here again tomorrow."
        ),
    ),
    ("application", "FEE_DUE"): Meaning(
        N_("The fee is not paid yet"),
        N_("The office begins when the fee is paid. Pay it where you applied."),
    ),
    ("application", "IN_VERIFICATION"): Meaning(
        N_("With the office"),
        N_("The office is looking at your application. There is nothing for you to do."),
    ),
    ("application", "SENT_BACK"): Meaning(
        N_("Sent back to you"),
        N_("The office needs something from you. Ask where you applied what it is."),
    ),
    ("application", "REJECTED"): Meaning(
        N_("Rejected"),
        N_("You get the reason in writing where you applied."),
    ),
    ("application", "ISSUED"): Meaning(
        N_("The certificate is issued"),
        N_("You get it where you applied."),
    ),
}
# A status that came after this page was written.
OTHER = Meaning(N_("Under way"), N_("Ask where you paid or applied what happens next."))
EVENTS = {
    "application.submitted": N_("Application submitted"),
    "application.decided": N_("The office decided a step"),
    "certificate.issued": N_("Certificate issued"),
    "payment.completed": N_("Payment completed"),
    "payment.failed": N_("Payment did not succeed"),
}
OTHER_EVENT = N_("A further step")


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
    return page(
        "transaction.html",
        shown=shown,
        meaning=MEANINGS.get((shown["kind"], shown["status"]), OTHER),
        steps=[(EVENTS.get(event["type"], OTHER_EVENT), event["at"]) for event in shown["events"]],
    )
