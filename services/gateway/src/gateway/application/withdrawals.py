"""Access that was taken back while tokens of it were still good: whose, why, and whether it concerns a token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.application.errors import AccessEnded, AccessSuspended, TokenWithdrawn
from servicekit.errors import ServiceError
from servicekit.instants import rfc3339

# Identity's tokens live for 15 minutes; clocks of three machines, and an answer that was under way, are the rest.
LONGEST_TOKEN_LIFE = timedelta(minutes=20)


class Why(StrEnum):
    """Why access was taken back."""

    CENTRE_SUSPENDED = "centre-suspended"
    CENTRE_CLOSED = "centre-closed"
    CLIENT_REVOKED = "client-revoked"
    SIGN_IN_ENDED = "sign-in-ended"
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - a word for people
    RIGHT_CHANGED = "right-changed"
    ASSISTANCE_ENDED = "assistance-ended"


# How a centre stands, identity may learn later than the gateway: until then it gives new tokens, so this is kept for
# as long as it is so. There are no more of them than centres.
_UNTIL_LIFTED = frozenset({Why.CENTRE_SUSPENDED, Why.CENTRE_CLOSED})


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`of` is the id of what a token's access hangs on: its centre, client, right, sign-in or assistance, or its own.
    No two look alike.

    It counts from `since` on, before `until` where that is known, and no more once it is `lifted`. `reason` is the
    register's slug, where a centre was suspended.
    """

    of: str
    why: Why
    since: datetime
    until: datetime | None = None
    reason: str | None = None
    lifted: bool = False

    def counts_at(self, at: datetime) -> bool:
        """Whether tokens are refused at this instant."""
        return not self.lifted and self.since <= at and (self.until is None or at < self.until)

    def forget_at(self, noted_at: datetime) -> datetime | None:
        """When no token can be left that it concerns; None while there may be new ones.

        Of what identity tells it gives no token afterwards, and it has done it before it tells.
        """
        if self.why in _UNTIL_LIFTED and not self.lifted:
            return None
        return max(noted_at, self.since) + LONGEST_TOKEN_LIFE


def refusal(withdrawal: Withdrawal) -> ServiceError:
    """What the caller is told."""
    if withdrawal.why is Why.CENTRE_SUSPENDED:
        until = rfc3339(withdrawal.until) if withdrawal.until else None
        return AccessSuspended(
            f"This centre is suspended {f'until {until}' if until else 'until it is reinstated'}; its tokens are "
            "refused until then. Ask the district's e-Mitra office what to put right; citizens can go to another "
            "centre or to the portal.",
            detail_hi=f"यह केंद्र {f'{until} तक' if until else 'बहाली होने तक'} निलंबित है; तब तक इसके टोकन मान्य नहीं हैं। "
            "क्या सुधारना है, यह जिले के ई-मित्र कार्यालय से पूछें; नागरिक किसी अन्य केंद्र या पोर्टल पर जा सकते हैं।",
            suspended_until=until,
            reason=withdrawal.reason,
        )
    if withdrawal.why is Why.CENTRE_CLOSED:
        return AccessEnded(
            "This centre is closed for good, so nobody acts for it any more; citizens can go to another centre or to "
            "the portal.",
            detail_hi="यह केंद्र स्थायी रूप से बंद है, इसलिए इसकी ओर से अब कोई कार्य नहीं हो सकता; नागरिक किसी अन्य केंद्र या पोर्टल "
            "पर जा सकते हैं।",
            reason=withdrawal.reason,
        )
    detail, detail_hi = _WITHDRAWN[withdrawal.why]
    return TokenWithdrawn(detail, detail_hi=detail_hi, why=withdrawal.why.value)


_WITHDRAWN = {
    Why.CLIENT_REVOKED: (
        "This client was revoked for good: none of its tokens counts, and it gets no other. Ask whoever registered it "
        "for a new client.",
        "यह क्लाइंट स्थायी रूप से रद्द कर दिया गया है: इसका कोई टोकन मान्य नहीं है और नया नहीं मिलेगा। जिसने इसे पंजीकृत किया था, "
        "उससे नया क्लाइंट माँगें।",
    ),
    Why.SIGN_IN_ENDED: (
        "This sign-in was ended, so its tokens count no more. Have the person sign in again.",
        "यह साइन-इन समाप्त कर दिया गया है, इसलिए इसके टोकन अब मान्य नहीं हैं। कृपया दोबारा साइन-इन करें।",
    ),
    Why.TOKEN_REVOKED: (
        "This access token was revoked by its own client, so it counts no more. Get a new one at POST "
        "/v1/oauth2/token.",
        "यह एक्सेस टोकन इसके अपने क्लाइंट ने रद्द कर दिया है, इसलिए अब मान्य नहीं है। POST /v1/oauth2/token से नया टोकन लें।",
    ),
    Why.ASSISTANCE_ENDED: (
        "The person has ended what they had let you do for them. Ask them again before you act for them.",
        "व्यक्ति ने अपने लिए कार्य करने की अनुमति समाप्त कर दी है। उनके लिए कार्य करने से पहले उनसे फिर से पूछें।",
    ),
    Why.RIGHT_CHANGED: (
        "The right that this person acts by has ended or is suspended. Have them sign in again: what they may act as "
        "now is offered there; whoever granted the right knows why.",
        "जिस अधिकार से यह व्यक्ति कार्य कर रहा था, वह समाप्त या निलंबित है। कृपया दोबारा साइन-इन करें: अब उपलब्ध अधिकार वहीं "
        "दिखेंगे; कारण अधिकार देने वाला बता सकता है।",
    ),
}
