"""What can go wrong while somebody signs in; told in both languages, with what to do and without what was typed."""

from identity.application.people.errors import Told
from servicekit.errors import Conflict, DependencyUnavailable, MalformedRequest, RateLimited, ValidationFailed


class InvalidAuthorizationRequest(Told, MalformedRequest):
    """The app that sent the person here is unknown, or asked for what cannot be answered to it; nobody is sent back."""

    slug = "invalid-authorization-request"
    title = "The app that sent you here made a mistake"
    title_hi = "जिस ऐप ने आपको यहाँ भेजा, उसके अनुरोध में त्रुटि है"


class SignInOver(Told, Conflict):
    """The sign-in is over, took too long, or belongs to another browser; go back to the app and begin again."""

    slug = "sign-in-over"
    title = "This sign-in is over"
    title_hi = "यह साइन-इन समाप्त हो चुका है"


def over() -> SignInOver:
    """For a form of a sign-in that has gone on, or has ended."""
    return SignInOver("Go back to the app and begin again.", "ऐप पर वापस जाएँ और फिर से शुरू करें।")


class InvalidMobile(Told, ValidationFailed):
    """What was typed is no mobile number of India."""

    slug = "invalid-mobile"
    title = "This is not a mobile number"
    title_hi = "यह मोबाइल नंबर नहीं है"


class WrongCode(Told, ValidationFailed):
    """The code is not the one that was sent, or its five minutes are over."""

    slug = "wrong-code"
    title = "The code is not right"
    title_hi = "कोड सही नहीं है"


class NumberWaits(Told, Conflict):
    """An account's new number, whose waiting time is not over; `counts_from` says when it is."""

    slug = "number-waits"
    title = "This number counts later"
    title_hi = "यह नंबर बाद में मान्य होगा"


class NoSuchChoice(Told, ValidationFailed):
    """What was chosen is not among what the person may act as now."""

    slug = "no-such-choice"
    title = "This cannot be chosen"
    title_hi = "यह नहीं चुना जा सकता"


class TooManyTries(Told, RateLimited):
    """Five wrong codes: this one counts no more. Ask for a new one."""

    slug = "too-many-tries"
    title = "Five wrong codes: ask for a new one"
    title_hi = "पाँच बार ग़लत कोड: नया कोड माँगें"


class TooManyCodes(Told, RateLimited):
    """As many codes were sent as are sent in a day."""

    slug = "too-many-codes"
    title = "Too many codes were sent"
    title_hi = "बहुत अधिक कोड भेजे जा चुके हैं"


class CodesPaused(Told, RateLimited):
    """The platform has sent as many codes as it pays for in a day; who signed in with this browser before still can."""

    slug = "codes-paused"
    title = "No more codes are sent today"
    title_hi = "आज और कोड नहीं भेजे जाएँगे"


class WrongFactor(Told, ValidationFailed):
    """The code of the app, the passkey or the recovery code does not prove who it is, or was used before."""

    slug = "wrong-factor"
    title = "The second step did not succeed"
    title_hi = "दूसरा चरण सफल नहीं हुआ"


class TooManyFactorTries(Told, RateLimited):
    """Five tries at the second step: this sign-in is over. Go back to the app and begin again."""

    slug = "too-many-factor-tries"
    title = "Five tries: this sign-in is over"
    title_hi = "पाँच प्रयास हो चुके: यह साइन-इन समाप्त है"


class AppCodesLocked(Told, RateLimited):
    """Ten wrong codes of an authenticator app within a day: a passkey or a recovery code still counts."""

    slug = "app-codes-locked"
    title = "Codes of the app are locked for a while"
    title_hi = "ऐप के कोड कुछ समय के लिए बंद हैं"


class SignInNotSetUp(Told, DependencyUnavailable):
    """This installation sends no codes: PEOPLE_KEY or a sender is not set."""

    slug = "sign-in-not-set-up"
    title = "Nobody can sign in here yet"
    title_hi = "यहाँ अभी साइन-इन उपलब्ध नहीं है"
