"""Problems of courts and cases. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, NotPermitted, ValidationFailed


class CourtNotFound(NotFound):
    """There is no revenue court of that code; GET /v1/revenue-courts/courts lists them."""

    slug = "court-not-found"
    title = "There is no such court"
    title_hi = "ऐसा कोई न्यायालय नहीं है"


class CourtCaseNotFound(NotFound):
    """There is no such case, or it is not one this caller may see.

    A citizen sees their own, a centre what was filed at it, an officer the cases of the own districts. What is held in
    camera is shown to who filed it and to its court alone.
    """

    slug = "court-case-not-found"
    title = "There is no such case"
    title_hi = "ऐसा कोई प्रकरण नहीं है"


class FilingNotComplete(ValidationFailed):
    """What is filed is not complete; `errors` names each place and what is missing. Nothing was submitted."""

    slug = "filing-not-complete"
    title = "The filing is not complete"
    title_hi = "वाद-पत्र पूर्ण नहीं है"


class ActNotPossible(Conflict):
    """That cannot be done with the case as it stands; `allowed_actions` names what can, and whose it is."""

    slug = "act-not-possible"
    title = "That cannot be done with the case now"
    title_hi = "प्रकरण की वर्तमान स्थिति में यह नहीं हो सकता"


class ActDoesNotFit(ValidationFailed):
    """What was sent does not fit the case; `errors` names the field and what is wrong. Nothing was changed."""

    slug = "act-does-not-fit"
    title = "That does not fit the case"
    title_hi = "यह प्रकरण से मेल नहीं खाता"


class NotOfThisCourt(NotPermitted):
    """That is for another office; `offices` names whose it is.

    A court's presiding officer and reader are officers of its posts in its districts, on that day: whoever was
    transferred is not one any more.
    """

    slug = "not-of-this-court"
    title = "Another office does that"
    title_hi = "यह किसी अन्य कार्यालय का कार्य है"


class DayNotPossible(ValidationFailed):
    """The court cannot sit on that day, or it is no day for this; `errors` says why."""

    slug = "day-not-possible"
    title = "That day is not possible"
    title_hi = "यह तिथि संभव नहीं है"
