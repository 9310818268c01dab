"""How an erasure stands: what holds it back, since when and until when, and when it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.people.ports import People
from identity.application.privacy.errors import ErasureNotFound
from identity.application.privacy.ports import Erasures
from identity.application.privacy.read_notices import known_person
from identity.domain.privacy.erasures import Erasure, Outlook, Reason, outlook

Reasons = Mapping[str, Reason]


@dataclass(frozen=True, kw_only=True)
class ErasureReader:
    """Answers the person, and the job that runs erasures. `asked`: services that must have answered."""

    people: People
    erasures: Erasures
    reasons: Reasons
    asked: tuple[str, ...]

    def of_person(self, person_id: str, erasure_id: str) -> Erasure:
        """One's own request. Raises PersonErased; ErasureNotFound, for another's too."""
        known_person(self.people, person_id)
        erasure = self.erasures.get(erasure_id)
        if erasure is None or erasure.person_id != person_id:
            raise ErasureNotFound("There is no request of yours with this id.")
        return erasure

    def all_of_person(self, person_id: str) -> Sequence[Erasure]:
        """All requests of a person, the newest first. Raises PersonErased."""
        known_person(self.people, person_id)
        return self.erasures.of_person(person_id)

    def outlook(self, erasure: Erasure, at: datetime) -> Outlook:
        """How a request that is open stands."""
        return outlook(erasure, self.asked, tuple(self.erasures.own_holds(erasure.person_id)), at)
