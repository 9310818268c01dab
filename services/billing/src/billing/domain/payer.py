"""Who pays: at a centre, on the portal, or a citizen for themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Payer:
    """Who calls: a client, and the centre it is bound to, if any; `person_id` is the citizen who pays for themselves,
    or for whom it is paid with `assistance_id` as their consent (ADR 0044).

    All clients and people of a centre share its payments.
    """

    client_id: str
    kiosk_id: str | None
    person_id: str | None = None
    assistance_id: str | None = None

    @property
    def channel(self) -> str:
        """`AGT`, the assisted counter of a centre, or `INT`, the portal (Bharat BillPay's channel names)."""
        return "AGT" if self.kiosk_id else "INT"
