"""Events between services: the envelope, the outbox, and what becomes of a message that was received.

Nothing here knows AMQP: `servicekit.broker` carries the messages.
"""

from servicekit.events.envelope import NewEvent, ReceivedEvent
from servicekit.events.outbox import Outbox
from servicekit.events.table import Consumer, Order

__all__ = ["Consumer", "NewEvent", "Order", "Outbox", "ReceivedEvent"]
