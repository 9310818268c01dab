"""What can go wrong where the administration moves an officer."""

from servicekit.errors import Conflict, NotFound, ValidationFailed


class NoSuchPost(NotFound):
    """Nobody has one of these ids, or the officer has no such right."""

    slug = "no-such-post"
    title = "There is no such person or post"
    title_hi = "ऐसा कोई व्यक्ति या पद नहीं है"


class MoveRefused(Conflict):
    """The post cannot be moved so: it has ended by then, is in other districts than yours, or somebody has it already.

    The detail says which. Look at what the officer has, and order what fits.
    """

    slug = "move-refused"
    title = "The officer cannot be moved so"
    title_hi = "अधिकारी का यह स्थानांतरण नहीं हो सकता"


class UnusableMove(ValidationFailed):
    """The order contradicts itself, such as a leave that ends before it begins; the detail says how."""

    slug = "unusable-move"
    title = "The order cannot be carried out as it is written"
    title_hi = "आदेश जैसा लिखा है वैसा लागू नहीं हो सकता"
