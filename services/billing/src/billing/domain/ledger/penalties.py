"""A penalty that the register imposed on a centre, and its entry."""

from dataclasses import dataclass
from datetime import datetime

from billing.domain.ledger.accounts import (
    PENALTIES,
    lsp_penalties_account,
    penalties_owed_account,
    wallet_account,
)
from billing.domain.ledger.entries import JournalEntry, Kind, Leg


@dataclass(frozen=True)
class Penalty:
    """Paise. `lsp_paise` of `paise` is the provider's part, the rest is the centre's."""

    penalty_id: str
    kiosk_id: str
    lsp_id: str
    paise: int
    lsp_paise: int
    at: datetime

    @property
    def entry_id(self) -> str:
        """The penalty's own, so that it is taken once."""
        return f"{self.penalty_id}:{Kind.PENALTY}"

    def entry(self, spendable_paise: int) -> JournalEntry | None:
        """From the wallet as far as it can give, `spendable_paise` at most; what it cannot, the centre owes, for a
        wallet never falls below its credit limit. None where the penalty is nothing.
        """
        of_centre = self.paise - self.lsp_paise
        taken = min(of_centre, max(spendable_paise, 0))
        legs = (
            Leg(wallet_account(self.kiosk_id), -taken),
            Leg(penalties_owed_account(self.kiosk_id), taken - of_centre),
            Leg(lsp_penalties_account(self.lsp_id), -self.lsp_paise),
            Leg(PENALTIES, self.paise),
        )
        if self.paise == 0:
            return None
        return JournalEntry(
            entry_id=self.entry_id,
            kind=Kind.PENALTY,
            at=self.at,
            legs=tuple(leg for leg in legs if leg.paise),
            kiosk_id=self.kiosk_id,
        )
