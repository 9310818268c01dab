"""Problems of disputes. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, NotPermitted


class DisputeNotFound(NotFound):
    """There is no such dispute, or it is not one that this caller may see."""

    slug = "dispute-not-found"
    title = "There is no such dispute"
    title_hi = "ऐसा कोई विवाद नहीं है"


class AlreadyDisputed(Conflict):
    """A dispute of this payment is open: add evidence to it. `dispute_id` names it."""

    slug = "already-disputed"
    title = "The payment is disputed already"
    title_hi = "इस भुगतान पर विवाद पहले से दर्ज है"


class DisputeEnded(Conflict):
    """The dispute was decided; its decision stays. Another dispute of the payment may be opened with new evidence."""

    slug = "dispute-ended"
    title = "The dispute was decided already"
    title_hi = "इस विवाद पर निर्णय हो चुका है"


class TooMuchEvidence(Conflict):
    """A dispute has as much evidence as it can; what is there is looked at."""

    slug = "too-much-evidence"
    title = "No more evidence can be added"
    title_hi = "और साक्ष्य नहीं जोड़ा जा सकता"


class OwnDispute(NotPermitted):
    """Who opened a dispute does not decide it, under whatever client they signed in."""

    slug = "own-dispute"
    title = "Somebody else must decide this dispute"
    title_hi = "इस विवाद का निर्णय किसी दूसरे व्यक्ति को करना होगा"
