"""Problems of changing a centre. The first paragraph of each docstring is the text of its page."""

from servicekit.errors import Conflict, NotFound, NotPermitted


class CentreChangeNotPossible(Conflict):
    """That cannot be done with the centre as it stands; `allowed` names what can, and whose it is.

    A centre that is suspended or closed is changed by nobody who runs it, and one thing is asked for at a time.
    """

    slug = "centre-change-not-possible"
    title = "That cannot be done with the centre now"
    title_hi = "केंद्र की वर्तमान स्थिति में यह नहीं हो सकता"


class CentreOfOthers(NotFound):
    """There is no such centre among the caller's: a centre is changed, and its history read, by its own people, its
    provider and its district.
    """

    slug = "centre-of-others"
    title = "There is no such centre of yours"
    title_hi = "आपका ऐसा कोई केंद्र नहीं है"


class DecidedByAnother(NotPermitted):
    """That is for another office, or for another person than the one who asked; `offices` names whose it is."""

    slug = "decided-by-another"
    title = "Somebody else decides that"
    title_hi = "यह निर्णय किसी और को करना है"


class SiteTaken(Conflict):
    """Another centre, or an application for one, is at these premises or nearer than the rules allow."""

    slug = "site-taken"
    title = "Another centre is there"
    title_hi = "वहाँ दूसरा केंद्र है"
