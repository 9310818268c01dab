"""Reading top-ups, as far as the caller may see their centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.application.top_ups.errors import TopUpNotFound
from billing.application.top_ups.ports import TopUps
from billing.application.wallets.read_wallets import WalletReader
from billing.domain.top_ups.top_up import TopUp
from servicekit.access import Reach


@dataclass(frozen=True)
class TopUpReader:
    """Answers questions about top-ups."""

    top_ups: TopUps
    wallets: WalletReader

    def get(self, kiosk_id: str, top_up_id: str, reach: Reach) -> TopUp:
        """A top-up of a centre within reach. Raises TopUpNotFound for any other, as for one that does not exist."""
        top_up = self.top_ups.get(top_up_id)
        if top_up is None or top_up.kiosk_id != kiosk_id or not self.wallets.within(kiosk_id, reach):
            raise TopUpNotFound("There is no top-up with this id at this centre.")
        return top_up

    def of(self, kiosk_id: str, reach: Reach, *, before: tuple[datetime, str] | None, limit: int) -> Sequence[TopUp]:
        """A centre's top-ups, the latest first. Raises WalletNotOpen for a centre that is not within reach."""
        self.wallets.require(kiosk_id, reach)
        return self.top_ups.of_kiosk(kiosk_id, before=before, limit=limit)
