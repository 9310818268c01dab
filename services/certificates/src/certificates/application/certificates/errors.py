"""What callers are told of certificates. The docstring's first paragraph is the text of the problem's page."""

from servicekit.errors import NotFound


class CertificateNotFound(NotFound):
    """There is no such certificate, or it is not one this caller may see."""

    slug = "certificate-not-found"
    title = "There is no such certificate"
    title_hi = "ऐसा कोई प्रमाण पत्र नहीं है"
