"""Who pays: at a centre, on the portal, or a citizen for themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Payer:
    """Who calls: a client, and the centre it is bound to, if any; `person_id` is the citizen who pays for themselves,
    or for whom it is paid with `assistance_id` as their consent (ADR 0044).

    All clients and people of a centre share its payments. `stated_channel` is what the client says it is among the
    channels that may be its own.
    """

    client_id: str
    kiosk_id: str | None
    person_id: str | None = None
    assistance_id: str | None = None
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
