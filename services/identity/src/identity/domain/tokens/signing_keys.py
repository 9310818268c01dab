"""The keys that sign tokens, known by ids that say with what and from when on: `eddsa-20261127T051500Z`.

Of each algorithm the newest key whose instant has come signs. A key is published, in every process, before it signs,
and until the last token that it signed has ended.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from identity.domain.clients.client import Algorithm
from identity.domain.tokens.access_token import LIFETIME_SECONDS

_KEY_ID = re.compile(r"(?:eddsa|rs256)-[0-9]{8}T[0-9]{6}Z", re.ASCII)
_INSTANT = "%Y%m%dT%H%M%SZ"
# Keys of the setting SIGNING_KEYS are named as whoever made them liked; they have signed for ever.
FOR_EVER = datetime.min.replace(tzinfo=UTC)
# The last token's life, and what clocks may differ by at the gateway (30 s) and in other people's systems.
VERIFIES_FOR = timedelta(seconds=LIFETIME_SECONDS + 60)


class KeyState(StrEnum):
    """What a signing key does now."""

    COMING = "coming"  # published, will sign
    SIGNING = "signing"
    VERIFYING = "verifying"  # its last tokens are still about
    ENDED = "ended"  # nothing that it signed counts any more


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key of joserfc's, its id, and since when it signs."""

    id: str
    algorithm: Algorithm
    since: datetime
    key: Any


def new_key_id(algorithm: Algorithm, since: datetime) -> str:
    """The id of a key that signs from `since` on, an aware instant of whole seconds."""
    return f"{algorithm.lower()}-{since.astimezone(UTC).strftime(_INSTANT)}"


def is_key_id(text: str) -> bool:
    """Whether it is the id of a key that was made here."""
    return _KEY_ID.fullmatch(text) is not None


def algorithm_of(key_id: str) -> Algorithm:
    """What the key signs with; a key of the setting is an Ed25519 one."""
    return Algorithm.RS256 if is_key_id(key_id) and key_id.startswith("rs256-") else Algorithm.EDDSA


def since(key_id: str) -> datetime:
    """The instant from which the key signs."""
    if not is_key_id(key_id):
        return FOR_EVER
    return datetime.strptime(key_id.partition("-")[2], _INSTANT).replace(tzinfo=UTC)


def signing_key(key_ids: Iterable[str], algorithm: Algorithm, at: datetime) -> str | None:
    """The key that signs at an instant: the newest whose time has come; of several of the setting the first."""
    come = [key_id for key_id in key_ids if algorithm_of(key_id) is algorithm and since(key_id) <= at]
    return max(come, key=since, default=None)


def state_of(key_id: str, key_ids: Sequence[str], at: datetime) -> KeyState:
    """What the key does at an instant, given all of them."""
    if since(key_id) > at:
        return KeyState.COMING
    if key_id == signing_key(key_ids, algorithm_of(key_id), at):
        return KeyState.SIGNING
    successors = [
        since(other)
        for other in key_ids
        if algorithm_of(other) is algorithm_of(key_id) and since(key_id) < since(other) <= at
    ]
    ended = bool(successors) and min(successors) + VERIFIES_FOR <= at
    return KeyState.ENDED if ended else KeyState.VERIFYING
