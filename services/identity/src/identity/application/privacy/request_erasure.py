"""A person asks to be erased."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.application.people.ports import People
from identity.application.privacy.ports import Erasures
from identity.application.privacy.read_notices import known_person
from identity.domain.privacy.erasures import Erasure, State


@dataclass(frozen=True, kw_only=True)
class RequestErasure:
    """Who asks; ids are minted by the caller."""

    erasure_id: str
    person_id: str
    event_id: str
    request_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RequestErasureHandler:
    """The request and the question to the services in one transaction."""

    people: People
    erasures: Erasures
    cooling_off: timedelta

    def __call__(self, command: RequestErasure) -> Erasure:
        """The request; the one that is open, where there is one. Raises PersonErased."""
        known_person(self.people, command.person_id)
        return self.erasures.open(
            Erasure(
                id=command.erasure_id,
                person_id=command.person_id,
                state=State.REQUESTED,
                requested_at=command.at,
                runs_after=command.at + self.cooling_off,
            ),
            command.event_id,
            command.request_id,
        )
