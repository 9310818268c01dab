"""Where it is told that a certificate ended: each has a bit of a list, drawn when its credential is first asked for.

That bit is not stored. The ending names its place, and a list is made of the endings each time (ADR 0065).
"""

from collections.abc import Callable

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from certificates.adapters.mongo.certificates import ENDINGS, NO_LIST, PLACES
from certificates.domain.certificates.credential import LIST_BITS, StatusPlace
from servicekit.mongo import Mongo, duplicate_key

_IN_A_LIST = {"list": {"$gt": NO_LIST}}
# A list counts as full when so many draws in a row were taken: on average it is half full then.
DRAWS = 4
INDEXES = {
    PLACES: [
        IndexModel(
            [("list", ASCENDING), ("index", ASCENDING)],
            name="one_certificate_per_bit",
            unique=True,
            partialFilterExpression=_IN_A_LIST,
        )
    ],
}


class MongoStatusPlaces:
    """Implements application.certificates.ports.StatusPlaces. Threads may share it. `draw(n)` is below n."""

    def __init__(self, mongo: Mongo, draw: Callable[[int], int]) -> None:
        self._places = mongo.db[PLACES]
        self._endings = mongo.db[ENDINGS]
        self._draw = draw

    def of(self, certificate_id: str) -> StatusPlace | None:
        """The place, drawn now if there was none; see the port."""
        stored = self._places.find_one({"_id": certificate_id})
        number, draws = 0, 0
        while stored is None:
            if draws % DRAWS == 0:
                number = number + 1 if number else self._last_list()
            draws += 1
            place = {"_id": certificate_id, "list": number, "index": self._draw(LIST_BITS)}
            try:
                self._places.insert_one(place)
                stored = place
            except DuplicateKeyError as error:
                if duplicate_key(error) == ("_id",):  # somebody else asks, or ends it, at the same time
                    stored = self._places.find_one({"_id": certificate_id})
        return StatusPlace(stored["list"], stored["index"]) if stored["list"] != NO_LIST else None

    def ended_in(self, list_number: int) -> list[int] | None:
        """By indexes; see the port."""
        if list_number < 1 or list_number > self._last_list():
            return None
        endings = self._endings.find({"status_list": list_number}, {"_id": False, "status_index": True})
        # The release before this one ends certificates, while it runs beside it, without naming the place.
        unnamed = [one["_id"] for one in self._endings.find({"status_list": None}, {"_id": True})]
        places = self._places.find({"_id": {"$in": unnamed}, "list": list_number}) if unnamed else ()
        return sorted([*(one["status_index"] for one in endings), *(one["index"] for one in places)])

    def _last_list(self) -> int:
        last = self._places.find_one(_IN_A_LIST, sort=[("list", DESCENDING)])
        return last["list"] if last else 1
