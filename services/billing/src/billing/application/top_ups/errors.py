"""Problems of top-ups. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import FieldProblem, NotFound, ValidationFailed


class TopUpNotFound(NotFound):
    """There is no such top-up, or it is not one that this caller may see."""

    slug = "top-up-not-found"
    title = "There is no such top-up"
    title_hi = "ऐसा कोई टॉप-अप नहीं है"


def amount_refused(code: str, detail: str, detail_hi: str) -> ValidationFailed:
    """The problem of an amount that the limits do not let through."""
    return ValidationFailed(detail, errors=[FieldProblem("/amount/amount", code, detail, detail_hi)])
