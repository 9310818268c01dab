"""Problems of applications. Each docstring's first paragraph is the text of its page in the documentation."""

from collections.abc import Mapping
from typing import Any

from certificates.domain.applications.application import Act, Application, State
from servicekit.errors import Conflict, NotFound, ValidationFailed


class UnknownApplicationType(NotFound):
    """There is no application type of that code; GET /v1/application-types lists them."""

    slug = "application-type-not-found"
    title = "There is no such application type"
    title_hi = "ऐसा कोई आवेदन प्रकार नहीं है"


class ApplicationNotFound(NotFound):
    """There is no such application, or it is not one this caller may see.

    A kiosk sees what was lodged at it, a portal what it lodged itself, an officer what lies within the
    department and districts of the office.
    """

    slug = "application-not-found"
    title = "There is no such application"
    title_hi = "ऐसा कोई आवेदन नहीं है"


class TransactionNotFound(NotFound):
    """No application has this transaction token."""

    slug = "transaction-not-found"
    title = "There is no such transaction"
    title_hi = "ऐसा कोई लेन-देन नहीं है"


class FormNotAcceptable(ValidationFailed):
    """The application's form is not acceptable; `errors` names each field and what is wrong with it.

    GET /v1/application-types/{code} describes the form. Values are never repeated in the answer.
    """

    slug = "form-not-acceptable"
    title = "The application form is not acceptable"
    title_hi = "आवेदन पत्र में दी गई जानकारी स्वीकार्य नहीं है"


class AttachmentsNotAcceptable(ValidationFailed):
    """The application names attachments that it cannot have; `errors` names each and what is wrong with it."""

    slug = "attachments-not-acceptable"
    title = "The attachments are not acceptable"
    title_hi = "संलग्नक स्वीकार्य नहीं हैं"


class NotPossibleNow(Conflict):
    """The application cannot be moved so now; `allowed_actions` says what you may do with it.

    Nothing was changed; `application_status` says where it is. Read GET /v1/applications/{application_id}/standing.
    """

    slug = "not-possible-now"
    title = "This cannot be done with the application now"
    title_hi = "अभी इस आवेदन के साथ यह नहीं किया जा सकता"


class AnswersNotAcceptable(ValidationFailed):
    """The answers do not fit what was asked for; `errors` names each field or document that is missing or not open.

    GET /v1/applications/{application_id}/standing says what was asked for, and what may be answered.
    """

    slug = "answers-not-acceptable"
    title = "The answers do not fit what was asked for"
    title_hi = "उत्तर माँगी गई जानकारी के अनुसार नहीं हैं"


def members_of_refusal(application: Application, acts: Mapping[State, tuple[Act, ...]]) -> dict[str, Any]:
    """Where the application is, and what of `acts` is allowed there: for the problem of a move that is not."""
    return {
        "application_status": application.state.value,
        "allowed_actions": [act.value for act in acts.get(application.state, ())],
    }
