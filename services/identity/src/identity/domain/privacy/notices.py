"""Notices: what a person is told before data is taken, in both languages, in versions that never change.

Digital Personal Data Protection Act, 2023, sections 5 and 6(3), and Digital Personal Data Protection Rules, 2025,
rule 3: understandable by itself; the data, itemised; the purposes; how to withdraw, use one's rights and complain.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Words:
    """The same in English and in Hindi."""

    en: str
    hi: str


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What data is taken for, and the data, item by item, that this purpose needs."""

    id: str
    words: Words
    items: tuple[Words, ...]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One version of a notice. `contact` is who answers questions (section 6(3)); None while it is unset.

    `respond_within_days` is the published time for requests and complaints (rule 14: at most 90); None while unset.
    """

    id: str
    version: int
    effective_from: date
    title: Words
    purposes: tuple[Purpose, ...]
    withdraw: Words
    rights: Words
    complain: Words
    contact: Words | None = None
    respond_within_days: int | None = None

    @property
    def sha256(self) -> str:
        """The hash of all that it says, in both languages: what a receipt proves was shown."""
        said = {**asdict(self), "effective_from": self.effective_from.isoformat()}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def purpose_ids(self) -> frozenset[str]:
        """What may be consented to."""
        return frozenset(purpose.id for purpose in self.purposes)


Notices = Mapping[str, tuple[Notice, ...]]


def current(versions: Iterable[Notice], day: date) -> Notice | None:
    """The version in force on that day; None before the first."""
    in_force = [notice for notice in versions if notice.effective_from <= day]
    return max(in_force, key=lambda notice: notice.version, default=None)
