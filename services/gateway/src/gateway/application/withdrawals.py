"""Access that was taken back while tokens of it were still good: whose, why, and whether it concerns a token."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.application.errors import AccessSuspended, TokenWithdrawn
from servicekit.errors import ServiceError
from servicekit.instants import rfc3339

# Identity's tokens live for 15 minutes; clocks of three machines, and an answer that was under way, are the rest.
LONGEST_TOKEN_LIFE = timedelta(minutes=20)


class Why(StrEnum):
    """Why access was taken back."""

    CLIENT_SUSPENDED = "client-suspended"
    CLIENT_REVOKED = "client-revoked"
    SIGN_IN_ENDED = "sign-in-ended"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`of` is the id of a client or of a sign-in (a token's `client_id`, `sid`): no two kinds of id look alike.

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

    def forget_at(self, noted_at: datetime) -> datetime:
        """When no token can be left that it concerns: identity gave none after it, and it was told afterwards."""
        return max(noted_at, self.since) + LONGEST_TOKEN_LIFE


def refusal(withdrawal: Withdrawal) -> ServiceError:
    """What the caller is told."""
    if withdrawal.why is Why.CLIENT_SUSPENDED:
        until = rfc3339(withdrawal.until) if withdrawal.until else None
        return AccessSuspended(
            f"This centre is suspended {f'until {until}' if until else 'until it is reinstated'}; its tokens count no "
            "more until then. Ask the district's e-Mitra office what to put right; citizens can go to another centre "
            "or to the portal.",
            detail_hi=f"यह केंद्र {f'{until} तक' if until else 'बहाली होने तक'} निलंबित है; तब तक इसके टोकन मान्य नहीं हैं। "
            "क्या सुधारना है, यह जिले के ई-मित्र कार्यालय से पूछें; नागरिक किसी अन्य केंद्र या पोर्टल पर जा सकते हैं।",
            suspended_until=until,
            reason=withdrawal.reason,
        )
    if withdrawal.why is Why.CLIENT_REVOKED:
        return TokenWithdrawn(
            "This client was revoked for good: none of its tokens counts, and it gets no other. Ask whoever "
            "registered it for a new client.",
            detail_hi="यह क्लाइंट स्थायी रूप से रद्द कर दिया गया है: इसका कोई टोकन मान्य नहीं है और नया नहीं मिलेगा। जिसने इसे "
            "पंजीकृत किया था, उससे नया क्लाइंट माँगें।",
            why=withdrawal.why.value,
        )
    return TokenWithdrawn(
        "This sign-in was ended, so its tokens count no more. Have the person sign in again.",
        detail_hi="यह साइन-इन समाप्त कर दिया गया है, इसलिए इसके टोकन अब मान्य नहीं हैं। कृपया दोबारा साइन-इन करें।",
        why=withdrawal.why.value,
    )
