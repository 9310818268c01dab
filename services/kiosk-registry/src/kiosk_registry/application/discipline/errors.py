"""Problems of cases against centres. The first paragraph of each docstring is the text of its page."""

from servicekit.errors import Conflict, NotFound, NotPermitted


class CentreCaseNotFound(NotFound):
    """There is no such case against a centre, or it is not one this caller may see.

    A centre and its provider see the cases against it from the notice on, the district administration those of its
    districts, the state all.
    """

    slug = "centre-case-not-found"
    title = "There is no such case against a centre"
    title_hi = "केंद्र के विरुद्ध ऐसा कोई प्रकरण नहीं है"


class CentreCaseMoveNotPossible(Conflict):
    """That cannot be done with the case as it stands; `allowed` names what can, and whose it is."""

    slug = "centre-case-move-not-possible"
    title = "That cannot be done with the case now"
    title_hi = "प्रकरण की वर्तमान स्थिति में यह नहीं हो सकता"


class CentreCaseOfOthers(NotPermitted):
    """That is for another office; `offices` names whose it is."""

    slug = "centre-case-of-another-office"
    title = "Another office does that"
    title_hi = "यह किसी अन्य कार्यालय का कार्य है"


class CentreCaseNeedsAnother(NotPermitted):
    """Whoever opened a case does not decide it, whoever suspended at once does not confirm it, and whoever decided does
    not hear the appeal.
    """

    slug = "centre-case-needs-another-person"
    title = "Another person must do that"
    title_hi = "यह किसी अन्य व्यक्ति को करना होगा"


class TimeIsOver(Conflict):
    """The time for it is over; the detail says until when it was, and what can be done instead."""

    slug = "centre-case-time-over"
    title = "The time for that is over"
    title_hi = "इसका समय समाप्त हो चुका है"


class HearFirst(Conflict):
    """Nothing is decided against a centre that was not given notice: give notice, and decide when it has replied or its
    days are over. A case may be dismissed at any time.
    """

    slug = "centre-case-notice-first"
    title = "The centre must be heard first"
    title_hi = "पहले केंद्र का पक्ष सुनना होगा"


class CentreNotTrading(Conflict):
    """The centre does not trade: it is closed, not verified yet, or suspended since before there were cases. It cannot
    be suspended; decide without a suspension.
    """

    slug = "centre-case-centre-not-trading"
    title = "The centre does not trade"
    title_hi = "केंद्र कार्यरत नहीं है"


class SuspendedElsewhere(Conflict):
    """The centre is suspended in another case, `until` the instant that it says; decide after that, or without a
    suspension.
    """

    slug = "centre-suspended-in-another-case"
    title = "The centre is suspended in another case"
    title_hi = "केंद्र किसी अन्य प्रकरण में निलंबित है"
