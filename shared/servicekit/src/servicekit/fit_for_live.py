"""What a setting may not be where ENVIRONMENT is live: a sandbox's, a default everybody knows, or easily guessed.

Each rule takes the text of a setting and gives what is wrong with it, or nothing. None repeats the text.
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

Rule = Callable[[str], str | None]

# What the local stack and `identity seed-sandbox` mark their secrets and the ids of their keys with.
SANDBOX_MARK = "emitra_test_"
FEWEST_DIFFERENT_CHARACTERS = 8  # random text of 32 characters has more than 20
_KNOWN = re.compile(r"change.?me|password|passw0rd|example|placeholder|insert.?here|your.?secret", re.IGNORECASE)
# Those of MongoDB's and RabbitMQ's own pages and images.
_KNOWN_PASSWORDS = frozenset({"", "guest", "admin", "root", "mongo", "mongodb", "rabbitmq", "secret", "test"})


def made_for_a_sandbox(text: str) -> str | None:
    """The mark of a sandbox anywhere in it."""
    return "was made for a sandbox." if SANDBOX_MARK in text else None


def guessable(text: str) -> str | None:
    """Text that somebody wrote as an example, or that hardly varies."""
    if _KNOWN.search(text) or len(set(text)) < FEWEST_DIFFERENT_CHARACTERS:
        return "can be guessed."
    return None


def without_credentials(text: str) -> str | None:
    """The address of a server that lets anybody in, or whoever knows its default password.

    MongoDB's mechanisms without a password (X.509, AWS) are named in the address.
    """
    parts = urlsplit(text)
    if "authMechanism" in parse_qs(parts.query):
        return None
    if parts.username is None:
        return "has no user and no password, so that everybody may do everything there."
    is_known = _is_known(unquote(parts.username), unquote(parts.password or ""))
    return "has a default password." if is_known else None


def _is_known(user: str, password: str) -> bool:
    return password.lower() in _KNOWN_PASSWORDS or password == user or _KNOWN.search(password) is not None
