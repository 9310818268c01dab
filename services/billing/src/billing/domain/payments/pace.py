"""How patient the saga is: when it looks again, when it gives money back, when people take over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# What people have been given is still asked about, this often: no burden, and an answer that comes late is found.
SLOW_INQUIRY = timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """Published times of the saga.

    grace: a request thread may be at work on a payment this long before the sweeper goes on with it; longer than
    the slowest call and its transaction. first_inquiry … longest_inquiry: the wait between inquiries doubles.
    give_up_unsent: a payment that certainly never reached the biller is given back after this.
    deadline: whatever is still in doubt after this is a break that people resolve.
    """

    grace: timedelta
    first_inquiry: timedelta
    longest_inquiry: timedelta
    give_up_unsent: timedelta
    deadline: timedelta

    def next_inquiry(self, at: datetime, attempts: int) -> datetime:
        """When to ask again after `attempts` inquiries without an answer."""
        # A million times any first wait is past the longest: bounded, so that it never overflows.
        return at + min(self.first_inquiry * (1 << min(attempts, 20)), self.longest_inquiry)

    def next_try(self, at: datetime, queued_at: datetime, until: datetime) -> datetime:
        """When to try a biller again that is down: after as long as it has been, at the limit at the latest.

        Never rarer than each `give_up_unsent`, so that a payment is posted soon after the biller is back; an outage of
        a day must not have thousands of payments tried each minute.
        """
        try_at = at + min(max(at - queued_at, self.first_inquiry), self.give_up_unsent)
        return min(try_at, until) if at < until else try_at

    def next_look_back(self, at: datetime, given_back_at: datetime) -> datetime:
        """When to look again at a payment that was given back unseen: after as long as it has been given back.

        So the looks come at 1, 2, 4, 8 … times `give_up_unsent`: a request that was queued mostly arrives soon.
        """
        return at + max(self.give_up_unsent, at - given_back_at)

    def may_give_up(self, created_at: datetime, at: datetime) -> bool:
        """Whether a payment that nobody has seen is now given back rather than sent again."""
        return at >= created_at + self.give_up_unsent
