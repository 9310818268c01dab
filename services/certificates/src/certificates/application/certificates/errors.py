"""The problems of certificates. The docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound


class CertificateNotFound(NotFound):
    """There is no such certificate, or it is not one this caller may see."""

    slug = "certificate-not-found"
    title = "There is no such certificate"
    title_hi = "ऐसा कोई प्रमाण पत्र नहीं है"


class CertificateNotTrusted(Conflict):
    """The key that signed this certificate is trusted no longer, so that no QR is made of it.

    Its holder applies for a new certificate.
    """

    slug = "certificate-not-trusted"
    title = "This certificate is trusted no longer"
    title_hi = "यह प्रमाण पत्र अब विश्वसनीय नहीं है"


class CertificateEnded(Conflict):
    """The certificate was revoked, or another one stands in its place, so that no credential is made of it.

    Its paper can be had, and says so.
    """

    slug = "certificate-ended"
    title = "No credential is made of a certificate that ended"
    title_hi = "समाप्त हो चुके प्रमाण पत्र का क्रेडेंशियल नहीं बनता"


class CredentialsNotOffered(Conflict):
    """This platform has no address yet under which verifiers would look for its keys and lists.

    The certificate's document, its QR and its paper can be had. Operators set PUBLIC_ADDRESS.
    """

    slug = "credentials-not-offered"
    title = "Credentials are not offered here"
    title_hi = "यहाँ क्रेडेंशियल की सुविधा अभी नहीं है"


class StatusListNotFound(NotFound):
    """There is no such list of certificates that ended; a credential names the one it is in."""

    slug = "status-list-not-found"
    title = "There is no such status list"
    title_hi = "ऐसी कोई स्थिति सूची नहीं है"


class RecordNotInForce(Conflict):
    """The certificate that this application is to change was revoked meanwhile, or has a new one in its place.

    Nothing is changed. The application is rejected, or sent back with the number of the certificate that is in force.
    """

    slug = "record-not-in-force"
    title = "The certificate that is to be changed is not in force"
    title_hi = "जिस प्रमाण पत्र में बदलाव होना है, वह अब प्रभावी नहीं है"


class PaperNotPrintable(Conflict):
    """The certificate has letters for which the font of papers has no shape: it has those of Hindi and English.

    The signed document and its QR have every letter, and are as valid as a paper.
    """

    slug = "paper-not-printable"
    title = "This certificate has letters that cannot be printed"
    title_hi = "इस प्रमाण पत्र में ऐसे अक्षर हैं जो छापे नहीं जा सकते"
