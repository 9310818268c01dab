"""What the use cases of centres need from outside."""

from typing import Protocol

from billing.domain.centres import Centre


class Centres(Protocol):
    """Billing's own copy of what the register said, so that money does not wait for the register."""

    def get(self, kiosk_id: str) -> Centre | None:
        """A centre, or None of which nothing was told."""


class CentresTold(Protocol):
    """What the register says, inside one transaction."""

    def keep(self, centre: Centre) -> None:
        """Keep how a centre stands from now on. The caller sees to it that a later word stays."""

    def keep_district(self, kiosk_id: str, district_code: str) -> None:
        """Keep where a centre stands, unless that is known already."""

    def keep_provider(self, kiosk_id: str, lsp_id: str) -> None:
        """Keep whose centre it is: its local service provider's."""
