"""An approved centre gets its wallet."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.centres.ports import CentresTold
from billing.application.wallets.ports import NewWallets


@dataclass(frozen=True)
class OpenWallet:
    """The centre's approval; the credit limit says how far below zero its wallet may go."""

    kiosk_id: str
    district_code: str
    credit_limit_paise: int
    approved_at: datetime
    lsp_id: str | None = None


@dataclass(frozen=True)
class OpenWalletHandler:
    """Opens wallets, and keeps where their centres stand and whose they are."""

    wallets: NewWallets
    centres: CentresTold

    def __call__(self, command: OpenWallet) -> None:
        """Safe to repeat: the first approval stands."""
        self.centres.keep_district(command.kiosk_id, command.district_code)
        if command.lsp_id:
            self.centres.keep_provider(command.kiosk_id, command.lsp_id)
        self.wallets.open(
            command.kiosk_id, credit_limit_paise=command.credit_limit_paise, approved_at=command.approved_at
        )
