"""What the register said of centres, in MongoDB."""

from dataclasses import dataclass

from pymongo.client_session import ClientSession

from billing.domain.centres import Centre, Standing
from servicekit.mongo import Mongo

CENTRES = "centres"


class MongoCentres:
    """Implements application.centres.ports.Centres."""

    def __init__(self, mongo: Mongo) -> None:
        self._centres = mongo.db[CENTRES]

    def get(self, kiosk_id: str) -> Centre | None:
        document = self._centres.find_one({"_id": kiosk_id})
        if document is None:
            return None
        return Centre(
            kiosk_id,
            document["district_code"],
            # A centre whose district alone was told is open.
            Standing(document.get("standing", Standing.OPEN)),
            since=document.get("since"),
            until=document.get("until"),
            reason=document.get("reason"),
            # Release 0.1.0 did not keep it.
            lsp_id=document.get("lsp_id"),
        )

    def keep(self, session: ClientSession, centre: Centre) -> None:
        """Keeps all that was told, in the session's transaction."""
        told = {
            "district_code": centre.district_code,
            "standing": centre.standing.value,
            "since": centre.since,
            "until": centre.until,
            "reason": centre.reason,
        }
        self._centres.update_one({"_id": centre.kiosk_id}, {"$set": told}, upsert=True, session=session)

    def keep_district(self, session: ClientSession, kiosk_id: str, district_code: str) -> None:
        """Keeps the district of a centre of which nothing was told yet, in the session's transaction."""
        self._centres.update_one(
            {"_id": kiosk_id}, {"$setOnInsert": {"district_code": district_code}}, upsert=True, session=session
        )

    def keep_provider(self, session: ClientSession, kiosk_id: str, lsp_id: str) -> None:
        """Keeps the local service provider of a centre, in the session's transaction."""
        self._centres.update_one({"_id": kiosk_id}, {"$set": {"lsp_id": lsp_id}}, session=session)


@dataclass(frozen=True)
class CentresWithin:
    """Implements application.centres.ports.CentresTold inside the transaction of `session`."""

    centres: MongoCentres
    session: ClientSession

    def keep(self, centre: Centre) -> None:
        self.centres.keep(self.session, centre)

    def keep_district(self, kiosk_id: str, district_code: str) -> None:
        self.centres.keep_district(self.session, kiosk_id, district_code)

    def keep_provider(self, kiosk_id: str, lsp_id: str) -> None:
        self.centres.keep_provider(self.session, kiosk_id, lsp_id)
