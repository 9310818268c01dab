"""What callers are told. Each docstring's first paragraph is the text of the problem's page."""

from servicekit.errors import Conflict, NotFound, NotPermitted, ValidationFailed


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


class OfficerRequired(NotPermitted):
    """Only a department's officer may do this: the token must name a person with that role and a department."""

    slug = "officer-required"
    title = "Only an officer may do this"
    title_hi = "यह कार्य केवल अधिकारी कर सकते हैं"


class AlreadyDecided(Conflict):
    """This step was decided before, by you or by a colleague; read the application to see how."""

    slug = "already-decided"
    title = "The application was already decided"
    title_hi = "इस आवेदन पर निर्णय पहले ही हो चुका है"


class FeeNotPaid(Conflict):
    """The fee has not been paid yet; nothing is decided before that."""

    slug = "fee-not-paid"
    title = "The application fee is not paid"
    title_hi = "आवेदन शुल्क अभी जमा नहीं हुआ है"
