"""A centre's prepaid wallet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wallet:
    """Amounts in paise. `available_paise` may fall to −`credit_limit_paise`, never below."""

    kiosk_id: str
    available_paise: int
    held_paise: int
    credit_limit_paise: int

    @property
    def balance_paise(self) -> int:
        """All of the centre's money, what is held for payments in progress included."""
        return self.available_paise + self.held_paise
