"""Problems of drafts. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import NotFound, RateLimited


class DraftNotFound(NotFound):
    """There is no such draft among yours: it was submitted, its term is over, or it is another's.

    GET /v1/application-drafts lists yours.
    """

    slug = "application-draft-not-found"
    title = "There is no such draft"
    title_hi = "ऐसा कोई प्रारूप नहीं है"


class TooManyDrafts(RateLimited):
    """You have 200 drafts. Submit some of them; the others go when their terms are over."""

    slug = "too-many-drafts"
    title = "There are too many drafts"
    title_hi = "बहुत अधिक प्रारूप हैं"
