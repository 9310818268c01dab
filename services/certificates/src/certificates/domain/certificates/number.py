"""Certificate numbers: nobody can guess one, and a wrong character in one is noticed."""

import re

# Crockford's base 32, without I, L, O and U, so that a number can be read out over a telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS_PER_CHARACTER = 5
# 50 bits: among 10^8 certificates a guess finds one in ten million times, and the unique index notices a collision.
RANDOM_CHARACTERS = 10
RANDOM_BITS = RANDOM_CHARACTERS * BITS_PER_CHARACTER

_PREFIX = re.compile(r"[A-Z]+")
_DASHES = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2212"))
_LOOK_ALIKE = str.maketrans("OIL", "011")


def certificate_number(prefix: str, random_bits: int) -> str:
    """The type's prefix, ten characters made of the RANDOM_BITS bits of `random_bits`, and a check character.

    For example `DOM-7K2M9QX4TB-T`.
    """
    body = "".join(
        ALPHABET[random_bits >> place * BITS_PER_CHARACTER & len(ALPHABET) - 1] for place in range(RANDOM_CHARACTERS)
    )
    return f"{prefix}-{body}-{_check_character(body)}"


def is_certificate_number(text: str) -> bool:
    """Whether `text` has the form of a certificate number and its check character is right."""
    prefix, _, number = text.partition("-")
    body, _, check = number.partition("-")
    well_formed = prefix != "" and len(body) == RANDOM_CHARACTERS and set(body) <= set(ALPHABET)
    return well_formed and check == _check_character(body)


def read_certificate_number(written: str) -> str | None:
    """The number as it is printed, from what somebody typed; None when no certificate can have it.

    Small letters, missing hyphens and other dashes do no harm, nor do O, I and L for the digits that they look like.
    """
    characters = written.translate(_DASHES).upper()
    prefix, rest = characters[: -RANDOM_CHARACTERS - 1], characters[-RANDOM_CHARACTERS - 1 :].translate(_LOOK_ALIKE)
    number = f"{prefix}-{rest[:-1]}-{rest[-1:]}"
    return number if _PREFIX.fullmatch(prefix) and is_certificate_number(number) else None


def _check_character(body: str) -> str:
    """Luhn's algorithm modulo 32 (ISO/IEC 7812-1 has it for digits): any single wrong character is noticed."""
    total = 0
    for place, character in enumerate(reversed(body)):
        value = ALPHABET.index(character)
        # Every second value, from the last one on, is doubled, and the two digits it then has in base 32 are added.
        total += sum(divmod(2 * value, len(ALPHABET))) if place % 2 == 0 else value
    return ALPHABET[-total % len(ALPHABET)]
