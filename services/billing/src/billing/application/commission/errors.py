"""Problems of statements. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import NotFound


class StatementNotFound(NotFound):
    """There is no such centre, or it is not one whose statement this caller may see; name one with `kiosk_id`."""

    slug = "statement-not-found"
    title = "There is no such statement"
    title_hi = "ऐसा कोई विवरण नहीं है"
