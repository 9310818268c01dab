"""What is kept of a number, and what is kept of everybody who read it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from identity.domain.vault.identifiers import Kind


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does it: a client, its centre if it has one, and the person it acts for, if any."""

    client_id: str
    kiosk_id: str | None = None
    person_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A number, closed with a data key of its own, and that key, closed with the key `key_id` of the key store."""

    key_id: str
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class EraseReason(StrEnum):
    """Why a number was erased."""

    PERSON_ASKED = "person-asked"
    RETENTION_ENDED = "retention-ended"
    MISTAKE = "mistake"


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """That a number was erased: why, on whose word (a person's id), and when."""

    reason: EraseReason
    person_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class VaultRecord:
    """A number behind its reference. Once erased it has neither `sealed` nor `indexes`, and `masked` is empty.

    `indexes` are blind indexes, `<key id>:<digest>`, one for each index key. `readings` counts how often it was read.
    `owners` are the people whose number it is, as clients said that checked it: more than one where a family shares it.
    """

    reference: str
    kind: Kind
    masked: str
    sealed: Sealed | None
    indexes: tuple[str, ...] = field(repr=False)
    stored_by: Actor
    stored_at: datetime
    readings: int = 0
    erasure: Erasure | None = None
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """That somebody read a number: who, when and what for. Never changed, never deleted.

    `ordinal` counts the readings of one reference from 1: a gap, or fewer than the record counts, shows tampering.
    """

    reading_id: str
    reference: str
    ordinal: int
    purpose: str
    actor: Actor
    at: datetime
