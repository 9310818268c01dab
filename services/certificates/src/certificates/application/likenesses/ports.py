"""What the use cases of likenesses need from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol

from certificates.domain.applications.application import Application


class Likenesses(Protocol):
    """Looking for applications by what they have in common."""

    def sharing(self, keys: Collection[str], limit: int) -> Sequence[Application]:
        """At most `limit` that have one of the keys of `likeness_keys`, the youngest first."""
