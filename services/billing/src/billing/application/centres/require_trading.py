"""Whether the caller's centre may begin something new."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.centres.ports import Centres
from billing.domain.centres import Centre, Standing
from servicekit.instants import rfc3339


@dataclass(frozen=True)
class RequireTrading:
    """What a centre wants to begin at an instant; `kiosk_id` is None on the portal, which always may."""

    kiosk_id: str | None
    at: datetime


@dataclass(frozen=True)
class RequireTradingHandler:
    """Goes by billing's own copy: while the register is silent, what it said last holds."""

    centres: Centres

    def __call__(self, command: RequireTrading) -> Centre | None:
        """The centre, as far as it is known. Raises CentreSuspended, CentreClosed."""
        if command.kiosk_id is None:
            return None
        centre = self.centres.get(command.kiosk_id)
        standing = centre.standing_at(command.at) if centre else Standing.OPEN
        if centre and standing is Standing.SUSPENDED:
            until = rfc3339(centre.until) if centre.until else None
            ends = f"until {until}" if until else "until it is reinstated"
            raise CentreSuspended(
                f"This centre is suspended {ends}; the citizen can pay at another centre or on the portal.",
                suspended_until=until,
                reason=centre.reason,
            )
        if centre and standing is Standing.CLOSED:
            raise CentreClosed(
                "This centre is closed; the citizen can pay at another centre or on the portal.", reason=centre.reason
            )
        return centre
