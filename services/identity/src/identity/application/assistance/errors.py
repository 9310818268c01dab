"""What can go wrong where somebody acts for a person; told in both languages, and nothing of what was typed."""

from identity.application.people.errors import Told
from servicekit.errors import Conflict, DependencyUnavailable, NotFound, ValidationFailed


class ActNotAcceptable(Told, ValidationFailed):
    """The act is not in the list, has scopes that the client lacks, or describes what the list has words for."""

    slug = "act-not-acceptable"
    title = "The act is not acceptable"
    title_hi = "यह कार्य स्वीकार्य नहीं है"


class AssistanceNotFound(Told, NotFound):
    """There is no such assistance, or it is somebody else's."""

    slug = "assistance-not-found"
    title = "There is no such assistance"
    title_hi = "ऐसी कोई सहायता नहीं है"


class AssistanceOver(Told, Conflict):
    """It ended, was withdrawn or disputed, or its code's five minutes are over; ask the person again."""

    slug = "assistance-over"
    title = "This assistance is over"
    title_hi = "यह सहायता समाप्त हो चुकी है"


class AssistanceNotSetUp(Told, DependencyUnavailable):
    """This installation sends no messages: PEOPLE_KEY or a sender is not set."""

    slug = "assistance-not-set-up"
    title = "Nobody can be asked for their consent here yet"
    title_hi = "यहाँ अभी सहमति माँगना उपलब्ध नहीं है"


class MessageNotFound(Told, NotFound):
    """No notice has this code: part of the address is missing, or it was mistyped."""

    slug = "message-not-found"
    title = "No notice has this code"
    title_hi = "इस कोड की कोई सूचना नहीं है"


class CaseNotFound(Told, NotFound):
    """There is no such case."""

    slug = "case-not-found"
    title = "There is no such case"
    title_hi = "ऐसा कोई प्रकरण नहीं है"


class CaseAnswered(Told, Conflict):
    """The case was answered, and the person has been told; there is one answer."""

    slug = "case-answered"
    title = "The case was answered before"
    title_hi = "प्रकरण का उत्तर पहले ही दिया जा चुका है"
