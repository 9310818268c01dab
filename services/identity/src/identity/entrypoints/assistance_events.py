"""What was done by assistances comes from the gateway (ADR 0044), and people are told of it until it is sent."""

from pymongo.client_session import ClientSession

from identity.application.assistance.note_act import NoteAct
from identity.application.assistance.send_notices import SendNotices
from identity.bootstrap import Identity
from servicekit.events import ReceivedEvent
from servicekit.instants import utc_now
from servicekit.service import Job

DONE = "DONE"
SEND_EVERY_SECONDS = 1.0


def note_act(identity: Identity, event: ReceivedEvent, session: ClientSession) -> None:
    """A notice for the person whose assistance it was."""
    data = event.data
    identity.assistance.note_act(session)(
        NoteAct(
            act_id=data["act_id"],
            assistance_id=data["assistance_id"],
            operation=f"{data['method']} {data['route']}",
            # An outcome that is not known here yet is none that is certain.
            certain=data["outcome"] == DONE,
            at=data["performed_at"],
        )
    )


def send_notices(identity: Identity) -> None:
    """Sends what waits."""
    identity.assistance.send_notices(SendNotices(at=utc_now()))


JOBS = [Job("send-notices", SEND_EVERY_SECONDS, send_notices)]
