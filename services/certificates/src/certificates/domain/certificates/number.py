"""Certificate numbers: nobody can guess one, and a slip of the pen is noticed."""

from stdnum import luhn

# Crockford's base 32: no I, L, O, U, so a number survives being read over a telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS_PER_CHARACTER = 5
# 50 bits: with 10^8 certificates a guess hits one in ten million, and a collision is caught by the index.
RANDOM_CHARACTERS = 10
RANDOM_BITS = RANDOM_CHARACTERS * BITS_PER_CHARACTER


def certificate_number(prefix: str, random_bits: int) -> str:
    """The type's prefix, 10 characters of `random_bits` (RANDOM_BITS of them), a Luhn mod 32 check.

    For example `DOM-7K2M9QX4TB-5`.
    """
    body = "".join(
        ALPHABET[random_bits >> place * BITS_PER_CHARACTER & len(ALPHABET) - 1] for place in range(RANDOM_CHARACTERS)
    )
    return f"{prefix}-{body}-{luhn.calc_check_digit(body, alphabet=ALPHABET)}"


def is_certificate_number(text: str) -> bool:
    """Whether `text` has the form of a number and its check character fits."""
    parts = text.split("-")
    if len(parts) != 3 or not parts[0]:
        return False
    body, check = parts[1], parts[2]
    well_formed = len(body) == RANDOM_CHARACTERS and len(check) == 1 and set(body + check) <= set(ALPHABET)
    return well_formed and luhn.is_valid(body + check, alphabet=ALPHABET)
