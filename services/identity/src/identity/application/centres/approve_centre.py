"""The register approved a centre: it gets its client, and its operator the right to act for it and
the word of it."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.centres.ports import Centres, Invitations
from identity.application.clients.ports import Clients
from identity.application.people.errors import RightRefused, UnknownPerson
from identity.application.people.grant_right import GrantRight, GrantRightHandler
from identity.domain.centres.centre import Standing, centre_client, client_id_of
from identity.domain.centres.invitation import Invitation
from identity.domain.people.rights import Right, Role


@dataclass(frozen=True, kw_only=True)
class ApproveCentre:
    """`operator_person_id` is None until one is appointed; `by` is the event's id, of which the right's is made.

    `operator_notice_ref` stands for the operator's number in the vault, where the register knows it.
    """

    kiosk_id: str
    operator_person_id: str | None
    operator_notice_ref: str | None
    approved_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ApproveCentreHandler:
    """`scopes` are those of a centre's client."""

    centres: Centres
    clients: Clients
    grant_right: GrantRightHandler
    invitations: Invitations
    scopes: frozenset[str]

    def __call__(self, command: ApproveCentre) -> str | None:
        """Why the operator has no right by it, None where they have one or none was named.

        Safe to repeat, and after later words too: nothing is made for a centre that is closed, and what is made for one
        that is suspended counts when it is reinstated.
        """
        centre = self.centres.get(command.kiosk_id)
        if centre and centre.standing is Standing.CLOSED:
            return None
        if self.clients.get(client_id_of(command.kiosk_id)) is None:
            self.clients.add(centre_client(command.kiosk_id, self.scopes, command.at))
        if command.operator_person_id is None:
            return None
        right = Right(
            id=f"rgt_{command.by.replace('-', '')}",
            role=Role.OPERATOR,
            kiosk_id=command.kiosk_id,
            begins_at=command.approved_at,
        )
        try:
            self.grant_right(
                GrantRight(
                    person_id=command.operator_person_id,
                    right=right,
                    by=command.by,
                    because="kiosk.approved",
                    at=command.at,
                )
            )
        except (UnknownPerson, RightRefused) as error:
            return str(error)
        if command.operator_notice_ref is not None:
            invitation = Invitation(kiosk_id=command.kiosk_id, mobile_reference=command.operator_notice_ref)
            self.invitations.invite(f"inv_{command.by.replace('-', '')}", invitation, command.at)
        return None
