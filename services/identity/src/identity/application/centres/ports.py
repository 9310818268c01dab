"""What the use cases of centres need from outside."""

from datetime import datetime
from typing import Protocol

from identity.domain.centres.centre import Centre
from identity.domain.centres.invitation import Invitation


class Centres(Protocol):
    """Identity's own copy of what the register said, so that tokens do not wait for the register."""

    def get(self, kiosk_id: str) -> Centre | None:
        """A centre, or None of which nothing was told but that it is approved: it is open."""


class CentresTold(Centres, Protocol):
    """What the register says, inside one transaction."""

    def keep(self, centre: Centre) -> None:
        """Keep how a centre stands from now on. The caller sees to it that a later word stays."""


class Invitations(Protocol):
    """Invitations to be sent, inside one transaction."""

    def invite(self, notice_id: str, invitation: Invitation, at: datetime) -> None:
        """Keep it, where the id is new; it is sent until it is sent."""
