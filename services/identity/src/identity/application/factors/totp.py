"""Codes of authenticator apps (RFC 6238: SHA-1, six digits, thirty seconds, which every app knows)."""

from datetime import datetime

import pyotp

ISSUER = "e-Mitra"
# RFC 6238 §5.2 recommends one step at most for a slow line; one more for a phone's clock that runs ahead.
STEPS_AROUND = 1


def address_of(secret: str, account: str) -> str:
    """The otpauth address that apps read from a QR."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The step of which this is the code; None for a wrong one, or one from another minute."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=at, valid_window=STEPS_AROUND)
    except pyotp.exceptions.OTPVerificationError:
        return None
