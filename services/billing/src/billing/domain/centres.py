"""Where a centre stands and whether it may trade, as the register says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What the register last said of a centre."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True)
class Centre:
    """`since` is when the standing began; a suspension with an `until` ends by itself. `reason` is the register's slug.

    `district_code` is an LGD code, `lsp_id` its local service provider; None while the register has not told it.
    """

    kiosk_id: str
    district_code: str | None
    standing: Standing = Standing.OPEN
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    lsp_id: str | None = None

    def standing_at(self, at: datetime) -> Standing:
        """How it stands at an instant: a standing may begin later, and a suspension may be over."""
        begun = self.since is None or self.since <= at
        over = self.standing is Standing.SUSPENDED and self.until is not None and self.until <= at
        return self.standing if begun and not over else Standing.OPEN
