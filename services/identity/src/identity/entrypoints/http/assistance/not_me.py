"""The page behind a notice: somebody says "not me", or ends what they had allowed, and later reads the answer.

Whoever has the notice's code is its person: nobody signs in for it. Looking changes nothing, so that programs that open
the links of messages do no harm.
"""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from identity.application.assistance.dispute_assistance import DisputeAssistance
from identity.application.assistance.errors import MessageNotFound
from identity.application.assistance.withdraw_assistance import WithdrawAssistance
from identity.application.assistance.words import act_words, clock, where_words
from identity.bootstrap import NOT_ME_PATH, Identity
from identity.domain.assistance.cases import Reason
from identity.entrypoints.http.assistance.routes import ending
from identity.entrypoints.http.assistance.schemas import DISPUTE, NotMeFormSchema
from identity.entrypoints.http.sign_in.pages import page, problem_page, see_other
from servicekit.http import Blueprint, application
from servicekit.ids import public_id
from servicekit.instants import utc_now

HTML = "text/html"
_PAGE = {"type": "string"}
_CODE = {
    "in": "path",
    "name": "code",
    "description": "From the notice.",
    "example": "0f5bZ2l4VdYx0mN6mE0vT8k1b6bq2mQwX3u7Jc9Lr4A",
}
_REASONS = (
    (Reason.NOT_PRESENT, "मैं वहाँ नहीं था/थी", "I was not there"),
    (Reason.NOT_AGREED, "मैंने किसी और काम की अनुमति दी थी", "I agreed to something else"),
    (Reason.OTHER, "कोई और कारण", "Something else"),
)

not_me = Blueprint("not-me", description="People say that they did not let it be done, on a page.")


@not_me.route(f"{NOT_ME_PATH}/<string:code>", parameters=[_CODE])
@not_me.public("a page for whoever has the code of a notice, which nobody can guess")
@not_me.raises(MessageNotFound)
@not_me.response(200, _PAGE, content_type=HTML, description="What was done, and the forms; or the case and its answer.")
def show_notice(code: str) -> AnyResponse:
    """Look at what a notice is about, and how far its case is

    Changes nothing. Problems are pages where the browser asks for text/html, problem documents otherwise.
    """
    identity = application(Identity)
    assistance, case = identity.assistance.read.of_notice(code)
    client = identity.clients.get(assistance.actor.client_id)
    return page(
        "not_me.html",
        200,
        "",
        act=act_words(assistance),
        where=where_words(assistance, client.name if client else assistance.actor.client_id),
        agreed_at=clock(assistance.consent.at) if assistance.consent else "",
        ended=not assistance.is_in_force(utc_now()),
        case=case,
        reasons=_REASONS,
        code=code,
        path=NOT_ME_PATH,
    )


@not_me.route(NOT_ME_PATH, methods=["POST"])
@not_me.public("the form of a page; whoever has the code of a notice is its person")
@not_me.repeatable("there is one case about each assistance, and what has ended stays so")
@not_me.raises(MessageNotFound)
@not_me.arguments(NotMeFormSchema, location="form")
@not_me.response(303, headers=["Location"], description="Back to the page.")
def answer_notice(form: dict[str, str]) -> AnyResponse:
    """Say "not me", or end what was allowed (the forms of the page)

    Either ends the assistance and its tokens at once; "not me" opens a case besides.
    """
    area = application(Identity).assistance
    if form["what"] == DISPUTE:
        area.dispute(
            DisputeAssistance(
                notice_code=form["code"], reason=Reason(form["reason"]), case_id=public_id("cas"), ending=ending()
            )
        )
    else:
        assistance, _ = area.read.of_notice(form["code"])
        area.withdraw(WithdrawAssistance(assistance=assistance, ending=ending()))
    return see_other(f"{NOT_ME_PATH}/{form['code']}")


@not_me.after_request
def _shown_to_people(response: Response) -> Response:
    """A problem as a page where a browser asks."""
    wants_page = request.accept_mimetypes.best_match(["application/problem+json", HTML]) == HTML
    if response.status_code < 400 or not response.is_json or not wants_page:
        return response
    problem: dict[str, Any] = response.get_json()
    return problem_page(response.status_code, problem)
