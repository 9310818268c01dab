"""Problems of timelines. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict


class TimelineChanged(Conflict):
    """What is recorded of this payment now is not what its timeline told before.

    Nothing is shown until people have found out why: `hops` names what differs. A copy of the timeline that you got
    earlier stays valid evidence.
    """

    slug = "timeline-changed"
    title = "The record of this payment is not what it was"
    title_hi = "इस भुगतान का अभिलेख पहले जैसा नहीं है"
