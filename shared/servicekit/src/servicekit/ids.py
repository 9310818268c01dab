"""Identifiers: opaque and ordered by time for machines, short and self-checking for people."""

import re
import secrets

from stdnum import luhn
from uuid6 import uuid7

from servicekit.text import without_white_space

# Crockford's base 32: no I, L, O, U, so a token survives being read over a telephone.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
_TOKEN_PREFIX = "EM"  # noqa: S105 - a visible prefix, not a secret
_TOKEN_RANDOM_CHARACTERS = 12  # 60 bits: a collision among 10^8 tokens a year is about one in 200 a year
_BITS_PER_CHARACTER = 5
# Ids of ours in an address: of `public_id`, and a centre's, which its register gives.
_IN_AN_ADDRESS = re.compile(r"(?<=/)[a-z][a-z0-9]{1,11}_(?:[0-9a-f]{32}|[A-Z]{2}[0-9]{8})(?=[/?]|$)")
_TOKEN_LENGTH = len(_TOKEN_PREFIX) + _TOKEN_RANDOM_CHARACTERS + 1


def public_id(prefix: str) -> str:
    """A new id `<prefix>_<32 hex digits of a UUIDv7>`, e.g. `pay_01930a6c…`; ids made later sort later."""
    return f"{prefix}_{uuid7().hex}"


def ids_in(address: str) -> list[str]:
    """The ids of ours that are parts of a path: what logs and traces may tell of an address. No token is among them."""
    return _IN_AN_ADDRESS.findall(address)


def event_id() -> str:
    """A new UUIDv7 in the usual form of 36 characters."""
    return str(uuid7())


def transaction_token() -> str:
    """A new token `EM` + 12 random Crockford base-32 characters + a Luhn mod 32 check character.

    It names any payment or application on a receipt. It is not a secret, yet cannot be guessed from another.
    """
    # Drawn at once: each draw is a system call, and lets every other thread in before it returns.
    drawn = secrets.randbits(_TOKEN_RANDOM_CHARACTERS * _BITS_PER_CHARACTER)
    body = "".join(
        _CROCKFORD[drawn >> place * _BITS_PER_CHARACTER & len(_CROCKFORD) - 1]
        for place in range(_TOKEN_RANDOM_CHARACTERS)
    )
    return _TOKEN_PREFIX + body + luhn.calc_check_digit(body, alphabet=_CROCKFORD)


def read_transaction_token(text: str) -> str | None:
    """The token that somebody typed, pasted or scanned; None when it is none: any single wrong character is noticed.

    White space, hyphens and letter case do not count, and O, I and L are read as 0 and 1, as Crockford has it.
    """
    written = without_white_space(text).replace("-", "").upper()
    token = written[: len(_TOKEN_PREFIX)] + written[len(_TOKEN_PREFIX) :].translate(_MISREAD)
    return token if is_transaction_token(token) else None


def is_transaction_token(text: str) -> bool:
    """Whether `text` is exactly a token as printed."""
    return (
        len(text) == _TOKEN_LENGTH
        and text.startswith(_TOKEN_PREFIX)
        and luhn.is_valid(text[len(_TOKEN_PREFIX) :], alphabet=_CROCKFORD)
    )
