"""An erasure as a service hears of it, without identity: asked, taken back, done; and what the service answers."""

import json
from typing import Any

from servicekit.events import NewEvent
from servicekit.events.envelope import serialise
from servicekit.ids import event_id, public_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.service.declaration import Service
from servicekit.testing.deliveries import deliver
from servicekit.testing.published import published


class Erasing:
    """One person's request. `service` has a word in it."""

    def __init__(self, service: Service, mongo: Mongo, application: Any, person_id: str) -> None:
        self._service, self._mongo, self._application = service, mongo, application
        self.erasure_id, self.person_id = public_id("era"), person_id

    def requested(self) -> None:
        """The question."""
        self._tell("requested", 1, requested_at=rfc3339(utc_now()), runs_after=rfc3339(utc_now()))

    def withdrawn(self) -> None:
        """The person thought again."""
        self._tell("withdrawn", 2, withdrawn_at=rfc3339(utc_now()))

    def completed(self) -> None:
        """Identity has erased the person."""
        self._tell("completed", 2, erased_at=rfc3339(utc_now()))

    def answers(self) -> list[dict[str, Any]]:
        """All envelopes in which the service answered, after it looked again."""
        self._application.erasures.look_again()
        return [envelope for envelope in published(self._mongo) if envelope["subject"] == self.erasure_id]

    def reasons(self) -> tuple[list[str], list[str]]:
        """Of the last answer: what holds the erasure back, as `reason subject`, and what stays."""
        said = self.answers()[-1]["data"]
        return [f"{hold['reason']} {hold['subject']}" for hold in said["holds"]], said["keeps"]

    def _tell(self, what: str, sequence: int, **data: Any) -> None:
        event = NewEvent(
            id=event_id(),
            type=f"erasure.{what}.v1",
            aggregate_type="erasure",
            aggregate_id=self.erasure_id,
            sequence=sequence,
            occurred_at=utc_now(),
            data={"erasure_id": self.erasure_id, "person_id": self.person_id, **data},
            request_id="req_1",
        )
        deliver(self._service, self._mongo, self._application, [json.loads(serialise(event, "identity"))])
