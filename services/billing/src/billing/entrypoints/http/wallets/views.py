"""What a centre is shown of its wallet: a plain dictionary for the schema to dump."""

from typing import Any

from billing.domain.ledger.wallet import Wallet
from servicekit.money import money


def wallet_view(wallet: Wallet) -> dict[str, Any]:
    """A wallet as its centre sees it."""
    return {
        "kiosk_id": wallet.kiosk_id,
        "balance": money(wallet.balance_paise),
        "held": money(wallet.held_paise),
        "available": money(wallet.available_paise),
        "credit_limit": money(wallet.credit_limit_paise),
    }
