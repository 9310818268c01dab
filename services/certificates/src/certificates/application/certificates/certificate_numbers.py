"""Certificate numbers: nobody can guess one, and a slip of the pen is noticed."""

import secrets

from stdnum import luhn

# Crockford's base 32: no I, L, O, U, so a number survives being read over a telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 50 bits: with 10^8 certificates a guess hits one in ten million, and a collision is caught by the index.
RANDOM_CHARACTERS = 10


def new_certificate_number(prefix: str) -> str:
    """A new number: the type's prefix, 10 random characters, a Luhn mod 32 check; e.g. `DOM-7K2M9QX4TB-5`."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return f"{prefix}-{body}-{luhn.calc_check_digit(body, alphabet=ALPHABET)}"


def is_certificate_number(text: str) -> bool:
    """Whether `text` has the form of a number and its check character fits."""
    parts = text.split("-")
    if len(parts) != 3 or not parts[0]:
        return False
    body, check = parts[1], parts[2]
    well_formed = len(body) == RANDOM_CHARACTERS and len(check) == 1 and set(body + check) <= set(ALPHABET)
    return well_formed and luhn.is_valid(body + check, alphabet=ALPHABET)
