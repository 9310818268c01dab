"""What a service's exchanges and queues are called: the same names for whoever writes a row, declares or consumes.

Path of a message that fails: queue → (outbox, relay) → `<service>.retry.<delay>` (fanout; the routing key names the
queue) → a queue with that time to live → `<service>.redeliver` (direct) → the one queue again, not every consumer's.
One that cannot be read, or has been tried to the end: `<service>.parking` → `parking.<queue>` → the service's
collection of dead letters (`dead_letters`); re-driven by people, it comes back over `<service>.redeliver`.
"""

from dataclasses import dataclass

# The ladder of delays, seconds: a blip, a restart, an outage, a bad deployment, a night.
RETRY_DELAYS_SECONDS = {"10s": 10, "1m": 60, "10m": 600, "1h": 3_600, "6h": 21_600}
PARKING_PREFIX = "parking."


def exchange_of(service_name: str) -> str:
    """The one topic exchange a producer publishes its events to."""
    return f"{service_name}.events"


@dataclass(frozen=True)
class Addresses:
    """The names of one service's own exchanges and queues."""

    service: str

    @property
    def parking_exchange(self) -> str:
        """Where unreadable and worn-out messages go; the routing key is the queue they came from."""
        return f"{self.service}.parking"

    @property
    def redeliver_exchange(self) -> str:
        """The way back to one queue, which the routing key names: after a delay, or re-driven from the dead letters."""
        return f"{self.service}.redeliver"

    def retry_exchange(self, delay: str) -> str:
        """Where a message waits `delay` (a key of `RETRY_DELAYS_SECONDS`); the routing key is its queue."""
        return f"{self.service}.retry.{delay}"

    def queue(self, event: str) -> str:
        """The queue of one consumed event."""
        return f"{self.service}.{event}"
