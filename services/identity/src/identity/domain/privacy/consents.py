"""Consents: who agreed to what, on which text, and until when. A receipt is never changed, only ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Language(StrEnum):
    """The language that a notice was read in."""

    ENGLISH = "en"
    HINDI = "hi"


class Channel(StrEnum):
    """Where a consent was given."""

    OWN_DEVICE = "own-device"
    CENTRE = "centre"  # somebody there assisted


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A receipt (section 6): a person's clear act on one version of a notice, for the purposes named and no other.

    `client_id` is the software, `kiosk_id` the centre that assisted. It is in force until `ended_at`: withdrawn, or
    `replaced_by` another consent of the same person to the same notice.
    """

    id: str
    person_id: str
    notice_id: str
    notice_version: int
    notice_sha256: str
    purposes: tuple[str, ...]
    language: Language
    client_id: str
    kiosk_id: str | None
    given_at: datetime
    ended_at: datetime | None = None
    replaced_by: str | None = None

    @property
    def channel(self) -> Channel:
        """Whether somebody at a centre assisted."""
        return Channel.CENTRE if self.kiosk_id else Channel.OWN_DEVICE

    @property
    def is_in_force(self) -> bool:
        """Whether it still permits anything."""
        return self.ended_at is None

    def says_the_same_as(self, other: "Consent") -> bool:
        """Whether giving `other` as well would change nothing."""
        return (self.notice_sha256, self.purposes) == (other.notice_sha256, other.purposes)
