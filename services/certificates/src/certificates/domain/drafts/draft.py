"""A form that somebody began to fill in and has not submitted."""

from dataclasses import dataclass
from datetime import datetime

# More than anybody works on; whoever has so many has a program that never submits.
MOST_DRAFTS = 200


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One draft. `sealed` is the form as far as it goes, which is personal data; `sealed_key` opens it.

    Each time it is saved it has another key. `version` counts the times, from 1. `expires_at` None is never.
    """

    id: str
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    assistance_id: str | None
    type_code: str
    district_code: str | None
    sealed_key: str
    sealed: bytes
    version: int
    created_at: datetime
    saved_at: datetime
    expires_at: datetime | None
