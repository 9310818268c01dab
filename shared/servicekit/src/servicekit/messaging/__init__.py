"""Events between services: the envelope, the topology, the relay that publishes and the consumer that handles.

The only package that imports an AMQP client: pika publishes (``relay``), kombu consumes (``consumer``).
"""

from servicekit.messaging.envelope import NewEvent, ReceivedEvent
from servicekit.messaging.topology import Consumer, Order, Topology

__all__ = ["Consumer", "NewEvent", "Order", "ReceivedEvent", "Topology"]
