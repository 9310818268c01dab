"""Read a month's statement of commission."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.application.centres.ports import Centres
from billing.application.commission.errors import StatementNotFound
from billing.application.commission.ports import Earnings
from billing.application.timeline.read_timeline import Viewer
from billing.domain.calendar import start_of_day
from billing.domain.commission.statement import CommissionLine, CommissionRule, line_of
from servicekit.access import Belonging


@dataclass(frozen=True)
class CommissionReader:
    """Computes statements from what was charged, by the rules of its days."""

    rules: Sequence[CommissionRule]
    earnings: Earnings
    centres: Centres

    def seen_by(self, viewer: Viewer, kiosk_id: str | None, month: date) -> list[CommissionLine]:
        """A centre's lines, for who may see the centre. Raises StatementNotFound."""
        centre = self.centres.get(kiosk_id) if kiosk_id else None
        if viewer.lsp_id:
            sees = centre is not None and centre.lsp_id == viewer.lsp_id
        else:
            district = centre.district_code if centre else None
            sees = viewer.reach.covers(Belonging(kiosk_id=kiosk_id, district_code=district))
        if kiosk_id is None or not sees:
            raise StatementNotFound("There is no statement of this centre for you; name the centre with kiosk_id.")
        return self.of_kiosk(kiosk_id, month)

    def of_kiosk(self, kiosk_id: str, month: date) -> list[CommissionLine]:
        """A centre's lines of the month (IST) that begins on that day."""
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        earned = self.earnings.of_kiosk(kiosk_id, start_of_day(month), start_of_day(following))
        return [line_of(earning, self.rules) for earning in earned]

    def of_provider(self, lsp_id: str, month: date) -> list[CommissionLine]:
        """The lines of all centres that are the provider's by now."""
        return [line for kiosk_id in self.earnings.kiosks_of(lsp_id) for line in self.of_kiosk(kiosk_id, month)]
