"""A sandbox centre gets its play money."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.wallets.ports import SandboxWallets
from billing.domain.ledger.entries import sandbox_funding


@dataclass(frozen=True)
class FundSandboxWallet:
    """How much a centre gets, in paise."""

    kiosk_id: str
    paise: int
    at: datetime


@dataclass(frozen=True)
class FundSandboxWalletHandler:
    """Funds a wallet once, however often it is told to."""

    wallets: SandboxWallets

    def __call__(self, command: FundSandboxWallet) -> bool:
        """False when the centre had its money already. Opens the wallet if need be."""
        return self.wallets.fund(command.kiosk_id, sandbox_funding(command.kiosk_id, command.paise, command.at))
