"""Problems of settlements. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import NotFound


class SettlementNotFound(NotFound):
    """There is no such settlement, it is not closed yet, or it is another department's."""

    slug = "settlement-not-found"
    title = "There is no such settlement"
    title_hi = "ऐसा कोई निपटान नहीं है"
