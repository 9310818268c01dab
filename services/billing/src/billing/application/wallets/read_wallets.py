"""Reading wallets, as far as the caller may see their centres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.application.centres.ports import Centres
from billing.application.wallets.errors import WalletNotOpen
from billing.application.wallets.ports import Statements, Wallets
from billing.domain.calendar import start_of_day
from billing.domain.ledger.statement import DayOfWallet, Statement
from billing.domain.ledger.wallet import Wallet
from servicekit.access import Belonging, Reach


@dataclass(frozen=True)
class WalletReader:
    """Answers questions about a centre's money."""

    wallets: Wallets
    centres: Centres
    statements: Statements

    def within(self, kiosk_id: str, reach: Reach) -> bool:
        """Whether the centre is within reach."""
        centre = self.centres.get(kiosk_id)
        return reach.covers(Belonging(kiosk_id=kiosk_id, district_code=centre.district_code if centre else None))

    def require(self, kiosk_id: str, reach: Reach) -> Wallet:
        """The wallet of a centre within reach. Raises WalletNotOpen for any other, as for one that there is not."""
        wallet = self.wallets.wallet(kiosk_id) if self.within(kiosk_id, reach) else None
        if wallet is None:
            raise WalletNotOpen("There is no wallet of this centre that you may see.")
        return wallet

    def statement(
        self, kiosk_id: str, reach: Reach, first: date, last: date, *, after: tuple[datetime, str] | None, limit: int
    ) -> Statement:
        """Days in India, both included. Raises WalletNotOpen."""
        self.require(kiosk_id, reach)
        begin, end = start_of_day(first), start_of_day(last + timedelta(days=1))
        return self.statements.statement(kiosk_id, begin, end, after=after, limit=limit)

    def days(self, kiosk_id: str, reach: Reach, first: date, last: date) -> Sequence[DayOfWallet]:
        """Each day in India, both included. Raises WalletNotOpen."""
        self.require(kiosk_id, reach)
        return self.statements.days(kiosk_id, first, last)
