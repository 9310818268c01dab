"""How somebody proved themselves, as tokens say it: `amr` (RFC 8176) and `acr` (OpenID Connect Core §2)."""

from collections.abc import Iterable

# A code that was sent to a phone.
ONE_FACTOR = ("sms", "otp")
# More than one factor: RFC 8176's own word, beside those of the factors.
MULTIPLE_FACTORS = "mfa"
# Names of our own: NIST's levels would claim more of a code and a code than they say.
ACR_ONE_FACTOR = "emitra:one-factor"
ACR_TWO_FACTORS = "emitra:two-factors"


def acr_of(amr: Iterable[str]) -> str:
    """The class that the methods make."""
    return ACR_TWO_FACTORS if MULTIPLE_FACTORS in amr else ACR_ONE_FACTOR
