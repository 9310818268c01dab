"""Whether anybody may act for a centre at an instant."""

from datetime import datetime

from identity.application.centres.ports import Centres
from identity.domain.centres.centre import Centre, Standing


def barred_centre(centres: Centres, kiosk_id: str | None, at: datetime) -> Centre | None:
    """The centre, where it is suspended or closed at `at`; None where it is open, unheard of, or none at all."""
    centre = centres.get(kiosk_id) if kiosk_id else None
    return centre if centre and centre.standing_at(at) is not Standing.OPEN else None
