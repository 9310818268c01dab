"""What can go wrong in the vault. No message repeats a number."""

from identity.application.people.errors import CommandRefused
from servicekit.errors import Conflict, DependencyUnavailable, NotFound, NotPermitted, ValidationFailed


class InvalidIdentifier(ValidationFailed):
    """The number cannot be one of its kind; `errors` says what is wrong, and the number is not repeated."""

    slug = "invalid-identifier"
    title = "The number cannot be right"
    title_hi = "संख्या सही नहीं हो सकती"


class InvalidPurpose(ValidationFailed):
    """The purpose is not one of the closed list, or numbers of this kind are not read for it."""

    slug = "invalid-purpose"
    title = "The purpose is not acceptable"
    title_hi = "यह उद्देश्य स्वीकार्य नहीं है"


class PurposeNotGranted(NotPermitted):
    """The client may read numbers, but not for this purpose; `missing_scope` names the scope it would need."""

    slug = "purpose-not-granted"
    title = "This client may not read numbers for this purpose"
    title_hi = "इस क्लाइंट को इस उद्देश्य से संख्या देखने की अनुमति नहीं है"


class OwnerNotGranted(NotPermitted):
    """The client may store numbers, but not say whose they are; `missing_scope` names the scope it would need."""

    slug = "owner-not-granted"
    title = "This client may not say whose number it is"
    title_hi = "यह क्लाइंट नहीं बता सकता कि संख्या किसकी है"


class ReferenceNotFound(NotFound):
    """No number is kept under this reference."""

    slug = "vault-reference-not-found"
    title = "There is no such reference"
    title_hi = "ऐसा कोई संदर्भ नहीं है"


class NumberErased(Conflict):
    """The number behind this reference was erased; only the record of who read it is left."""

    slug = "number-erased"
    title = "The number was erased"
    title_hi = "संख्या मिटाई जा चुकी है"


class VaultClosed(DependencyUnavailable):
    """The vault's keys cannot be reached just now; repeat the request later. Nothing was stored or shown."""

    slug = "vault-closed"
    title = "The vault cannot be opened just now"
    title_hi = "वॉल्ट अभी खोला नहीं जा सकता"


class NoKeyStore(VaultClosed):
    """No key store is set here: this installation has no vault."""


class SealBroken(Exception):
    """A ciphertext does not open: it was changed, or belongs to another record. Never a caller's fault."""


class KeyRefused(CommandRefused):
    """A key that cannot be made or removed; the message says why."""
