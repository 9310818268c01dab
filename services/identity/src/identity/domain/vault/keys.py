"""The vault's keys, known by ids that say what a key is for and from when on: `wrap-20261126T183000Z`.

Wrapping keys close the data keys of records; the newest whose instant has come closes, every other one only opens.
Index keys make blind indexes; a record has one under each. So a new key is there, in every process, before it is used.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

_KEY_ID = re.compile(r"(?:wrap|index)-[0-9]{8}T[0-9]{6}Z", re.ASCII)
_INSTANT = "%Y%m%dT%H%M%SZ"


class KeyUse(StrEnum):
    """What a key is for; a key is for one thing only."""

    WRAP = "wrap"
    INDEX = "index"


class KeyState(StrEnum):
    """What a key does now."""

    COMING = "coming"  # opens already, will close
    CLOSING = "closing"  # closes and opens
    OPENING = "opening"  # opens what it closed once
    INDEXING = "indexing"


def new_key_id(use: KeyUse, since: datetime) -> str:
    """The id of a key that is used from `since` on, an aware instant of whole seconds."""
    return f"{use}-{since.astimezone(UTC).strftime(_INSTANT)}"


def is_key_id(text: str) -> bool:
    """Whether it is the id of a key of the vault: stores may hold keys of others."""
    return _KEY_ID.fullmatch(text) is not None


def use_of(key_id: str) -> KeyUse:
    """What the key is for."""
    return KeyUse(key_id.partition("-")[0])


def since(key_id: str) -> datetime:
    """The instant from which the key is used."""
    return datetime.strptime(key_id.partition("-")[2], _INSTANT).replace(tzinfo=UTC)


def closing_key(key_ids: Iterable[str], at: datetime) -> str | None:
    """The key that closes at an instant: the newest wrapping key whose time has come, None when there is none."""
    come = [key_id for key_id in key_ids if use_of(key_id) is KeyUse.WRAP and since(key_id) <= at]
    return max(come, key=since, default=None)


def index_keys(key_ids: Iterable[str]) -> tuple[str, ...]:
    """Every index key, the oldest first."""
    return tuple(sorted((key_id for key_id in key_ids if use_of(key_id) is KeyUse.INDEX), key=since))


def state_of(key_id: str, key_ids: Iterable[str], at: datetime) -> KeyState:
    """What the key does at an instant, given all the others."""
    if use_of(key_id) is KeyUse.INDEX:
        return KeyState.INDEXING
    if since(key_id) > at:
        return KeyState.COMING
    return KeyState.CLOSING if key_id == closing_key(key_ids, at) else KeyState.OPENING
