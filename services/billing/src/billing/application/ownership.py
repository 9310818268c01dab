"""Which bills and payments are whose: the platform's rule (servicekit.access), for who pays."""

from billing.domain.payer import Payer
from servicekit.access import Belonging, Role, reach


def owns(payer: Payer, made_by: Payer) -> bool:
    """Whether what `made_by` fetched or paid may be seen and used by `payer`."""
    who = reach(
        # The people of a centre are to its things as its software is.
        Role.CITIZEN if payer.person_id else Role.MACHINE,
        client_id=payer.client_id,
        kiosk_id=payer.kiosk_id,
        person_id=payer.person_id,
    )
    return who.covers(Belonging(client_id=made_by.client_id, kiosk_id=made_by.kiosk_id, person_id=made_by.person_id))
