"""What can be wrong with what a caller gave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value a caller gave: a stable code and a sentence for people."""

    field: str
    code: str
    detail: str
