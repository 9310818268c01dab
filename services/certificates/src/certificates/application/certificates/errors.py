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
