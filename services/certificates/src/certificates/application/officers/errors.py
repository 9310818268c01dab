"""Problems of decisions. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, NotPermitted


class OfficerRequired(NotPermitted):
    """Only a department's officer may do this: the token must name a person with that role and a department."""

    slug = "officer-required"
    title = "Only an officer may do this"
    title_hi = "यह कार्य केवल अधिकारी कर सकते हैं"


class AnotherOfficerRequired(NotPermitted):
    """You decided another step of this application; the step in hand is for another officer.

    Each step of an application is another person's decision, so that nobody issues a certificate on one word.
    """

    slug = "another-officer-required"
    title = "Another officer must decide this step"
    title_hi = "इस चरण पर निर्णय किसी अन्य अधिकारी को करना होगा"


class AnotherPostRequired(NotPermitted):
    """The step in hand is for an officer of another post; `posts` names those that decide it, in both languages.

    The post is the one that your token names, spelled as the type's file spells it. Nothing is changed.
    """

    slug = "another-post-required"
    title = "An officer of another post must decide this step"
    title_hi = "इस चरण पर निर्णय किसी अन्य पद के अधिकारी को करना होगा"


class AlreadyDecided(Conflict):
    """This step was decided before, by you or by a colleague; read the application to see how."""

    slug = "already-decided"
    title = "The application was already decided"
    title_hi = "इस आवेदन पर निर्णय पहले ही हो चुका है"


class TakenByAnother(Conflict):
    """Another officer has this case in hand; `until` says for how long at most, `taken_by` names the post."""

    slug = "taken-by-another"
    title = "Another officer has this case in hand"
    title_hi = "यह प्रकरण किसी अन्य अधिकारी के पास है"


class ChargeNotFound(NotFound):
    """There is no such charge that you handed over; GET /v1/officer-charges lists them."""

    slug = "charge-not-found"
    title = "There is no such charge"
    title_hi = "ऐसा कोई प्रभार नहीं है"


class BulkDecisionNotFound(NotFound):
    """There is no such operation of yours; it is kept for 30 days."""

    slug = "bulk-decision-not-found"
    title = "There is no such operation"
    title_hi = "ऐसा कोई कार्य नहीं है"


class FeeNotPaid(Conflict):
    """The fee has not been paid yet; nothing is decided before that."""

    slug = "fee-not-paid"
    title = "The application fee is not paid"
    title_hi = "आवेदन शुल्क अभी जमा नहीं हुआ है"
