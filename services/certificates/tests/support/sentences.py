"""What a refusal says to people: sentences, in both languages."""

import re


def english(text: str) -> bool:
    """Whether it begins as a sentence does, ends as one does, and is not shouted."""
    return re.fullmatch(r"[A-Z][a-z ].*\.", text) is not None and not text.isupper()


def hindi(text: str | None) -> bool:
    """Whether it is in Devanagari, whatever is quoted in it, and ends as a sentence does."""
    return text is not None and re.fullmatch(r"[\u0900-\u097f\d].*[\u0900-\u097f].*।", text) is not None
