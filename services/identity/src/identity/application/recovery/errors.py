"""What can go wrong with a recovery; told in both languages, without what was typed."""

from identity.application.people.errors import Told
from servicekit.errors import Conflict, DependencyUnavailable, NotFound, NotPermitted, ValidationFailed


class InvalidRecovery(Told, ValidationFailed):
    """A number is none, or both are the same; `errors` says which."""

    slug = "invalid-recovery"
    title = "The numbers are not acceptable"
    title_hi = "नंबर स्वीकार्य नहीं हैं"


class RecoveryRunning(Told, Conflict):
    """A recovery to another number runs for this one already; an officer refuses it, or its owner stops it.

    `recovery_id` says which: whoever opened it may be at another centre, and no list leads an officer to it."""

    slug = "recovery-running"
    title = "Another recovery runs for this number"
    title_hi = "इस नंबर के लिए एक और पुनर्प्राप्ति चल रही है"


class RecoveryNotFound(Told, NotFound):
    """There is no such recovery, or no running one has this code."""

    slug = "recovery-not-found"
    title = "There is no such recovery"
    title_hi = "ऐसी कोई पुनर्प्राप्ति नहीं है"


class RecoveryDecided(Told, Conflict):
    """It was approved, refused, stopped or done before."""

    slug = "recovery-decided"
    title = "The recovery is not open"
    title_hi = "यह पुनर्प्राप्ति खुली नहीं है"


class NotForThisOfficer(Told, NotPermitted):
    """Two people besides the one whom it is for: an officer approves what another person opened."""

    slug = "recovery-not-for-this-officer"
    title = "Another officer has to decide this"
    title_hi = "इसका निर्णय किसी अन्य अधिकारी को करना है"


class NotRecovered(Told, ValidationFailed):
    """The old number and the recovery code do not belong together, or the code was used before."""

    slug = "not-recovered"
    title = "The recovery code does not count"
    title_hi = "रिकवरी कोड मान्य नहीं है"


class RecoveryNotSetUp(Told, DependencyUnavailable):
    """This installation recovers nobody: PEOPLE_KEY, a sender or RECOVERY_WAIT_HOURS is not set."""

    slug = "recovery-not-set-up"
    title = "Recovery is not set up here yet"
    title_hi = "यहाँ पुनर्प्राप्ति अभी उपलब्ध नहीं है"
