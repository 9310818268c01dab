"""Words for people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """The same words in English and in Hindi."""

    en: str
    hi: str
