"""What a service tells Prometheus of its data, counted when it is asked."""

from collections.abc import Callable, Iterable

import pymongo
import structlog
from prometheus_client import Metric
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError

from servicekit.events.dead_letters import MEASURE_TIMEOUT_SECONDS

log = structlog.get_logger(__name__)


class Measured(Collector):
    """A service's `measure`, bounded in time; nothing while the database is down."""

    def __init__(self, measure: Callable[[], Iterable[Metric]]) -> None:
        self._measure = measure

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        """What the service measures now."""
        try:
            with pymongo.timeout(MEASURE_TIMEOUT_SECONDS):
                return list(self._measure())
        except PyMongoError as error:
            log.warning("data_not_measured", reason=type(error).__name__)
            return []
