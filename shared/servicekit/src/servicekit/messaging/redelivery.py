"""What becomes of a message that could not be handled: another try after a delay, or parking.

Both are outbox rows, so the relay publishes them with confirms like any event, and a crash between writing the row and
acknowledging the message changes nothing: the row's natural key (queue, message, attempt) makes a repeat harmless.
"""

from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from servicekit import ids
from servicekit.messaging.envelope import Message
from servicekit.messaging.topology import RETRY_DELAYS_SECONDS, Topology
from servicekit.mongo.client import duplicate_key
from servicekit.mongo.outbox import COLLECTION, outbox_row

ATTEMPT_HEADER = "x-emitra-attempt"
REASON_HEADER = "x-emitra-reason"
# A reason is for people who look at a parked message; it never holds the body.
REASON_MAX_CHARACTERS = 300


class Redelivery:
    """Sends one service's failed messages on their way."""

    def __init__(self, db: Database[dict[str, Any]], topology: Topology) -> None:
        self._rows = db[COLLECTION]
        self._topology = topology

    def retry_or_park(self, queue: str, message: Message, reason: str) -> str:
        """Another try after the ladder's next delay, or parking past its end. Returns "retried" or "parked"."""
        attempt = attempts(message) + 1
        delays = list(RETRY_DELAYS_SECONDS)
        if attempt > len(delays):
            return self.park(queue, message, f"tried {attempt} times; last: {reason}")
        self._send(self._topology.retry_exchange(delays[attempt - 1]), queue, message, attempt, reason)
        return "retried"

    def park(self, queue: str, message: Message, reason: str) -> str:
        """Puts the message aside for people to look at. Returns "parked". Safe to repeat."""
        self._send(self._topology.parking_exchange, queue, message, attempts(message) + 1, reason)
        return "parked"

    def _send(self, exchange: str, queue: str, message: Message, attempt: int, reason: str) -> None:
        headers = {**message.headers, ATTEMPT_HEADER: attempt, REASON_HEADER: reason[:REASON_MAX_CHARACTERS]}
        row = outbox_row(
            row_id=ids.event_id(),
            aggregate=(f"{exchange} of {queue}", message.id),
            sequence=attempt,
            exchange=exchange,
            routing_key=queue,
            message=Message(message.id, message.type, message.content_type, message.body, headers),
        )
        try:
            self._rows.insert_one(row)
        except DuplicateKeyError as error:
            if "seq" not in "".join(duplicate_key(error)):
                raise


def attempts(message: Message) -> int:
    """How many times the message was sent to be tried again; 0 on its first delivery."""
    count = message.headers.get(ATTEMPT_HEADER, 0)
    return count if isinstance(count, int) and count >= 0 else 0
