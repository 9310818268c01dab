"""Why a heartbeat does not count."""

from servicekit.errors import Conflict, NotFound, ValidationFailed


class HeartbeatCentreUnknown(NotFound):
    """There is no approved centre with this id, or the token is another centre's."""

    slug = "heartbeat-centre-unknown"
    title = "No such centre may send heartbeats with this token"
    title_hi = "इस टोकन से ऐसा कोई केंद्र हार्टबीट नहीं भेज सकता"


class HeartbeatCentreClosed(Conflict):
    """The centre is closed for good, and its machine with it; stop sending."""

    slug = "heartbeat-centre-closed"
    title = "The centre is closed"
    title_hi = "केंद्र बंद हो चुका है"


class MachineRetired(Conflict):
    """This machine was the centre's and is no longer; stop sending from it, or ask the district to bind it again."""

    slug = "machine-retired"
    title = "This machine is no longer the centre's"
    title_hi = "यह मशीन अब केंद्र की नहीं है"


class MachineNotBound(Conflict):
    """The centre is bound to another machine. That this one tried is on record; ask the district to bind it."""

    slug = "machine-not-bound"
    title = "The centre is bound to another machine"
    title_hi = "केंद्र किसी अन्य मशीन से जुड़ा है"


class MachineClockWrong(ValidationFailed):
    """The machine's clock is more than ten minutes off; `ahead_seconds` says how far (below zero: behind), `server_at`
    what the time is. Set it by a time server and send the next heartbeat."""

    slug = "machine-clock-wrong"
    title = "The machine's clock is wrong"
    title_hi = "मशीन की घड़ी गलत है"
