"""Client secrets: 256 random bits, kept only as their SHA-256.

A slow password hash protects secrets a person could have chosen; these are never chosen, only minted
here. OWASP ASVS 5.0 §6.5.2 and NIST SP 800-63B §5.1.2.2 accept a plain approved hash from 112 bits
of entropy upward, by analogy with look-up secrets; README.md, "Why SHA-256", has the argument.
"""

import hashlib
import hmac
import secrets

SECRET_BYTES = 32  # 256 bits: far above the 112 bits from which a fast hash is enough
# Stands where there is no secret: no text is known that hashes to it, so whoever compares with it finds nobody.
NO_SECRET_SHA256 = "0" * 64


def new_secret(environment: str) -> str:
    """A fresh secret such as `emitra_test_<43 URL-safe characters>`; not repeatable.

    The prefix says which environment it belongs to and lets secret scanners find a leaked one.
    """
    prefix = "emitra_live_" if environment == "live" else "emitra_test_"
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def sha256_of(secret: str) -> str:
    """The stored form: 64 lower-case hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored_sha256: str) -> bool:
    """Whether `secret` is the one behind `stored_sha256`, in a time that does not depend on either."""
    return hmac.compare_digest(sha256_of(secret), stored_sha256)
