"""What becomes of a message that could not be handled: another try after a delay, or parking.

Both are outbox rows, so the relay publishes them with confirms like any event, and a crash between writing the row and
acknowledging the message changes nothing: the row's natural key (queue, message, re-drive, attempt) makes a repeat
harmless.
"""

import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, WTimeoutError

from servicekit import ids
from servicekit.events.addresses import RETRY_DELAYS_SECONDS, Addresses
from servicekit.events.envelope import Message
from servicekit.events.outbox import COLLECTION, outbox_row
from servicekit.fields import INT64
from servicekit.mongo.client import duplicate_key

ATTEMPT_HEADER = "x-emitra-attempt"
REASON_HEADER = "x-emitra-reason"
# How often people sent the message back from the dead letters: each time it has its ladder anew.
REDRIVE_HEADER = "x-emitra-redrive"
# Where a bug was: the exception's type and its frames, never a value.
STACK_HEADER = "x-emitra-stack"
# What the broker says of one delivery; sent along, it would be taken for what it says of the next.
BROKER_HEADERS = frozenset(
    {"x-delivery-count", "x-acquired-count", "x-death"}
    | {f"x-{which}-death-{what}" for which in ("first", "last") for what in ("exchange", "queue", "reason")}
)
# A reason is for people who look at a parked message; it never holds the body.
REASON_MAX_CHARACTERS = 300
# The innermost frames are ours; with them all headers stay far below AMQP's frame of 128 KiB.
STACK_MAX_FRAMES = 20


class Redelivery:
    """Sends one service's failed messages on their way."""

    def __init__(self, db: Database[dict[str, Any]], addresses: Addresses) -> None:
        self._rows = db[COLLECTION]
        self._addresses = addresses

    def retry_or_park(self, queue: str, message: Message, reason: str, stack: str = "") -> str:
        """Another try after the ladder's next delay, or parking past its end. Returns "retried" or "parked".

        `stack` says where a bug was (`stack_of`). Safe to repeat.
        """
        attempt = attempts(message) + 1
        delays = list(RETRY_DELAYS_SECONDS)
        if attempt > len(delays):
            return self.park(queue, message, f"tried {attempt} times; last: {reason}", stack)
        self._send(self._addresses.retry_exchange(delays[attempt - 1]), queue, message, attempt, reason, stack)
        return "retried"

    def park(self, queue: str, message: Message, reason: str, stack: str = "") -> str:
        """Puts the message aside for people to look at. Returns "parked". Safe to repeat."""
        self._send(self._addresses.parking_exchange, queue, message, attempts(message) + 1, reason, stack)
        return "parked"

    def _send(self, exchange: str, queue: str, message: Message, attempt: int, reason: str, stack: str) -> None:
        headers = {
            **storable({name: value for name, value in message.headers.items() if name not in BROKER_HEADERS}),
            ATTEMPT_HEADER: attempt,
            REASON_HEADER: reason[:REASON_MAX_CHARACTERS],
            STACK_HEADER: stack,
        }
        redrive = redrives(message)
        row = outbox_row(
            row_id=ids.event_id(),
            # Without the re-drive in it a message that fails again would meet its old rows, and be taken for a repeat.
            aggregate=(f"{exchange} of {queue}", f"{message.id} redrive {redrive}" if redrive else message.id),
            sequence=attempt,
            exchange=exchange,
            routing_key=queue,
            message=Message(message.id, message.type, message.content_type, message.body, headers),
        )
        try:
            self._rows.insert_one(row)
        except DuplicateKeyError as error:
            if "seq" not in duplicate_key(error):
                raise
            known = {f"aggregate.{name}": row["aggregate"][name] for name in ("type", "id")} | {"seq": row["seq"]}
            if self._rows.find_one(known, {"_id": 1}) is None:
                # The row that refused ours may yet be rolled back (ADR 0018), and the message with it.
                raise WTimeoutError("the message's outbox row is not on a majority yet") from error


def storable(value: Any) -> Any:
    """An AMQP header as MongoDB can hold it: what it has no type for becomes text, what is not Unicode "?"."""
    if isinstance(value, Mapping):
        return {storable(str(name)).replace("\0", ""): storable(element) for name, element in value.items()}
    if isinstance(value, list | tuple):
        return [storable(element) for element in value]
    if isinstance(value, int) and value not in INT64:
        return str(value)
    if isinstance(value, int | float | bytes | datetime | None):
        return value
    return str(value).encode(errors="replace").decode()


def attempts(message: Message) -> int:
    """How many times the message was sent to be tried again; 0 on its first delivery and after a re-drive."""
    return _count(message, ATTEMPT_HEADER)


def redrives(message: Message) -> int:
    """How many times people sent the message back from the dead letters."""
    return _count(message, REDRIVE_HEADER)


def stack_of(error: BaseException) -> str:
    """Where an exception came from, a line each: its type, then `folder/file.py:line function`, the innermost last.

    No value, no source text and no message: those may hold anything.
    """
    frames = traceback.extract_tb(error.__traceback__)[-STACK_MAX_FRAMES:]
    at = ["/".join(Path(frame.filename).parts[-3:]) + f":{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([type(error).__name__, *at])


def _count(message: Message, header: str) -> int:
    count = message.headers.get(header)
    return max(count, 0) if isinstance(count, int) else 0
