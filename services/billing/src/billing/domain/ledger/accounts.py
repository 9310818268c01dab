"""The names of accounts. What each of them holds: the service's README, "Ledger"."""

_WALLET = "wallet:"
_BILLER = "biller:"
_WALLET_HELD = "wallet-held:"
# Authorised by the payment service provider, not ours yet; then captured; and what those promises are held for.
PSP_AUTHORISED = "psp:authorised"
PSP_HELD = "psp:held"
PSP_CLEARING = "psp:clearing"
# Where sandbox wallets get their money from; in live operation wallets are topped up through the bank.
SANDBOX_BANK = "bank:sandbox"
# What was paid out to departments.
SETTLEMENT_BANK = "bank:settlement"
# Penalties of centres, which nobody was told yet whose they are.
PENALTIES = "penalties"


def wallet_account(kiosk_id: str) -> str:
    """The account of what a centre can spend."""
    return _WALLET + kiosk_id


def wallet_held_account(kiosk_id: str) -> str:
    """The account of what is held from a centre's wallet for payments in progress."""
    return _WALLET_HELD + kiosk_id


def wallet_owner(account: str) -> str | None:
    """The centre whose spendable money is on this account, or None for any other account."""
    return account.removeprefix(_WALLET) if account.startswith(_WALLET) else None


def held_owner(account: str) -> str | None:
    """The centre from whose wallet the money on this account is held, or None for any other account."""
    return account.removeprefix(_WALLET_HELD) if account.startswith(_WALLET_HELD) else None


def goes_back_to(account: str) -> bool:
    """Whether a refund's money can be credited here: a wallet, or what the provider owes us and pays out instead."""
    return account == PSP_CLEARING or account.startswith(_WALLET)


def penalties_owed_account(kiosk_id: str) -> str:
    """The account of penalties that a centre's wallet could not give."""
    return f"penalties-owed:{kiosk_id}"


def lsp_penalties_account(lsp_id: str) -> str:
    """The account of a provider's parts of its centres' penalties."""
    return f"penalties-of-provider:{lsp_id}"


def biller_account(biller_id: str) -> str:
    """The account of what a biller is owed."""
    return _BILLER + biller_id


def biller_of(account: str) -> str | None:
    """The biller that is owed what is on this account, or None for any other account."""
    return account.removeprefix(_BILLER) if account.startswith(_BILLER) else None
