"""Send what people have to be told, until it is sent."""

from dataclasses import dataclass, field
from datetime import datetime

import structlog

from identity.application.assistance.ask_consent import PURPOSE
from identity.application.assistance.ports import Assistances, Notices
from identity.application.assistance.words import invitation_message, notice_message
from identity.application.clients.ports import Clients
from identity.application.people.ports import NoticeSender
from identity.application.vault.detokenise_identifier import DetokeniseIdentifier, DetokeniseIdentifierHandler
from identity.application.vault.errors import InvalidPurpose, NumberErased, ReferenceNotFound
from identity.domain.assistance.assistance import not_me_code
from identity.domain.assistance.notices import Notice
from identity.domain.people.mobile import Mobile
from identity.domain.vault.records import Actor
from servicekit.errors import ServiceError
from servicekit.faults import crash_point
from servicekit.ids import public_id

log = structlog.get_logger(__name__)

AT_ONCE = 50
# Who reads the number, in the record that its owner sees.
OWN_NAME = "identity"


@dataclass(frozen=True, kw_only=True)
class SendNotices:
    """What is due at `at`."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class SendNoticesHandler:
    """By one process at a time. Whoever dies between sending and noting it sends that one notice again."""

    notices: Notices
    assistances: Assistances
    clients: Clients
    detokenise: DetokeniseIdentifierHandler
    sender: NoticeSender | None
    link_base: str
    key: bytes = field(repr=False)

    def __call__(self, command: SendNotices) -> int:
        """How many were sent. One that cannot be sent waits for its next turn and holds no other up."""
        if self.sender is None:
            return 0
        sent = 0
        for notice in self.notices.due(command.at, AT_ONCE):
            try:
                self._send(notice, self.sender, command.at)
            except (InvalidPurpose, NumberErased, ReferenceNotFound):
                log.warning("notice_to_nobody", notice_id=notice.id)
            except ServiceError as error:
                log.warning("notice_not_sent", notice_id=notice.id, attempts=notice.attempts + 1, reason=error.slug)
                self.notices.failed(notice, command.at + notice.again_after())
                continue
            crash_point("N1")
            self.notices.sent(notice.id, command.at)
            sent += 1
        return sent

    def _send(self, notice: Notice, sender: NoticeSender, at: datetime) -> None:
        if notice.invitation is not None:
            mobile = self._mobile(notice.invitation.mobile_reference, at)
            sender.notify(mobile, invitation_message(notice.invitation), at)
            return
        assistance = self.assistances.get(notice.assistance_id or "")
        if assistance is None:
            # Nobody acted by it: there was no consent, or it would be kept.
            log.warning("notice_of_nothing", notice_id=notice.id)
            return
        client = self.clients.get(assistance.actor.client_id)
        mobile = self._mobile(assistance.mobile_reference, at)
        link = self.link_base + not_me_code(self.key, assistance.id)
        name = client.name if client else assistance.actor.client_id
        sender.notify(mobile, notice_message(notice, assistance, name, link), at)

    def _mobile(self, reference: str, at: datetime) -> Mobile:
        shown = self.detokenise(
            DetokeniseIdentifier(
                reference=reference,
                purpose=PURPOSE,
                scopes=frozenset({f"vault-purpose:{PURPOSE}"}),
                reading_id=public_id("rdg"),
                actor=Actor(client_id=OWN_NAME),
                at=at,
            )
        )
        return Mobile(shown.identifier.number)
