"""Events between services: the envelope, the outbox, and what becomes of a message that was received.

Nothing here knows AMQP: `servicekit.broker` carries the messages.
"""

from servicekit.broker.topology import Consumer, Order
from servicekit.events.envelope import NewEvent, ReceivedEvent

__all__ = ["Consumer", "NewEvent", "Order", "ReceivedEvent"]
