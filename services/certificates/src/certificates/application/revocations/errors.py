"""Problems of revocations. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, NotPermitted


class RevocationNotFound(NotFound):
    """There is no such revocation of a certificate of your department and districts."""

    slug = "revocation-not-found"
    title = "There is no such revocation"
    title_hi = "ऐसा कोई निरस्तीकरण नहीं है"


class NotInForceAnyMore(Conflict):
    """The certificate was revoked before, or another one stands in its place; nothing is changed."""

    slug = "certificate-not-in-force"
    title = "This certificate is not in force"
    title_hi = "यह प्रमाण पत्र अब प्रभावी नहीं है"


class RevocationPending(Conflict):
    """An officer proposed already that this certificate be revoked; another officer decides that first.

    `revocation_id` names the proposal.
    """

    slug = "revocation-pending"
    title = "It is proposed already that this certificate be revoked"
    title_hi = "इस प्रमाण पत्र को रद्द करने का प्रस्ताव पहले से है"


class RevocationDecided(Conflict):
    """This revocation was decided before; read the certificate to see how it stands."""

    slug = "revocation-decided"
    title = "The revocation was already decided"
    title_hi = "इस निरस्तीकरण पर निर्णय पहले ही हो चुका है"


class SecondOfficerRequired(NotPermitted):
    """You proposed this revocation; another officer decides it.

    A certificate is taken from somebody on two people's word.
    """

    slug = "second-officer-required"
    title = "Another officer must decide this revocation"
    title_hi = "इस निरस्तीकरण पर निर्णय किसी अन्य अधिकारी को करना होगा"
