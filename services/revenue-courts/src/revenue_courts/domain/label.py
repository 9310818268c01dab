"""A text in English and in Hindi."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The same text twice."""

    en: str
    hi: str
