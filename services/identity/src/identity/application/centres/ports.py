"""What the use cases of centres need from outside."""

from typing import Protocol

from identity.domain.centres.centre import Centre


class Centres(Protocol):
    """Identity's own copy of what the register said, so that tokens do not wait for the register."""

    def get(self, kiosk_id: str) -> Centre | None:
        """A centre, or None of which nothing was told but that it is approved: it is open."""


class CentresTold(Centres, Protocol):
    """What the register says, inside one transaction."""

    def keep(self, centre: Centre) -> None:
        """Keep how a centre stands from now on. The caller sees to it that a later word stays."""
