"""Who pays: a client of the API, at a centre or on the portal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Payer:
    """Who calls: a client, and the centre it is bound to, if any. All clients of a centre share its payments.

    `citizen_id` is the citizen who calls, or for whom it is done with `assistance_id` as their consent (ADR 0044).
    """

    client_id: str
    kiosk_id: str | None
    citizen_id: str | None = None
    assistance_id: str | None = None

    @property
    def channel(self) -> str:
        """`AGT`, the assisted counter of a centre, or `INT`, the portal (Bharat BillPay's channel names)."""
        return "AGT" if self.kiosk_id else "INT"

    def owns(self, client_id: str, kiosk_id: str | None, citizen_id: str | None) -> bool:
        """Whether what `client_id` made, at `kiosk_id` if any, for `citizen_id` if for one who is known, may be seen and
        used by this caller. Who acts for a citizen sees what is theirs and nothing else of the centre's."""
        if self.citizen_id is not None:
            return self.citizen_id == citizen_id
        return self.kiosk_id == kiosk_id if self.kiosk_id or kiosk_id else self.client_id == client_id
