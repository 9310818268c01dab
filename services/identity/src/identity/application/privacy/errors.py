"""What can go wrong where people decide of their data. No message repeats personal data."""

from servicekit.errors import Conflict, NotFound, NotPermitted, ValidationFailed


class PersonNeeded(NotPermitted):
    """This is about somebody's own data, so the token must be that of a person who signed in."""

    slug = "person-needed"
    title = "Somebody must be signed in"
    title_hi = "इसके लिए व्यक्ति का साइन-इन होना आवश्यक है"


class PersonErased(NotPermitted):
    """The person of this token was erased, or is not known; sign in again to begin anew."""

    slug = "person-erased"
    title = "This person's data was erased"
    title_hi = "इस व्यक्ति का डेटा मिटाया जा चुका है"


class NoticeNotFound(NotFound):
    """There is no such notice, or not in this version."""

    slug = "notice-not-found"
    title = "There is no such notice"
    title_hi = "ऐसी कोई सूचना नहीं है"


class NoticeChanged(Conflict):
    """The text that was shown is not the notice in force; show the current one and ask again."""

    slug = "notice-changed"
    title = "The notice has changed"
    title_hi = "सूचना बदल गई है"


class NoticeIncomplete(Conflict):
    """The notice lacks who answers questions (section 6(3)), so nobody can be asked to agree to it here."""

    slug = "notice-incomplete"
    title = "The notice is not complete"
    title_hi = "सूचना पूर्ण नहीं है"


class InvalidConsent(ValidationFailed):
    """What is agreed to is not what the notice offers; `errors` says what."""

    slug = "invalid-consent"
    title = "The consent is not acceptable"
    title_hi = "यह सहमति स्वीकार्य नहीं है"


class ConsentNotFound(NotFound):
    """There is no such consent of this person."""

    slug = "consent-not-found"
    title = "There is no such consent"
    title_hi = "ऐसी कोई सहमति नहीं है"


class ErasureNotFound(NotFound):
    """There is no such request for erasure that this caller may see."""

    slug = "erasure-not-found"
    title = "There is no such request"
    title_hi = "ऐसा कोई अनुरोध नहीं है"


class ErasureBegun(Conflict):
    """The erasure has begun, is done or was taken back; it changes no more."""

    slug = "erasure-begun"
    title = "The erasure can no longer be changed"
    title_hi = "मिटाने का अनुरोध अब बदला नहीं जा सकता"


class InvalidAnswer(ValidationFailed):
    """What is said to hold an erasure back is not acceptable; `errors` says what."""

    slug = "invalid-answer"
    title = "The answer is not acceptable"
    title_hi = "यह उत्तर स्वीकार्य नहीं है"


class AnswerNotGranted(NotPermitted):
    """The client may not answer for this service; `missing_scope` names the scope it would need."""

    slug = "answer-not-granted"
    title = "This client may not answer for this service"
    title_hi = "यह क्लाइंट इस सेवा की ओर से उत्तर नहीं दे सकता"


class BreachNotFound(NotFound):
    """There is no such entry in the register of breaches."""

    slug = "breach-not-found"
    title = "There is no such breach"
    title_hi = "ऐसा कोई उल्लंघन दर्ज नहीं है"


class InvalidBreach(ValidationFailed):
    """The entry is not acceptable: its times do not fit, or a text holds a number of a person; `errors` says what."""

    slug = "invalid-breach"
    title = "The entry is not acceptable"
    title_hi = "यह प्रविष्टि स्वीकार्य नहीं है"
