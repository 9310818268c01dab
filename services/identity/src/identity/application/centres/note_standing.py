"""The register says how a centre stands."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.centres.ports import CentresTold
from identity.application.clients.ports import CentresClients, ClientsRevoked
from identity.application.people.change_right import ChangeRightHandler, EndRight
from identity.application.people.ports import People
from identity.domain.centres.centre import Centre, Standing


@dataclass(frozen=True, kw_only=True)
class NoteStanding:
    """A suspension (with its end, if it has one), a reinstatement or a closure; `by` is the event's id."""

    centre: Centre
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NoteStandingHandler:
    """Keeps it: tokens are given by it. Of a closed centre the clients are revoked and the rights ended, for good.

    What is merely suspended is written nowhere else, so a reinstatement restores it by itself, and nothing that was
    made meanwhile is missed.
    """

    centres: CentresTold
    clients: CentresClients
    revoked: ClientsRevoked
    people: People
    change_right: ChangeRightHandler

    def __call__(self, command: NoteStanding) -> None:
        """Safe to repeat. Must not be given an older word after a newer one."""
        centre = command.centre
        self.centres.keep(centre)
        if centre.standing is not Standing.CLOSED:
            return
        for client in self.clients.of_kiosk(centre.kiosk_id):
            self.revoked.revoke_client(client.id, command.at)
        for person in self.people.of_kiosk(centre.kiosk_id):
            for right in person.rights:
                if right.kiosk_id == centre.kiosk_id and not right.is_over(command.at):
                    self.change_right(
                        EndRight(
                            person_id=person.id, right_id=right.id, by=command.by, because="kiosk.closed", at=command.at
                        )
                    )
