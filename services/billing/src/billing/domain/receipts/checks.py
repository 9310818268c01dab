"""What lets anybody ask about a receipt: its number, and how the paying account ends."""

# As many characters of the account as a receipt shows.
SHOWN_CHARACTERS = 4


def account_ending(account: str) -> str:
    """The last four letters or digits of an account, in capitals; of a shorter one, all of them."""
    return "".join(c for c in account if c.isalnum())[-SHOWN_CHARACTERS:].upper()
