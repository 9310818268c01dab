"""The problem of certificates. The docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import NotFound


class CertificateNotFound(NotFound):
    """There is no such certificate, or it is not one this caller may see."""

    slug = "certificate-not-found"
    title = "There is no such certificate"
    title_hi = "ऐसा कोई प्रमाण पत्र नहीं है"
