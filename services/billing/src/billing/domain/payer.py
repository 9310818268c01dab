"""Who pays: a client of the API, at a centre or on the portal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Payer:
    """Who calls: a client, and the centre it is bound to, if any. All clients of a centre share its payments.

    `stated_channel` is what the client says it is among the channels that may be its own.
    """

    client_id: str
    kiosk_id: str | None
    stated_channel: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that may be this client's own, the usual one first (Bharat BillPay's names).

        At a centre `AGT`, its assisted counter, or `KIOSK`, an unattended machine; else `INT`, a portal, or `MOB`, an
        app.
        """
        return ("AGT", "KIOSK") if self.kiosk_id else ("INT", "MOB")

    @property
    def channel(self) -> str:
        """Where it pays: what it states, else the usual one."""
        return self.stated_channel or self.channels[0]

    def owns(self, client_id: str, kiosk_id: str | None) -> bool:
        """Whether what `client_id` made, at `kiosk_id` if any, may be seen and used by this caller."""
        return self.kiosk_id == kiosk_id if self.kiosk_id or kiosk_id else self.client_id == client_id
