"""A running process goes on comparing its broker with its topology: a binding that somebody deletes loses events.

Nobody else would see it. `events.log` is bound to every exchange, so what a lost queue should have had is not returned.
"""

import threading

import structlog

from servicekit.broker.admin import BrokerRefused, read
from servicekit.broker.comparison import differences
from servicekit.broker.metrics import topology_differences
from servicekit.broker.topology import Topology

log = structlog.get_logger(__name__)

# A look is five requests, some 10 ms for the broker; in a minute a busy service publishes thousands of events.
LOOK_EVERY_SECONDS = 15.0


class TopologyDiffers(Exception):
    """The broker is not as the topology says; the log and the metric say since when, `topology --check` what it is."""


class TopologyWatch(threading.Thread):
    """Looks from time to time until `stopping`, and tells: gauge, one error in the log per difference, not ready.

    Only what two looks in a row found counts, so that a `topology --apply` in progress alarms nobody. A management
    API that does not answer says nothing: what was known before stands.
    """

    def __init__(self, topology: Topology, management_url: str, amqp_url: str, stopping: threading.Event) -> None:
        super().__init__(name="topology-watch", daemon=True)
        self._topology = topology
        self._management_url = management_url
        self._amqp_url = amqp_url
        self._stopping = stopping
        self._gauge = topology_differences(topology.service)
        self._answers = True
        self._seen: set[str] = set()
        self._told: set[str] = set()

    def ready(self) -> None:
        """Raises `TopologyDiffers` while there are differences."""
        if self._told:
            raise TopologyDiffers(f"{len(self._told)} differences")

    def run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        """Compares once, and tells."""
        try:
            sentences = differences(self._topology, read(self._management_url, self._amqp_url))
        except BrokerRefused as error:
            if self._answers:
                log.warning("topology_not_compared", reason=str(error))
            self._answers = False
            return
        self._answers = True
        persisting = [sentence for sentence in sentences if sentence in self._seen]
        for difference in persisting:
            if difference not in self._told:
                log.error("topology_differs", difference=difference, mend=f"{self._topology.service} topology --apply")
        if self._told and not persisting:
            log.info("topology_restored")
        self._seen, self._told = set(sentences), set(persisting)
        self._gauge.set(len(persisting))
