"""What the register said of centres: `{_id: kiosk id, standing, since, until, reason}`."""

from dataclasses import dataclass
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database

from identity.domain.centres.centre import Centre, Standing

CENTRES = "centres"


class MongoCentres:
    """The Centres port on MongoDB."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._centres = db[CENTRES]

    def get(self, kiosk_id: str, session: ClientSession | None = None) -> Centre | None:
        """One read by _id."""
        document = self._centres.find_one({"_id": kiosk_id}, session=session)
        if document is None:
            return None
        return Centre(
            kiosk_id=kiosk_id,
            standing=Standing(document["standing"]),
            since=document["since"],
            until=document["until"],
            reason=document["reason"],
        )

    def keep(self, session: ClientSession, centre: Centre) -> None:
        """Keeps all that was told, in the session's transaction."""
        told = {
            "standing": centre.standing.value,
            "since": centre.since,
            "until": centre.until,
            "reason": centre.reason,
        }
        self._centres.replace_one({"_id": centre.kiosk_id}, told, upsert=True, session=session)


@dataclass(frozen=True)
class CentresWithin:
    """The CentresTold port inside the transaction of `session`."""

    centres: MongoCentres
    session: ClientSession

    def get(self, kiosk_id: str) -> Centre | None:
        return self.centres.get(kiosk_id, self.session)

    def keep(self, centre: Centre) -> None:
        self.centres.keep(self.session, centre)
