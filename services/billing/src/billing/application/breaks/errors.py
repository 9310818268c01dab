"""Problems of breaks. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, FieldProblem, NotFound, NotPermitted, StaleVersion, ValidationFailed


class BreakNotFound(NotFound):
    """There is no such break."""

    slug = "break-not-found"
    title = "There is no such break"
    title_hi = "ऐसा कोई विवादित मामला नहीं है"


class BreakEnded(Conflict):
    """The break has ended: an answer came, or two people ended it. Nothing is left to do."""

    slug = "break-ended"
    title = "The break has ended already"
    title_hi = "यह मामला पहले ही समाप्त हो चुका है"


class SamePerson(NotPermitted):
    """Who proposed how a break ends does not approve it: a second person looks at what it books, and does."""

    slug = "same-person"
    title = "A second person must approve this"
    title_hi = "इसकी स्वीकृति किसी दूसरे व्यक्ति को देनी होगी"


class ProposalChanged(StaleVersion):
    """The proposal is not the one that you saw, or what it is about has moved since: look again, then propose again."""

    slug = "proposal-changed"
    title = "The proposal no longer stands as you saw it"
    title_hi = "प्रस्ताव अब वैसा नहीं है जैसा आपने देखा था"


def ending_refused(pointer: str, code: str, detail: str, detail_hi: str) -> ValidationFailed:
    """The problem of one member of a proposal."""
    return ValidationFailed(detail, errors=[FieldProblem(pointer, code, detail, detail_hi)])
