"""Problems of applications for centres. The first paragraph of each docstring is the text of its page."""

from servicekit.errors import Conflict, NotFound, NotPermitted, ValidationFailed


class OpeningNotFound(NotFound):
    """There is no such application for a centre, or it is not one this caller may see.

    An applicant sees their own, a provider those that chose it, the district administration those of its districts.
    """

    slug = "centre-application-not-found"
    title = "There is no such application for a centre"
    title_hi = "केंद्र के लिए ऐसा कोई आवेदन नहीं है"


class NotEligible(ValidationFailed):
    """The application breaks rules by which centres are opened; `errors` names each, and the order that set it."""

    slug = "not-eligible"
    title = "The application does not meet the rules"
    title_hi = "आवेदन नियमों के अनुसार नहीं है"


class MoveNotPossible(Conflict):
    """That cannot be done with the application as it stands; `allowed` names what can, and whose it is."""

    slug = "move-not-possible"
    title = "That cannot be done with the application now"
    title_hi = "आवेदन की वर्तमान स्थिति में यह नहीं हो सकता"


class AnotherOffice(NotPermitted):
    """That is for another office; `office` names whose it is."""

    slug = "another-office-decides"
    title = "Another office does that"
    title_hi = "यह किसी अन्य कार्यालय का कार्य है"


class AnotherPerson(NotPermitted):
    """Whoever verified or recommended does not approve, and whoever refused does not hear the appeal; nobody judges
    their own application.
    """

    slug = "another-person-decides"
    title = "Another person must do that"
    title_hi = "यह किसी अन्य व्यक्ति को करना होगा"


class AppealTooLate(Conflict):
    """The days in which the appeal had to be made are over."""

    slug = "appeal-too-late"
    title = "The time for an appeal is over"
    title_hi = "अपील का समय समाप्त हो चुका है"


class OpeningThere(Conflict):
    """This person has an application under way, or a centre already."""

    slug = "centre-application-there"
    title = "There is an application of yours already"
    title_hi = "आपका एक आवेदन पहले से है"


class PremisesTaken(Conflict):
    """Another application or a centre is at these premises."""

    slug = "premises-taken"
    title = "These premises are taken"
    title_hi = "यह स्थान पहले से किसी आवेदन में है"


class DeviceTaken(Conflict):
    """Another centre has this device."""

    slug = "device-taken"
    title = "The device belongs to another centre"
    title_hi = "यह उपकरण किसी अन्य केंद्र का है"
