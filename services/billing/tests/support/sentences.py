"""What people are told is a sentence."""

import re

_SENTENCE = re.compile(r"[A-Z₹].*[a-z].*\.")


def is_sentence(text: str) -> bool:
    """Whether it begins as one, ends as one and does not shout."""
    return _SENTENCE.fullmatch(text) is not None
