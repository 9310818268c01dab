"""The register says how a centre stands."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.centres.ports import CentresTold
from billing.domain.centres import Centre, Standing


@dataclass(frozen=True)
class NoteStanding:
    """A suspension (with its end, if it has one), a reinstatement or a closure; `reason` is the register's slug."""

    kiosk_id: str
    district_code: str
    standing: Standing
    since: datetime
    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class NoteStandingHandler:
    """Keeps it. Payments that are under way are not touched: they go to their end."""

    centres: CentresTold

    def __call__(self, command: NoteStanding) -> None:
        """Safe to repeat. Must not be given an older word after a newer one."""
        self.centres.keep(
            Centre(
                command.kiosk_id,
                command.district_code,
                command.standing,
                since=command.since,
                until=command.until,
                reason=command.reason,
            )
        )
