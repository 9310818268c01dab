"""What an order sets for wallets, by day; what no order sets is None, and limits nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class WalletLimits:
    """Amounts in paise, from a day on. `low_paise`: whoever falls below it is told; credit does not count.

    `least_paise` and `most_paise` are of one top-up.
    """

    from_day: date | None = None
    least_paise: int | None = None
    most_paise: int | None = None
    low_paise: int | None = None


UNSET = WalletLimits()


def limits_on(all_limits: Sequence[WalletLimits], day: date) -> WalletLimits:
    """Those in force on a day; UNSET where no order is."""
    begun = [limits for limits in all_limits if limits.from_day is not None and limits.from_day <= day]
    return max(begun, key=lambda limits: limits.from_day or day, default=UNSET)
