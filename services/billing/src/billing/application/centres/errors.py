"""Problems of centres. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import NotPermitted


class CentreSuspended(NotPermitted):
    """The centre is suspended: it can neither fetch bills nor pay them until it is reinstated.

    `suspended_until` says when the suspension ends by itself (null: it does not), `reason` what the register gave. What
    was begun before goes on to its end. A citizen can pay at another centre or on the portal.
    """

    slug = "centre-suspended"
    title = "The centre is suspended"
    title_hi = "केंद्र निलंबित है"


class CentreClosed(NotPermitted):
    """The centre is closed for good: it can neither fetch bills nor pay them.

    What was begun before goes on to its end. A citizen can pay at another centre or on the portal.
    """

    slug = "centre-closed"
    title = "The centre is closed"
    title_hi = "केंद्र स्थायी रूप से बंद है"
